// SPDX-License-Identifier: Apache-2.0
// What `business preview` saw of each source: its first items, its first rows, what the mapping
// makes of them, and the recordings they would be bound to.
import { Problem } from "../api";
import { count, size, span, time } from "../format";
import { Failure, Table } from "../parts";
import { t, tOr } from "../words";

interface Trouble {
  code: string;
  what: string;
  where: string;
  hint: string;
}

interface Row {
  columns: Record<string, string | null>;
  reason: string;
  key?: string;
  call_id?: string;
  start?: string | null;
  duration_ms?: number | null;
  numbers?: string[];
  expected?: boolean;
  recordings: { path: string; rung: number }[];
}

interface Preview {
  name: string;
  type: string;
  problem: Trouble | null;
  items: { path: string; type: string; size: number; mtime: string }[];
  items_looked: number;
  more: boolean;
  rows_problem?: Trouble | null;
  rows_item?: string;
  columns?: string[];
  rows?: Row[];
  recordings_looked?: number;
}

export interface PreviewDocument {
  name: string;
  known: boolean;
  before: string | null;
  before_sha256: string | null;
  definition: string;
  previews: Preview[];
}

function Told(props: { of: Trouble | null | undefined }) {
  const { of } = props;
  if (!of) return null;
  const what = of.where === "" ? of.what : `${of.where}: ${of.what}`;
  return <Failure problem={new Problem(0, of.code, what, of.hint)} />;
}

function Items(props: { of: Preview }) {
  const { of } = props;
  if (of.type === "sql" || of.problem !== null) return null;
  return (
    <>
      <Table
        caption={t("web.preview.items", { name: of.name })}
        rows={of.items}
        columns={[
          { title: t("web.path"), cell: (row) => row.path },
          { title: t("web.size"), isNumber: true, cell: (row) => size(row.size) },
          { title: t("web.changed"), cell: (row) => time(row.mtime) },
        ]}
      />
      <p class="quiet">
        {t(of.more ? "web.preview.looked_more" : "web.preview.looked", { count: count(of.items_looked) })}
      </p>
    </>
  );
}

// What the mapping understands, in one cell.
function understood(row: Row): string {
  if (row.reason !== "") return tOr(`cli.why.${row.reason}`, row.reason);
  const parts = [row.call_id ?? "", row.start ? time(row.start) : "", (row.numbers ?? []).join(", ")];
  if (row.duration_ms != null) parts.push(span(row.duration_ms / 1000));
  return parts.filter((part) => part !== "").join(" · ");
}

function Bound(props: { of: Row }) {
  const { of } = props;
  if (of.reason !== "") return <span class="bad">{t("web.preview.rejected")}</span>;
  if (of.recordings.length === 0) {
    return <span class={of.expected ? "bad" : ""}>{t(of.expected ? "web.preview.unbound" : "web.preview.none_expected")}</span>;
  }
  return (
    <>
      {of.recordings.map((each) => (
        <div key={each.path} class="good">
          {each.path} ({tOr(`cli.rung.${each.rung}`, String(each.rung))})
        </div>
      ))}
    </>
  );
}

function Rows(props: { of: Preview }) {
  const { of } = props;
  if (of.rows === undefined) return null;
  const bound = of.rows.filter((row) => row.recordings.length > 0).length;
  return (
    <>
      <Told of={of.rows_problem} />
      <Table
        caption={t("web.preview.rows", { name: of.rows_item || of.name })}
        rows={of.rows}
        columns={[
          { title: t("web.preview.understood"), cell: understood },
          { title: t("web.preview.recording"), cell: (row) => <Bound of={row} /> },
          ...(of.columns ?? []).map((column) => ({
            title: column,
            cell: (row: Row) => row.columns[column] ?? <i>NULL</i>,
          })),
        ]}
      />
      {of.rows.length > 0 && !of.rows_problem && (
        <p class="quiet">
          {t("web.preview.bound", { bound, rows: of.rows.length, recordings: count(of.recordings_looked ?? 0) })}
        </p>
      )}
    </>
  );
}

export function Previews(props: { of: PreviewDocument }) {
  return (
    <>
      {props.of.previews.map((preview) => (
        <section key={preview.name} class="preview" aria-label={preview.name}>
          <h3>{preview.name}</h3>
          <Told of={preview.problem} />
          <Items of={preview} />
          <Rows of={preview} />
        </section>
      ))}
    </>
  );
}
