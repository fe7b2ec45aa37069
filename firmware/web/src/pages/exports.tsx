// SPDX-License-Identifier: Apache-2.0
// What left the box on a medium, and how more of it does.
import { useState } from "preact/hooks";
import { change, useGet, version } from "../api";
import { count, size, time } from "../format";
import { Failure, Shown, Table, useForm } from "../parts";
import { go, link, useRoute } from "../route";
import { t, tOr } from "../words";
import { type JobsDocument, isOpen, Running } from "./tasks";

interface Export {
  line: number;
  time: string;
  account: string;
  business: string;
  snapshot: number | null;
  folder: string;
  reason: string;
  paths: string[];
  items: number | null;
  bytes: number | null;
  rows: number | null;
  outcome: string | null;
}

interface ExportsDocument {
  folders: string[];
  exports: Export[];
  all: boolean;
  good: boolean;
}

// An item's path as the box shows it has no control characters in it.
const kBetweenPaths = "\n";
const kOtherWays = ["cat", "hear", "restore", "audit export"];

// Where parts of a snapshot are taken out.
export function exportLink(business: string, snapshot: number | string, paths: string[]): string {
  return link("exports", { business, snapshot: String(snapshot), paths: paths.join(kBetweenPaths) });
}

// A way to it from beside what is to be taken out.
export function TakeOut(props: { business: string; snapshot: number | string; paths: string[] }) {
  const { business, snapshot, paths } = props;
  if (paths.length === 0) return null;
  return (
    <a class="button" href={exportLink(business, snapshot, paths)}>
      {paths.length === 1 ? t("web.exports.take") : t("web.exports.take_chosen", { count: paths.length })}
    </a>
  );
}

function Wish(props: { business: string; snapshot: string; paths: string[]; folders: string[] }) {
  const { business, snapshot, paths, folders } = props;
  const { submit, problem } = useForm(async (fields) => {
    const { folder, reason, with_rows } = fields;
    const number = Number(snapshot);  // it comes from the page's address
    const wish = { business, snapshot: number, path: paths, folder, reason, with_rows: with_rows === "on" };
    await change("POST", "/exports", wish);
    version.set(version.value + 1);
    go("exports");
  });
  if (folders.length === 0) return <p class="warning">{t("web.exports.no_folder")}</p>;
  return (
    <section class="job">
      <h2>{t("web.exports.wish", { business, snapshot })}</h2>
      <ul>
        {paths.map((path) => (
          <li key={path}>{path}</li>
        ))}
      </ul>
      <p class="warning">{t("web.exports.plain")}</p>
      <form class="line" onSubmit={submit}>
        <label>
          <span>{t("web.exports.folder")}</span>
          <select name="folder">
            {folders.map((folder) => (
              <option key={folder}>{folder}</option>
            ))}
          </select>
        </label>
        <label>
          <span>{t("web.exports.reason")}</span>
          <input name="reason" required maxLength={300} />
        </label>
        <label>
          <span>{t("web.exports.with_rows")}</span>
          <input name="with_rows" type="checkbox" defaultChecked />
        </label>
        <button>{t("web.exports.begin")}</button>
        <a href={link("exports")}>{t("web.exports.not_now")}</a>
      </form>
      <Failure problem={problem} />
    </section>
  );
}

function Outcome(props: { of: Export }) {
  const { outcome } = props.of;
  if (outcome === "ok") return <span class="good">{t("web.exports.outcome.ok")}</span>;
  if (outcome === null) return <b>{t("web.exports.open")}</b>;
  return <b class="bad">{tOr(`web.exports.outcome.${outcome}`, outcome)}</b>;
}

function Paths(props: { of: string[] }) {
  const [first, ...more] = props.of;
  if (more.length === 0) return <>{first ?? ""}</>;
  return (
    <details>
      <summary>{t("web.exports.paths", { count: props.of.length })}</summary>
      <ul>
        {props.of.map((path) => (
          <li key={path}>{path}</li>
        ))}
      </ul>
    </details>
  );
}

function Past(props: { of: ExportsDocument }) {
  const { exports, all, good } = props.of;
  return (
    <section>
      {!good && <p class="failure">{t("web.audit.broken")}</p>}
      <Table
        caption={t("web.exports.past")}
        rows={exports}
        columns={[
          { title: t("web.time"), cell: (row) => time(row.time), isWhole: true },
          { title: t("web.audit.who"), cell: (row) => row.account },
          { title: t("web.exports.why"), cell: (row) => row.reason },
          {
            title: t("web.exports.what"),
            cell: (row) => (
              <>
                {row.business} · {t("web.snapshot", { number: row.snapshot ?? "?" })}
                <br />
                <Paths of={row.paths} />
              </>
            ),
          },
          { title: t("web.exports.where"), cell: (row) => row.folder },
          { title: t("web.items"), isNumber: true, cell: (row) => (row.items === null ? "–" : count(row.items)) },
          { title: t("web.size"), isNumber: true, cell: (row) => (row.bytes === null ? "–" : size(row.bytes)) },
          { title: t("web.rows"), isNumber: true, cell: (row) => (row.rows === null ? "–" : count(row.rows)) },
          { title: t("web.audit.outcome"), cell: (row) => <Outcome of={row} /> },
        ]}
      />
      {!all && <p class="quiet">{t("web.exports.not_all")}</p>}
      <h2>{t("web.exports.other")}</h2>
      <ul>
        {kOtherWays.map((action) => (
          <li key={action}>
            <a href={link("audit", { action })}>{t(`web.exports.way.${action.replace(" ", "_")}`)}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function ExportsPage() {
  const { business, snapshot, paths } = useRoute().query;
  const jobs = useGet<JobsDocument>("/jobs", {}, true);
  // The list is read from the audit log, which is long: only when an export went a step on.
  const steps = (jobs.value?.jobs ?? [])
    .filter((job) => job.kind === "restore")
    .map((job) => `${job.id} ${job.state}`);
  const loaded = useGet<ExportsDocument>("/exports", {}, steps.join());
  return (
    <>
      <p class="quiet">{t("web.exports.help")}</p>
      <Shown of={loaded}>
        {(known) => (
          <>
            {business !== undefined && snapshot !== undefined && paths !== undefined ? (
              <Wish business={business} snapshot={snapshot} paths={paths.split(kBetweenPaths)} folders={known.folders} />
            ) : (
              known.folders.length === 0 && <p class="quiet">{t("web.exports.no_folder")}</p>
            )}
            <h2>{t("web.tasks.now")}</h2>
            <Shown of={jobs}>
              {(all) => (
                <Running jobs={all.jobs.filter((job) => job.kind === "restore" && isOpen(job))} mayRun path="/exports" />
              )}
            </Shown>
            <Past of={known} />
          </>
        )}
      </Shown>
    </>
  );
}

// Which of several are to be taken out: a box beside each, and a way to the export of all.
export function useChoice() {
  const [chosen, setChosen] = useState<string[]>([]);
  const box = (path: string) => (
    <label class="choose">
      <input
        type="checkbox"
        aria-label={`${t("web.exports.choose")} ${path}`}
        checked={chosen.includes(path)}
        onChange={() =>
          setChosen(chosen.includes(path) ? chosen.filter((each) => each !== path) : [...chosen, path])
        }
      />
      <span>{t("web.exports.choose")}</span>
    </label>
  );
  return { chosen, box };
}
