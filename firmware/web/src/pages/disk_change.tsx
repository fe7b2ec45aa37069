// SPDX-License-Identifier: Apache-2.0
// The way of a disk into the pool or out of it, step by step: what is to be done by hand, the plan
// as the box sees it, the deed, and the job that moves what the disk had.
import { useState } from "preact/hooks";
import { change, useGet } from "../api";
import { count, size } from "../format";
import { Action, Facts, Shown, useRight } from "../parts";
import { type Disk, geometryFact, type Geometry, type Pool } from "../pool";
import { link } from "../route";
import { t } from "../words";
import { type BayPlace, diskIn } from "./bays";
import { Candidates } from "./candidates";
import { Progress, type JobsDocument } from "./tasks";

interface Plan {
  geometry: Geometry;
  disks: number;
  bytes_usable_before: number;
  bytes_usable: number;
  shards_to_move: number;
  bytes_to_move: number;
}

export type Way = "add" | "replace" | "retire";

const kPaths: Record<Way, string> = { add: "/pool/disks", replace: "/pool/replacements", retire: "/pool/retirements" };

function bodyOf(way: Way, old: string, fresh: string): Record<string, string> {
  if (way === "retire") return { disk: old };
  return way === "add" ? { disk: fresh } : { old, new: fresh };
}

function PlanFacts(props: { plan: Plan }) {
  const { plan } = props;
  return (
    <Facts
      of={[
        geometryFact(plan.geometry),
        [t("web.disk_change.disks_after"), plan.disks],
        [t("web.disk_change.usable_before"), size(plan.bytes_usable_before)],
        [t("web.disk_change.usable_after"), size(plan.bytes_usable)],
        [t("web.disk_change.to_move"), t("web.disk_change.shards", { count: count(plan.shards_to_move), size: size(plan.bytes_to_move) })],
      ]}
    />
  );
}

// The job that moves the shards, until it has ended.
function Moving(props: { job: number; way: Way }) {
  const loaded = useGet<JobsDocument>("/jobs", {}, true);
  return (
    <Shown of={loaded}>
      {({ jobs }) => {
        const job = jobs.find((each) => each.id === props.job);
        if (job === undefined) return null;
        return (
          <div class="job" role="status">
            <p>
              {t("web.job.heal")}: {t(`web.job_state.${job.state}`)}
            </p>
            <Progress of={job} />
            {job.state === "done" && job.exit_code !== 0 && <p class="failure">{t("web.disk_change.not_moved")}</p>}
            {job.state === "done" && job.exit_code === 0 && (
              <p class="good">
                {t(`web.disk_change.done_${props.way}`)} <a href={link("disks")}>{t("web.page.disks")}</a>
              </p>
            )}
            {job.log.length > 0 && <pre tabIndex={0}>{job.log.join("\n")}</pre>}
          </div>
        );
      }}
    </Shown>
  );
}

// Which one is meant: the number stands on the case, where it is known.
function WhichDisk(props: { disk?: Disk; bay?: number | null }) {
  return (
    <p>
      {props.bay != null && `${t("web.disks.bay", { number: props.bay })}: `}
      {props.disk?.path} {props.disk && <code>{props.disk.id.slice(0, 8)}</code>}
    </p>
  );
}

function Steps(props: { way: Way; disk?: Disk; bay?: number | null; pool: Pool }) {
  const { way, disk, pool } = props;
  if (way === "add") return <p>{t("web.disk_change.plug")}</p>;
  const isHere = disk?.state === "present";
  return (
    <>
      <WhichDisk disk={disk} bay={props.bay} />
      {isHere && <p class="warning">{t("web.disk_change.stays")}</p>}
      {!isHere && way === "replace" && <p>{t("web.disk_change.pull")}</p>}
      {way === "replace" && <p>{t("web.disk_change.plug")}</p>}
      {pool.may_lose === 0 && <p class="failure">{t("web.disk_change.none_to_lose")}</p>}
    </>
  );
}

export function DiskChange(props: { way: Way; disk?: Disk; places: BayPlace[]; pool: Pool; done: () => void }) {
  const { way, disk, places } = props;
  const [fresh, setFresh] = useState("");
  const [plan, setPlan] = useState<Plan>();
  const [job, setJob] = useState<number>();
  const mayRun = useRight("run");
  if (!mayRun) return null;
  const body = bodyOf(way, disk?.id ?? "", fresh);
  const bay = places.find((each) => disk !== undefined && diskIn(each, props.pool) === disk)?.number;
  const title = t(way === "add" ? "web.disk_change.add" : `web.disk_change.act_${way}`);
  // A plan is of what was chosen then.
  const choose = (folder: string) => {
    setPlan(undefined);
    setFresh(folder);
  };
  // What went meanwhile, or cannot be taken any more, is chosen no longer.
  const offered = (usable: string[]) => {
    if (fresh !== "" && !usable.includes(fresh)) choose("");
  };
  const move = async () => {
    const asked = await change<{ job: number }>("POST", "/jobs", { kind: "heal" });
    setJob(asked.job);
  };
  const act = async () => {
    await change("POST", kPaths[way], body);
    props.done();
    await move();
  };
  if (job !== undefined) return <Moving job={job} way={way} />;
  // What was begun is not asked for again: only the moving may have been cut.
  if (disk?.leaving) {
    return (
      <section class="job" aria-label={t("web.disk_change.leaving_title")}>
        <h2>{t("web.disk_change.leaving_title")}</h2>
        <WhichDisk disk={disk} bay={bay} />
        <p>{t("web.disk_change.leaving")}</p>
        <Action label={t("web.job.heal")} run={move} />
      </section>
    );
  }
  return (
    <section class="job" aria-label={title}>
      <h2>{title}</h2>
      <Steps way={way} disk={disk} bay={bay} pool={props.pool} />
      {way !== "retire" && (
        <Candidates kind="radio" replaced={disk?.id} places={places} chosen={[fresh]} choose={choose} offered={offered} />
      )}
      <p>
        {(way === "retire" || fresh !== "") && (
          <Action
            label={t("web.disk_change.plan")}
            run={async () => setPlan(await change<Plan>("POST", kPaths[way], { ...body, dry_run: true }))}
          />
        )}
        <a href={link("disks")}>{t("web.disk_change.leave")}</a>
      </p>
      {plan !== undefined && (
        <div aria-live="polite">
          <PlanFacts plan={plan} />
          <Action label={t(`web.disk_change.act_${way}`)} isDanger run={act} />
        </div>
      )}
    </section>
  );
}
