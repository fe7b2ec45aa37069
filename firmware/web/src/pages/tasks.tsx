// SPDX-License-Identifier: Apache-2.0
// What the box does, did and will do.
import { change, useGet, version } from "../api";
import { count, size, span, time } from "../format";
import { Action, Shown, Table, useRight } from "../parts";
import { t, tOr } from "../words";

export interface Job {
  id: number;
  kind: string;
  business: string;
  state: string;
  asked: string;
  asked_by: string;
  started: string | null;
  ended: string | null;
  exit_code: number | null;
  progress: {
    phase: string;
    items_done: number;
    items_total: number;
    bytes_done: number;
    bytes_total: number;
    bytes_per_second: number;
    seconds_left: number;
  } | null;
  log: string[];
}

interface Duty {
  kind: string;
  business: string;
  next: string | null;
  last_good: string | null;
  overdue: boolean;
  has_window: boolean;
}

interface Trigger {
  business: string;
  path: string | null;
  state: string;
  modified: string | null;
  owed: boolean;
}

export interface JobsDocument {
  jobs: Job[];
  duties: Duty[];
  triggers: Trigger[];
}

// Of a file that starts backups: how it is, and whether one is due by it.
export function triggerState(trigger: Trigger): string {
  const state = t(`web.tasks.trigger_${trigger.state}`);
  return trigger.owed ? `${state} · ${t("web.tasks.owed")}` : state;
}

function name(kind: string): string {
  return tOr(`web.job.${kind}`, kind);
}

export function Progress(props: { of: Job }) {
  const { progress } = props.of;
  if (progress === null) return null;
  const total = progress.bytes_total || progress.items_total;
  const done = progress.bytes_total ? progress.bytes_done : progress.items_done;
  return (
    <div class="progress">
      <progress max={total || undefined} value={total ? done : undefined} aria-label={name(props.of.kind)} />
      <span>
        {tOr(`cli.progress.${progress.phase}`, progress.phase)} · {count(progress.items_done)}
        {progress.items_total > 0 && ` / ${count(progress.items_total)}`} · {size(progress.bytes_done)}
        {progress.bytes_per_second > 0 && ` · ${size(progress.bytes_per_second)}/s`}
        {progress.seconds_left > 0 && ` · ${t("web.left", { span: span(progress.seconds_left) })}`}
      </span>
    </div>
  );
}

export function isOpen(job: Job): boolean {
  return job.state === "running" || job.state === "queued";
}

// `path`: where these are stopped.
export function Running(props: { jobs: Job[]; mayRun: boolean; path?: string }) {
  if (props.jobs.length === 0) return <p class="quiet">{t("web.tasks.idle")}</p>;
  return (
    <>
      {props.jobs.map((job) => (
        <article key={job.id} class="job">
          <h3>
            {name(job.kind)} {job.business} <small>{t(`web.job_state.${job.state}`)}</small>
          </h3>
          <Progress of={job} />
          {job.log.length > 0 && <pre tabIndex={0}>{job.log.join("\n")}</pre>}
          {props.mayRun && (
            <Action
              label={t("web.tasks.cancel")}
              confirm={t("web.tasks.cancel_sure")}
              run={async () => {
                await change("DELETE", `${props.path ?? "/jobs"}/${job.id}`);
                version.set(version.value + 1);
              }}
            />
          )}
        </article>
      ))}
    </>
  );
}

// How it ended: what its exit code says, and the end of what it said, open where it went wrong.
function Ended(props: { of: Job }) {
  const { id, state, exit_code: code, log } = props.of;
  const why = code ? tOr(`web.exit.${code}`, t("web.exit.other", { code })) : "";
  const text = [t(`web.job_state.${state}`), why].filter((each) => each !== "").join(": ");
  if (log.length === 0) return <>{text}</>;
  return (
    <details key={id} open={state === "failed"}>
      <summary>{text}</summary>
      <pre tabIndex={0}>{log.join("\n")}</pre>
    </details>
  );
}

export function TasksPage() {
  const loaded = useGet<JobsDocument>("/jobs", {}, true);
  const mayRun = useRight("run");
  return (
    <Shown of={loaded}>
      {({ jobs, duties, triggers }) => {
        return (
          <>
            <section>
              <h2>{t("web.tasks.now")}</h2>
              <Running jobs={jobs.filter(isOpen)} mayRun={mayRun} />
            </section>
            <section>
              <Table
                caption={t("web.tasks.duties")}
                rows={duties}
                columns={[
                  { title: t("web.tasks.what"), cell: (duty) => `${name(duty.kind)} ${duty.business}` },
                  { title: t("web.tasks.last_good"), cell: (duty) => time(duty.last_good) },
                  { title: t("web.tasks.next"), cell: (duty) => (duty.next ? time(duty.next) : "–") },
                  {
                    title: t("web.tasks.state"),
                    cell: (duty) => (duty.overdue ? <b class="bad">{t("web.tasks.overdue")}</b> : t("web.good")),
                  },
                  {
                    title: "",
                    cell: (duty) =>
                      mayRun && (
                        <>
                          <Action
                            label={t("web.tasks.run_now")}
                            run={() => change("POST", "/jobs", { kind: duty.kind, business: duty.business })}
                          />
                          {duty.kind === "backup" && duty.has_window && (
                            <Action
                              label={t("web.tasks.run_outside")}
                              confirm={t("web.tasks.run_outside_sure")}
                              run={() =>
                                change("POST", "/jobs", {
                                  kind: duty.kind,
                                  business: duty.business,
                                  ignore_window: true,
                                })
                              }
                            />
                          )}
                        </>
                      ),
                  },
                ]}
              />
            </section>
            {triggers.length > 0 && (
              <section>
                <Table
                  caption={t("web.tasks.triggers")}
                  rows={triggers}
                  columns={[
                    { title: t("web.tasks.what"), cell: (trigger) => `${name("backup")} ${trigger.business}` },
                    { title: t("web.tasks.file"), cell: (trigger) => trigger.path ?? "–" },
                    { title: t("web.tasks.changed"), cell: (trigger) => (trigger.modified ? time(trigger.modified) : "–") },
                    { title: t("web.tasks.state"), cell: triggerState },
                  ]}
                />
              </section>
            )}
            <section>
              <Table
                caption={t("web.tasks.ended")}
                rows={jobs.filter((job) => !isOpen(job))}
                columns={[
                  { title: "N", isNumber: true, cell: (job) => job.id },
                  { title: t("web.tasks.what"), cell: (job) => `${name(job.kind)} ${job.business}` },
                  { title: t("web.tasks.by"), cell: (job) => job.asked_by || t("web.tasks.schedule") },
                  { title: t("web.tasks.started"), cell: (job) => (job.started ? time(job.started) : "–") },
                  { title: t("web.tasks.ended_at"), cell: (job) => (job.ended ? time(job.ended) : "–") },
                  { title: t("web.tasks.state"), cell: (job) => <Ended of={job} /> },
                ]}
              />
            </section>
          </>
        );
      }}
    </Shown>
  );
}
