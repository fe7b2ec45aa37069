// SPDX-License-Identifier: Apache-2.0
// The disks of the pool, and what happens if one dies now.
import { change, useGet } from "../api";
import { count, size, time } from "../format";
import { Action, Facts, Shown, Table, useRight } from "../parts";
import { go } from "../route";
import { t, tOr } from "../words";

interface Disk {
  id: string;
  path: string;
  state: string;
  bytes_total: number;
  bytes_free: number;
  errors: number;
}

interface Pool {
  geometry: { k: number; m: number };
  disks: Disk[];
  bytes_usable: number;
  bytes_free: number;
  packs: number;
  shards_missing: number;
  shards_bad: number;
  packs_under_protected: number;
  packs_lost: number;
  may_lose: number;
  durability: { nines: number } | null;
  last_scrub: { ended?: string } | null;
}

export function DisksPage() {
  const loaded = useGet<Pool>("/pool", {}, true);
  const mayRun = useRight("run");
  return (
    <Shown of={loaded}>
      {(pool) => (
        <>
          <Facts
            of={[
              [t("web.disks.geometry"), `${pool.geometry.k}+${pool.geometry.m}`],
              [t("web.disks.may_lose"), pool.may_lose],
              [t("web.disks.usable"), size(pool.bytes_usable)],
              [t("web.disks.free"), size(pool.bytes_free)],
              [t("web.disks.packs"), count(pool.packs)],
              [t("web.disks.missing"), count(pool.shards_missing)],
              [t("web.disks.bad"), count(pool.shards_bad)],
              [t("web.disks.lost"), count(pool.packs_lost)],
              [t("web.disks.nines"), pool.durability ? pool.durability.nines.toFixed(1) : "–"],
            ]}
          />
          <Table
            caption={t("web.disks.title")}
            rows={pool.disks}
            columns={[
              { title: t("web.disks.disk"), cell: (disk) => <span title={disk.id}>{disk.path}</span> },
              {
                title: t("web.condition"),
                cell: (disk) => (
                  <span class={disk.state === "present" ? "good" : "bad"}>
                    {tOr(`cli.disk_state.${disk.state}`, disk.state)}
                  </span>
                ),
              },
              {
                title: t("web.disks.used"),
                cell: (disk) => (
                  <meter max={disk.bytes_total || 1} value={disk.bytes_total - disk.bytes_free} aria-label={t("web.disks.used")} />
                ),
              },
              { title: t("web.disks.free"), isNumber: true, cell: (disk) => size(disk.bytes_free) },
              { title: t("web.disks.errors"), isNumber: true, cell: (disk) => count(disk.errors) },
            ]}
          />
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
            </p>
          )}
          {pool.last_scrub?.ended && <p class="quiet">{t("web.disks.last_scrub", { time: time(pool.last_scrub.ended) })}</p>}
        </>
      )}
    </Shown>
  );
}
