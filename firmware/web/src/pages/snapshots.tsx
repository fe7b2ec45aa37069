// SPDX-License-Identifier: Apache-2.0
// Snapshots of a business, and what is in them.
import { address, change, useGet } from "../api";
import { count, size, time } from "../format";
import { Action, Shown, Table, useRight, WithBusiness } from "../parts";
import { go, link, useRoute } from "../route";
import { t } from "../words";

interface Snapshot {
  number: number;
  time: string;
  tags: string[];
  items: number;
  bytes: number;
  hold: boolean;
  complete: boolean;
  pruned?: boolean;
}

interface Item {
  path: string;
  type: string;
  size: number;
  mtime: string;
  gone: string | null;
}

function Items(props: { business: string; snapshot: string; path: string }) {
  const { business, snapshot, path } = props;
  const loaded = useGet<{ items: Item[] }>(`/businesses/${encodeURIComponent(business)}/items`, { snapshot, path });
  const parts = path === "" ? [] : path.split("/");
  const at = (depth: number) => link("snapshots", { business, snapshot, path: parts.slice(0, depth).join("/") });
  return (
    <section>
      <nav aria-label={t("web.path")} class="crumbs">
        <a href={link("snapshots", { business })}>{t("web.snapshots")}</a>
        <a href={at(0)}>{t("web.snapshot", { number: snapshot })}</a>
        {parts.map((part, place) => (
          <a key={place} href={at(place + 1)}>
            {part}
          </a>
        ))}
      </nav>
      <Shown of={loaded}>
        {({ items }) => (
          <Table
            caption={t("web.items")}
            rows={items}
            columns={[
              {
                title: t("web.name"),
                cell: (item) => {
                  const name = item.path.split("/").pop() ?? item.path;
                  const target = { business, snapshot, path: item.path };
                  if (item.type === "directory") return <a href={link("snapshots", target)}>{name}/</a>;
                  if (item.type !== "regular") return name;
                  const content = address(`/businesses/${encodeURIComponent(business)}/content`, {
                    path: item.path,
                    snapshot,
                  });
                  return (
                    <a href={content} download={name}>
                      {name}
                    </a>
                  );
                },
              },
              { title: t("web.size"), isNumber: true, cell: (item) => (item.type === "directory" ? "" : size(item.size)) },
              { title: t("web.changed"), cell: (item) => time(item.mtime) },
              { title: t("web.gone"), cell: (item) => (item.gone ? time(item.gone) : "") },
            ]}
          />
        )}
      </Shown>
    </section>
  );
}

function Snapshots(props: { business: string }) {
  const { business } = props;
  const path = `/businesses/${encodeURIComponent(business)}/snapshots`;
  const loaded = useGet<{ snapshots: Snapshot[] }>(path, {}, true);
  const mayHear = useRight("hear");
  const hold = async (snapshot: Snapshot) => {
    const reason = window.prompt(t("web.hold_reason"));
    if (!reason) return;
    await change("POST", `${path}/${snapshot.number}/hold`, { reason });
    loaded.again();
  };
  return (
    <Shown of={loaded}>
      {({ snapshots }) => (
        <Table
          caption={t("web.snapshots")}
          rows={[...snapshots].reverse()}
          columns={[
            {
              title: "N",
              isNumber: true,
              cell: (row) =>
                mayHear && !row.pruned ? (
                  <a href={link("snapshots", { business, snapshot: String(row.number) })}>{row.number}</a>
                ) : (
                  row.number
                ),
            },
            { title: t("web.time"), cell: (row) => time(row.time) },
            { title: t("web.items"), isNumber: true, cell: (row) => count(row.items) },
            { title: t("web.size"), isNumber: true, cell: (row) => size(row.bytes) },
            { title: t("web.tags"), cell: (row) => row.tags.join(", ") },
            {
              title: t("web.condition"),
              cell: (row) =>
                row.pruned ? t("web.pruned") : row.complete ? t("web.complete") : t("web.partial"),
            },
            {
              title: t("web.hold"),
              cell: (row) =>
                row.hold
                  ? t("web.held")
                  : mayHear && !row.pruned && <Action label={t("web.hold")} run={() => hold(row)} />,
            },
          ]}
        />
      )}
    </Shown>
  );
}

export function SnapshotsPage() {
  const { query } = useRoute();
  const mayRun = useRight("run");
  return (
    <WithBusiness>
      {(business) =>
        query["snapshot"] !== undefined ? (
          <Items business={business} snapshot={query["snapshot"]} path={query["path"] ?? ""} />
        ) : (
          <>
            {mayRun && (
              <Action
                label={t("web.backup_now")}
                run={async () => {
                  await change("POST", "/jobs", { kind: "backup", business });
                  go("tasks");
                }}
              />
            )}
            <Snapshots business={business} />
          </>
        )
      }
    </WithBusiness>
  );
}
