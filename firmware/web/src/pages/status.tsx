// SPDX-License-Identifier: Apache-2.0
// The first page: one verdict, why, and when each proof was made.
import { useGet } from "../api";
import { ago, count, size, span, time } from "../format";
import { tick, useLost } from "../live";
import { Facts, Shown, Table } from "../parts";
import { PlaceLink } from "../places";
import { useSignal } from "../signal";
import { language, t } from "../words";

export interface Reason {
  level: string;
  code: string;
  where: string;
  what: string;
  texts?: Record<string, string>;
}

export interface Proof {
  kind: string;
  time: string;
  items: number;
  items_total: number;
  differences: number;
  good: boolean;
}

export interface SourceAge {
  name: string;
  mode: string;
  rpo_seconds: number | null;
  rpo_missed: boolean;
}

export interface BusinessAge {
  name: string;
  sources: SourceAge[];
  rpo_seconds: number | null;
  rpo_target_seconds: number | null;
  rpo_missed: boolean;
}

export interface BoxDocument {
  verdict: string;
  reasons: Reason[];
  businesses: (BusinessAge & {
    snapshots: number | null;
    last_backup: string | null;
    proofs?: Proof[];
    records: { source: string; calls: number; rows: number; recordings: number; bytes: number; verdict: string }[];
  })[];
  pool: {
    geometry: { k: number; m: number };
    disks: number;
    disks_present: number;
    bytes_usable: number;
    bytes_free: number;
    filling: boolean | null;
    full_in_days: number | null;
    packs: number;
    may_lose: number;
  } | null;
  last_backup: string | null;
  last_verify: string | null;
  last_drill: string | null;
  last_sync: string | null;
}

export interface StatusDocument {
  box: BoxDocument | null;
  taken: string | null;
  trouble: string | null;
  complaints: string[];
  running: number;
}

export function reasonText(reason: Reason): string {
  return reason.texts?.[language.value] ?? reason.what;
}

const kLevels = ["ok", "attention", "danger"]; // what else there is weighs less

function Verdict(props: { status: StatusDocument }) {
  const { box, trouble, complaints, taken } = props.status;
  const isLost = useLost() !== null;
  const verdict = box === null || trouble !== null ? "danger" : box.verdict;
  const reasons = [...(box?.reasons ?? [])].sort((one, other) => kLevels.indexOf(other.level) - kLevels.indexOf(one.level));
  return (
    <section class={isLost ? "verdict" : `verdict ${verdict}`} aria-label={t("web.status.verdict")}>
      <h2>{isLost ? t("web.status.was", { verdict: t(`cli.verdict.${verdict}`) }) : t(`cli.verdict.${verdict}`)}</h2>
      {trouble !== null && <p>{trouble}</p>}
      <ul>
        {reasons.map((reason, place) => (
          <li key={place} class={reason.level}>
            {reasonText(reason)} {reason.level !== "ok" && <PlaceLink code={reason.code} />}
          </li>
        ))}
        {complaints.map((complaint) => (
          <li key={complaint} class="attention">
            {complaint}
          </li>
        ))}
      </ul>
      <p class="quiet">{t("web.status.as_of", { time: time(taken), ago: ago(taken) })}</p>
    </section>
  );
}

function Room(props: { pool: NonNullable<BoxDocument["pool"]> }) {
  const { filling, full_in_days: days } = props.pool;
  const when = days === null ? t(filling === false ? "web.status.full_never" : "web.status.full_unknown") : null;
  return (
    <div class="tile">
      <span class="quiet">{t("web.status.full_in")}</span>
      <strong>{when ?? t("web.status.full_in_days", { count: days ?? 0 })}</strong>
      <span class="quiet">{filling === null ? "" : t("web.status.full_pace")}</span>
    </div>
  );
}

function Proofs(props: { box: BoxDocument }) {
  const { box } = props;
  useSignal(tick);
  const names = ["backup", "verify", "drill", "sync"] as const;
  return (
    <section aria-label={t("web.status.proofs")}>
      <h2>{t("web.status.proofs")}</h2>
      <div class="tiles">
        {names.map((name) => (
          <div key={name} class="tile">
            <span class="quiet">{t(`web.status.last_${name}`)}</span>
            <strong>{time(box[`last_${name}`])}</strong>
            <span class="quiet">{box[`last_${name}`] === null ? "" : ago(box[`last_${name}`])}</span>
          </div>
        ))}
        {box.pool && <Room pool={box.pool} />}
      </div>
    </section>
  );
}

// How old what is safe is, beside how old it may be.
function Age(props: { of: { rpo_seconds: number | null; rpo_missed: boolean }; target: number | null }) {
  const { rpo_seconds: age, rpo_missed: isMissed } = props.of;
  const proved = age === null ? t("web.never") : span(age);
  const text = props.target === null ? proved : t("web.status.rpo_of", { proved, target: span(props.target) });
  return (
    <>
      {text}
      {isMissed && <strong class="missed"> {t("web.status.rpo_missed")}</strong>}
    </>
  );
}

// Each source by itself: a business is as old as the oldest of them.
export function SourceAges(props: { of: BusinessAge[] }) {
  const rows = props.of.flatMap((business) => business.sources.map((source) => ({ business, source })));
  return (
    <section>
      <Table
        caption={t("web.status.sources")}
        rows={rows}
        columns={[
          { title: t("web.business_name"), cell: (row) => row.business.name },
          { title: t("web.status.source"), cell: (row) => row.source.name },
          { title: t("web.status.mode"), cell: (row) => t(`web.status.${row.source.mode}`) },
          {
            title: t("web.status.rpo"),
            cell: (row) => <Age of={row.source} target={row.business.rpo_target_seconds} />,
          },
        ]}
      />
    </section>
  );
}

function Businesses(props: { box: BoxDocument }) {
  return (
    <section>
      <Table
        caption={t("web.businesses")}
        rows={props.box.businesses}
        columns={[
          { title: t("web.business_name"), cell: (row) => row.name },
          { title: t("web.snapshots"), isNumber: true, cell: (row) => row.snapshots ?? t("cli.unknown") },
          { title: t("web.status.last_backup"), cell: (row) => time(row.last_backup) },
          {
            title: t("web.status.rpo"),
            cell: (row) => <Age of={row} target={row.rpo_target_seconds} />,
          },
          {
            title: t("web.call_count"),
            isNumber: true,
            cell: (row) => count(row.records.reduce((sum, each) => sum + each.calls, 0)),
          },
        ]}
      />
    </section>
  );
}

export function StatusPage() {
  const loaded = useGet<StatusDocument>("/status", {}, true);
  return (
    <Shown of={loaded}>
      {(status) => (
        <>
          <Verdict status={status} />
          {status.box !== null && <Proofs box={status.box} />}
          {status.box?.pool && (
            <section>
              <h2>{t("web.pool")}</h2>
              <Facts
                of={[
                  [t("web.disks.geometry"), `${status.box.pool.geometry.k}+${status.box.pool.geometry.m}`],
                  [t("web.disks.present"), `${status.box.pool.disks_present} / ${status.box.pool.disks}`],
                  [t("web.disks.may_lose"), status.box.pool.may_lose],
                  [t("web.disks.usable"), size(status.box.pool.bytes_usable)],
                ]}
              />
            </section>
          )}
          {status.box !== null && <Businesses box={status.box} />}
          {status.box !== null && <SourceAges of={status.box.businesses} />}
        </>
      )}
    </Shown>
  );
}
