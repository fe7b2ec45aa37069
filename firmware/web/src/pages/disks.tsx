// SPDX-License-Identifier: Apache-2.0
// The disks of the pool, and what happens if one dies now.
import { change, useGet } from "../api";
import { count, size, time } from "../format";
import { Action, Facts, Shown, useRight } from "../parts";
import { type Disk, geometryFact, type Pool } from "../pool";
import { go, link, useRoute } from "../route";
import { t, tOr } from "../words";
import { BayGrid, type BayMap, type BayPlace, diskIn, HardwareLines, OtherBay, placesOf } from "./bays";
import { DiskChange, type Way } from "./disk_change";
import { FirstPool } from "./first_pool";

const isWell = (disk: Disk) => disk.errors === 0 && !disk.read_only && !disk.slow;

// What the colour of its bay says. One that is retired is no member any more.
function bayLooks(disk: Disk): string {
  if (disk.state === "retired") return "other";
  if (disk.state === "leaving" && isWell(disk)) return "leaving";
  return disk.state === "present" && isWell(disk) ? "good" : "bad";
}

// One bay of the box, with a disk of the pool.
function Bay(props: { disk: Disk; bay: BayPlace; mayRun: boolean; isAllHere: boolean }) {
  const { disk } = props;
  const isHere = disk.state === "present";
  return (
    <div class={`bay ${bayLooks(disk)}`}>
      <BayTitle bay={props.bay} />
      <strong>{tOr(`cli.disk_state.${disk.state}`, disk.state)}</strong>
      {disk.leaving && disk.state !== "leaving" && <span>{t("cli.disk_state.leaving")}</span>}
      {disk.read_only && <span class="bad">{t("cli.disk_mark.read_only")}</span>}
      {disk.slow && <span class="bad">{t("web.disks.slow", { time: time(disk.slow) })}</span>}
      <span title={disk.id}>{disk.path}</span>
      <code>{disk.id.slice(0, 8)}</code>
      <HardwareLines of={props.bay.hardware} />
      {isHere && (
        <>
          <meter max={disk.bytes_total || 1} value={disk.bytes_total - disk.bytes_free} aria-label={t("web.disks.used")} />
          <span>{t("web.disks.free_of", { free: size(disk.bytes_free), total: size(disk.bytes_total) })}</span>
        </>
      )}
      <span class={disk.errors > 0 ? "bad" : "quiet"}>
        {t("web.disks.errors")}: {count(disk.errors)}
      </span>
      {disk.state === "retired" && <span>{t(props.isAllHere ? "web.disks.unplug" : "web.disks.may_help")}</span>}
      {props.mayRun && disk.leaving && (
        <a href={link("disks", { way: "retire", disk: disk.id })}>{t("web.disk_change.leaving_on")}</a>
      )}
      {props.mayRun && disk.state !== "retired" && !disk.leaving && (
        <span>
          <a href={link("disks", { way: "replace", disk: disk.id })}>{t("web.disk_change.replace")}</a>{" "}
          <a href={link("disks", { way: "retire", disk: disk.id })}>{t("web.disk_change.retire")}</a>
        </span>
      )}
    </div>
  );
}

function BayTitle(props: { bay: BayPlace }) {
  const { number } = props.bay;
  return number === null ? null : <h3>{t("web.disks.bay", { number })}</h3>;
}

function Bays(props: { pool: Pool; map?: BayMap; mayRun: boolean }) {
  const isAllHere = props.pool.shards_missing === 0 && props.pool.packs_lost === 0;
  const show = (bay: BayPlace) => {
    const disk = diskIn(bay, props.pool);
    if (disk !== undefined) return <Bay disk={disk} bay={bay} mayRun={props.mayRun} isAllHere={isAllHere} />;
    return (
      <div class="bay other">
        <BayTitle bay={bay} />
        <OtherBay bay={bay} />
      </div>
    );
  };
  return <BayGrid map={props.map} places={placesOf(props.map, props.pool)} show={show} />;
}

const kWays: Way[] = ["add", "replace", "retire"];

function DiskWay(props: { pool: Pool; map?: BayMap; done: () => void }) {
  const { query } = useRoute();
  const way = kWays.find((each) => each === query["way"]);
  if (way === undefined) return null;
  const disk = props.pool.disks.find((each) => each.id === query["disk"]);
  const places = placesOf(props.map, props.pool);
  return <DiskChange key={`${way} ${query["disk"]}`} way={way} disk={disk} places={places} pool={props.pool} done={props.done} />;
}

export function DisksPage() {
  const loaded = useGet<Pool>("/pool", {}, true);
  const map = useGet<BayMap>("/pool/bays", {}, true).value;
  const mayRun = useRight("run");
  if (loaded.problem?.code === "no_pool") return <FirstPool done={loaded.again} />;
  return (
    <Shown of={loaded}>
      {(pool) => (
        <>
          <p class={pool.may_lose > 0 ? "lose good" : "lose bad"}>{t("web.disks.may_lose_now", { count: pool.may_lose ?? "?" })}</p>
          <Facts
            of={[
              geometryFact(pool.geometry),
              [t("web.disks.usable"), size(pool.bytes_usable)],
              [t("web.disks.free"), size(pool.bytes_free)],
              [t("web.disks.packs"), count(pool.packs), t("web.disks.packs_help")],
              [t("web.disks.missing"), count(pool.shards_missing), t("web.disks.shards_help")],
              [t("web.disks.bad"), count(pool.shards_bad), t("web.disks.shards_help")],
              [t("web.disks.lost"), count(pool.packs_lost)],
              [t("web.disks.nines"), pool.durability ? pool.durability.nines.toFixed(1) : "–", t("web.disks.nines_help")],
            ]}
          />
          <Bays pool={pool} map={map} mayRun={mayRun} />
          <DiskWay pool={pool} map={map} done={loaded.again} />
          {mayRun && (
            <p>
              {(["tend", "scrub", "heal"] as const).map((kind) => (
                <Action
                  key={kind}
                  label={t(`web.job.${kind}`)}
                  run={async () => {
                    await change("POST", "/jobs", { kind });
                    go("tasks");
                  }}
                />
              ))}
              <a href={link("disks", { way: "add" })}>{t("web.disk_change.add")}</a>
            </p>
          )}
          {mayRun && <p class="quiet">{t("web.disks.jobs_help")}</p>}
          {pool.last_scrub?.ended && <p class="quiet">{t("web.disks.last_scrub", { time: time(pool.last_scrub.ended) })}</p>}
        </>
      )}
    </Shown>
  );
}
