// SPDX-License-Identifier: Apache-2.0
// Who asked for what, newest first.
import { useGet } from "../api";
import { time } from "../format";
import { Field, fieldsOf, Shown, Table } from "../parts";
import { go, link, useRoute } from "../route";
import { t } from "../words";
import { aboutOf, type Act, actionText, actsOf, type Line, outcomeText, reasonOf } from "./audit_line";
import { Save } from "./statistics";

// All that the log has words for.
const kActions = [
  "account add", "account code", "account lock", "account password", "account remove", "account role",
  "account unlock", "alert acknowledge", "audit export", "business add", "business change",
  "business preview", "cancel", "cat", "export", "find", "hear", "hear_stored", "hold", "hook", "hook add",
  "hook remove", "job", "key add", "key remove", "login", "logout", "ls", "pool add", "pool create", "pool replace",
  "pool retire", "prune", "record find", "record reconcile", "record recordings", "record statistics",
  "request", "restore", "snapshot diff", "snapshot hold", "snapshot release", "time confirm",
];

// The midnight that a day begins with, or that it ends with, on the clock of whoever asks.
function midnight(day: string, after: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return day === "" ? "" : `${new Date(year, month - 1, date + after).toISOString().slice(0, 19)}Z`;
}

// Names and words that can be chosen; any other can be typed.
function Choices(props: { id: string; of: [string, string][] }) {
  return (
    <datalist id={props.id}>
      {props.of.map(([value, text]) => (
        <option key={value} value={value} label={text} />
      ))}
    </datalist>
  );
}

function Acts(props: { of: Act[] }) {
  return (
    <Table
      caption={t("web.audit.title")}
      rows={props.of}
      columns={[
        { title: "N", isNumber: true, cell: ({ line, begun }) => (begun ? `${begun.number}, ${line.number}` : line.number) },
        { title: t("web.time"), cell: ({ line, begun }) => time((begun ?? line).time, true), isWhole: true },
        { title: t("web.audit.who"), cell: ({ line }) => line.actor + (line.peer ? ` @${line.peer}` : ""), isWhole: true },
        { title: t("web.audit.what"), cell: ({ line }) => actionText(line.action), isWhole: true },
        { title: t("web.audit.outcome"), cell: ({ line }) => outcomeText(line.outcome), isWhole: true },
        { title: t("web.audit.reason"), cell: ({ line }) => reasonOf(line.subject) },
        { title: t("web.audit.about"), cell: ({ line }) => aboutOf(line.subject) },
      ]}
    />
  );
}

export function AuditPage() {
  const { query } = useRoute();
  const { before, actor = "", action = "", from = "", to = "" } = query;
  const chosen = { actor, action, from, to };
  const asked = { actor, action, from: midnight(from, 0), to: midnight(to, 1) };
  const loaded = useGet<{ lines: Line[]; before: number | null; good: boolean }>("/audit", { before, ...asked }, before === undefined);
  const actors = [...new Set((loaded.value?.lines ?? []).map((line) => line.actor))].filter((name) => name !== "").sort();
  return (
    <>
      <form class="line" onSubmit={(event) => go("audit", fieldsOf(event))}>
        <Field label={t("web.audit.who")} name="actor" value={actor} list="actors" />
        <Field label={t("web.audit.what")} name="action" value={action} list="actions" />
        <Choices id="actors" of={actors.map((name) => [name, name])} />
        <Choices id="actions" of={kActions.map((name) => [name, actionText(name)])} />
        <Field label={t("web.from")} name="from" type="date" value={from} />
        <Field label={t("web.to")} name="to" type="date" value={to} />
        <button>{t("web.find")}</button>
        <Save path="/audit/export" query={{ ...asked, csv: "true" }} name="audit.csv" label={t("web.save_csv")} />
        <Save path="/audit/export" query={asked} name="audit.jsonl" label={t("web.audit.save_lines")} />
      </form>
      <Shown of={loaded}>
        {({ lines, before: rest, good }) => (
          <>
            {!good && <p class="failure">{t("web.audit.broken")}</p>}
            {good && lines[0] && <p class="quiet">{t("web.audit.chain", { first: rest ?? 1, last: lines[0].number })}</p>}
            <Acts of={actsOf(lines)} />
            {rest !== null && rest > 1 && (
              <p>
                <a href={link("audit", { ...chosen, before: String(rest) })}>{t("web.older")}</a>
              </p>
            )}
          </>
        )}
      </Shown>
    </>
  );
}
