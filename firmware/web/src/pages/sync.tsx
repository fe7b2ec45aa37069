// SPDX-License-Identifier: Apache-2.0
// What a centre has of this box. There is none yet: so what would have to go, and since when.
import { useGet } from "../api";
import { ago, count, size, time } from "../format";
import { Facts, Shown } from "../parts";
import { t } from "../words";

interface StatusDocument {
  box: { businesses: { name: string; snapshots: number | null; last_sync: string | null }[]; last_sync: string | null } | null;
}

interface Snapshot {
  number: number;
  time: string;
  items: number;
  bytes: number;
  pruned?: boolean;
}

function Waiting(props: { business: string; lastSync: string | null }) {
  const { business, lastSync } = props;
  const loaded = useGet<{ snapshots: Snapshot[] }>(`/businesses/${encodeURIComponent(business)}/snapshots`, {}, true);
  return (
    <section class="job">
      <h3>{business}</h3>
      <Shown of={loaded}>
        {({ snapshots }) => {
          const waiting = snapshots.filter((each) => !each.pruned && (lastSync === null || each.time > lastSync));
          const oldest = waiting[0];
          const newest = waiting[waiting.length - 1];
          return (
            <Facts
              of={[
                [t("web.sync.last"), time(lastSync)],
                [t("web.sync.waiting"), count(waiting.length)],
                [t("web.sync.since"), oldest ? `${time(oldest.time)} (${ago(oldest.time)})` : "–"],
                [t("web.sync.newest_items"), newest ? count(newest.items) : "–"],
                [t("web.sync.newest_bytes"), newest ? size(newest.bytes) : "–"],
              ]}
            />
          );
        }}
      </Shown>
    </section>
  );
}

export function SyncPage() {
  const loaded = useGet<StatusDocument>("/status", {}, true);
  return (
    <Shown of={loaded}>
      {({ box }) => (
        <>
          {box?.last_sync == null && (
            <div class="verdict">
              <h2>{t("web.sync.none")}</h2>
              <p>{t("web.sync.none_why")}</p>
            </div>
          )}
          <h2>{t("web.sync.would_go")}</h2>
          {box === null || box.businesses.length === 0 ? (
            <p class="quiet">{t("web.nothing")}</p>
          ) : (
            box.businesses.map(({ name, last_sync }) => <Waiting key={name} business={name} lastSync={last_sync} />)
          )}
        </>
      )}
    </Shown>
  );
}
