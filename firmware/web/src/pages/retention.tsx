// SPDX-License-Identifier: Apache-2.0
// What would go, when, and what holds it: a plan, never the deed.
import { useGet } from "../api";
import { count, size, time } from "../format";
import { Shown, Table, WithBusiness } from "../parts";
import { t, tOr } from "../words";

interface Plan {
  as_of: string;
  snapshots: { number: number; time: string; goes: boolean; reason: string; until: string | null }[];
  items: { reason: string; goes: boolean; class: number | null; items: number; bytes: number; first: string | null; last: string | null }[];
  frozen: { reason: string; count: number }[];
  packs: { condemned: number; bytes_freed: number };
}

function Retention(props: { business: string }) {
  const loaded = useGet<Plan>(`/businesses/${encodeURIComponent(props.business)}/prune-plan`);
  return (
    <Shown of={loaded}>
      {(plan) => (
        <>
          <p class="quiet">{t("web.retention.as_of", { time: time(plan.as_of) })}</p>
          {plan.frozen.map((each) => (
            <p key={each.reason} class="failure">
              {tOr(`cli.freeze.${each.reason}`, each.reason, { count: each.count })}
            </p>
          ))}
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
            caption={t("web.snapshots")}
            rows={plan.snapshots}
            columns={[
              { title: "N", isNumber: true, cell: (row) => row.number },
              { title: t("web.time"), cell: (row) => time(row.time) },
              { title: t("web.retention.fate"), cell: (row) => t(row.goes ? "web.retention.goes" : "web.retention.stays") },
              { title: t("web.retention.why"), cell: (row) => tOr(`cli.snapshot_reason.${row.reason}`, row.reason) },
            ]}
          />
        </>
      )}
    </Shown>
  );
}

export function RetentionPage() {
  return <WithBusiness>{(business) => <Retention business={business} />}</WithBusiness>;
}
