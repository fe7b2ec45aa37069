// SPDX-License-Identifier: Apache-2.0
// What would go, when, and what holds it: a plan, never the deed.
import { change, useGet } from "../api";
import { count, size, time } from "../format";
import { Action, Shown, Table, useRight, WithBusiness } from "../parts";
import { go } from "../route";
import { Holds } from "./holds";
import { t, tOr } from "../words";

interface Plan {
  as_of: string;
  snapshots: { number: number; time: string; goes: boolean; reason: string; until: string | null }[];
  items: { reason: string; goes: boolean; class: number | null; items: number; bytes: number; first: string | null; last: string | null }[];
  later: { from: string; to: string; items: number; bytes: number }[];
  going: string[];
  going_total: number;
  waiting_total: number;
  frozen: { reason: string; count: number }[];
  packs: { condemned: number; bytes_freed: number };
}

function Going(props: { plan: Plan }) {
  const { plan } = props;
  if (plan.going_total === 0) return <p class="good">{t("web.retention.nothing_goes")}</p>;
  return (
    <details>
      <summary>{t("web.retention.going", { count: count(plan.going_total) })}</summary>
      <ul>
        {plan.going.map((path) => (
          <li key={path}>{path}</li>
        ))}
      </ul>
      {plan.going.length < plan.going_total && (
        <p class="quiet">{t("web.snapshot_diff.more", { shown: plan.going.length, count: count(plan.going_total) })}</p>
      )}
    </details>
  );
}

function Retention(props: { business: string }) {
  const loaded = useGet<Plan>(`/businesses/${encodeURIComponent(props.business)}/prune-plan`);
  const mayHear = useRight("hear");
  const mayRule = useRight("rule");
  return (
    <>
    <Shown of={loaded}>
      {(plan) => (
        <>
          <p class="quiet">{t("web.retention.as_of", { time: time(plan.as_of) })}</p>
          {plan.frozen.map((each) => (
            <p key={each.reason} class="failure">
              {tOr(`cli.freeze.${each.reason}`, each.reason, { count: each.count })}
            </p>
          ))}
          <Going plan={plan} />
          {mayRule && plan.frozen.length === 0 && (
            <Action
              label={t("web.retention.run")}
              isDanger
              confirm={t("web.retention.run_sure", { count: count(plan.going_total) })}
              run={async () => {
                await change("POST", "/jobs", { kind: "prune", business: props.business });
                go("tasks");
              }}
            />
          )}
          <Table
            caption={t("web.retention.items")}
            rows={plan.items}
            columns={[
              { title: t("web.retention.fate"), cell: (row) => t(row.goes ? "web.retention.goes" : "web.retention.stays") },
              { title: t("web.retention.why"), cell: (row) => tOr(`cli.item_reason.${row.reason}`, row.reason) },
              { title: t("web.items"), isNumber: true, cell: (row) => count(row.items) },
              { title: t("web.size"), isNumber: true, cell: (row) => size(row.bytes) },
              { title: t("web.from"), cell: (row) => (row.first ? time(row.first) : "–") },
              { title: t("web.to"), cell: (row) => (row.last ? time(row.last) : "–") },
            ]}
          />
          <Table
            caption={t("web.retention.later")}
            rows={plan.later}
            columns={[
              { title: t("web.from"), cell: (row) => time(row.from) },
              { title: t("web.to"), cell: (row) => time(row.to) },
              { title: t("web.items"), isNumber: true, cell: (row) => count(row.items) },
              { title: t("web.size"), isNumber: true, cell: (row) => size(row.bytes) },
            ]}
          />
          <Table
            caption={t("web.snapshots")}
            rows={plan.snapshots}
            columns={[
              { title: "N", isNumber: true, cell: (row) => row.number },
              { title: t("web.time"), cell: (row) => time(row.time) },
              { title: t("web.retention.fate"), cell: (row) => t(row.goes ? "web.retention.goes" : "web.retention.stays") },
              { title: t("web.retention.why"), cell: (row) => tOr(`cli.snapshot_reason.${row.reason}`, row.reason) },
              { title: t("web.retention.until"), cell: (row) => (row.until ? time(row.until) : "–") },
            ]}
          />
        </>
      )}
    </Shown>
    {mayHear && <Holds business={props.business} changed={loaded.again} />}
    </>
  );
}

export function RetentionPage() {
  return <WithBusiness>{(business) => <Retention business={business} />}</WithBusiness>;
}
