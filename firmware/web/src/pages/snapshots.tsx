// SPDX-License-Identifier: Apache-2.0
// Snapshots of a business, and what is in them.
import { address, change, get, session, useGet } from "../api";
import { count, size, time } from "../format";
import { Action, Field, fieldsOf, Shown, Table, useRight, WithBusiness } from "../parts";
import { exportLink, TakeOut, useChoice } from "./exports";
import { SnapshotDiff } from "./snapshot_diff";
import { go, link, useRoute } from "../route";
import { useSignal } from "../signal";
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

function ItemTable(props: { business: string; snapshot: string; items: Item[]; hasPaths: boolean }) {
  const { business, snapshot } = props;
  const asks = useSignal(session)?.asks_reason ?? true;
  const { chosen, box } = useChoice();
  return (
    <>
    <Table
      caption={t("web.items")}
      rows={props.items}
      columns={[
        {
          title: t("web.name"),
          cell: (item) => {
            const name = item.path.split("/").pop() ?? item.path;
            const shown = props.hasPaths ? item.path : name;
            const target = { business, snapshot, path: item.path };
            if (item.type === "directory") return <a href={link("snapshots", target)}>{shown}/</a>;
            if (item.type !== "regular") return shown;
            const content = (reason?: string) =>
              address(`/businesses/${encodeURIComponent(business)}/content`, { path: item.path, snapshot, reason });
            // Where the box wants to know why, the link gets the answer before it is followed.
            const ask = (event: MouseEvent & { currentTarget: HTMLAnchorElement }) => {
              const reason = window.prompt(t("web.calls.reason"))?.trim();
              if (!reason) return event.preventDefault();
              event.currentTarget.href = content(reason);
            };
            return (
              <a href={content()} download={name} onClick={asks ? ask : undefined}>
                {shown}
              </a>
            );
          },
        },
        { title: t("web.size"), isNumber: true, cell: (item) => (item.type === "directory" ? "" : size(item.size)) },
        { title: t("web.changed"), cell: (item) => time(item.mtime) },
        { title: t("web.gone"), cell: (item) => (item.gone ? time(item.gone) : "") },
        { title: t("web.exports.take"), cell: (item) => box(item.path) },
      ]}
    />
    <TakeOut business={business} snapshot={snapshot} paths={chosen} />
    </>
  );
}

function Crumbs(props: { business: string; snapshot: string; path: string }) {
  const { business, snapshot, path } = props;
  const parts = path === "" ? [] : path.split("/");
  const at = (depth: number) => link("snapshots", { business, snapshot, path: parts.slice(0, depth).join("/") });
  return (
    <nav aria-label={t("web.path")} class="crumbs">
      <a href={link("snapshots", { business })}>{t("web.snapshots")}</a>
      <a href={at(0)}>{t("web.snapshot", { number: snapshot })}</a>
      {parts.map((part, place) => (
        <a key={place} href={at(place + 1)}>
          {part}
        </a>
      ))}
    </nav>
  );
}

// Of a folder, or what a search found in the snapshot.
function Items(props: { business: string; snapshot: string; path: string; pattern: string }) {
  const { business, snapshot, path, pattern } = props;
  const at = `/businesses/${encodeURIComponent(business)}`;
  const loaded = useGet<{ items: Item[] }>(
    pattern === "" ? `${at}/items` : `${at}/found`,
    pattern === "" ? { snapshot, path } : { snapshot, pattern },
  );
  return (
    <section>
      <Crumbs business={business} snapshot={snapshot} path={path} />
      <form
        class="line"
        role="search"
        onSubmit={(event) => go("snapshots", { business, snapshot, pattern: fieldsOf(event)["pattern"] })}
      >
        <Field label={t("web.snapshots_find")} name="pattern" value={pattern} />
        <button>{t("web.find")}</button>
      </form>
      <Shown of={loaded}>
        {({ items }) => <ItemTable business={business} snapshot={snapshot} items={items} hasPaths={pattern !== ""} />}
      </Shown>
    </section>
  );
}

// Which two are compared.
function Compare(props: { business: string; snapshots: Snapshot[] }) {
  const numbers = props.snapshots.filter((each) => !each.pruned).map((each) => String(each.number));
  if (numbers.length < 2) return null;
  const choice = (name: string, label: string, chosen: string) => (
    <label>
      <span>{label}</span>
      <select name={name}>
        {numbers.map((number) => (
          <option key={number} selected={number === chosen}>
            {number}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <form class="line" onSubmit={(event) => go("snapshots", { business: props.business, ...fieldsOf(event) })}>
      {choice("before", t("web.snapshot_diff.before"), numbers[numbers.length - 2]!)}
      {choice("after", t("web.snapshot_diff.after"), numbers[numbers.length - 1]!)}
      <button>{t("web.snapshot_diff.compare")}</button>
    </form>
  );
}

// Into a snapshot, and out of the box with all of it.
function Ways(props: { business: string; snapshot: string }) {
  const { business, snapshot } = props;
  // All is what lies at the top: the box is told of parts.
  const takeWhole = async () => {
    const { items } = await get<{ items: Item[] }>(`/businesses/${encodeURIComponent(business)}/items`, { snapshot });
    location.hash = exportLink(business, snapshot, items.map(({ path }) => path));
  };
  return (
    <>
      <a class="button" href={link("snapshots", { business, snapshot })}>
        {t("web.browse")}
      </a>{" "}
      <Action label={t("web.take_whole")} run={takeWhole} />
    </>
  );
}

function Snapshots(props: { business: string }) {
  const { business } = props;
  const path = `/businesses/${encodeURIComponent(business)}/snapshots`;
  const loaded = useGet<{ snapshots: Snapshot[] }>(path, {}, true);
  const mayHear = useRight("hear");
  const mayRun = useRight("run");
  const mayRule = useRight("rule");
  const tag = async (snapshot: Snapshot) => {
    const word = window.prompt(t("web.tag_word"));
    if (!word) return;
    await change("POST", `${path}/${snapshot.number}/tags`, { tag: word });
    loaded.again();
  };
  const release = async (snapshot: Snapshot) => {
    await change("DELETE", `${path}/${snapshot.number}/hold`);
    loaded.again();
  };
  const hold = async (snapshot: Snapshot) => {
    const reason = window.prompt(t("web.hold_reason"));
    if (!reason) return;
    await change("POST", `${path}/${snapshot.number}/hold`, { reason });
    loaded.again();
  };
  return (
    <Shown of={loaded}>
      {({ snapshots }) => (
        <>
        {mayHear && <Compare business={business} snapshots={snapshots} />}
        <Table
          caption={t("web.snapshots")}
          rows={[...snapshots].reverse()}
          columns={[
            { title: "N", isNumber: true, cell: (row) => row.number },
            ...(mayHear
              ? [{ title: "", cell: (row: Snapshot) => !row.pruned && <Ways business={business} snapshot={String(row.number)} /> }]
              : []),
            { title: t("web.time"), cell: (row) => time(row.time) },
            { title: t("web.items"), isNumber: true, cell: (row) => count(row.items) },
            { title: t("web.size"), isNumber: true, cell: (row) => size(row.bytes) },
            {
              title: t("web.tags"),
              cell: (row) => (
                <>
                  {row.tags.join(", ")} {mayRun && !row.pruned && <Action label={t("web.tag")} run={() => tag(row)} />}
                </>
              ),
            },
            {
              title: t("web.condition"),
              cell: (row) =>
                row.pruned ? t("web.pruned") : row.complete ? t("web.complete") : t("web.partial"),
            },
            {
              title: t("web.hold"),
              cell: (row) =>
                row.hold ? (
                  <>
                    {t("web.held")}{" "}
                    {mayRule && (
                      <Action
                        label={t("web.release")}
                        isDanger
                        confirm={t("web.release_sure", { what: t("web.snapshot", { number: row.number }) })}
                        run={() => release(row)}
                      />
                    )}
                  </>
                ) : (
                  mayHear && !row.pruned && <Action label={t("web.hold")} run={() => hold(row)} />
                ),
            },
          ]}
        />
        </>
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
          <Items
            business={business}
            snapshot={query["snapshot"]}
            path={query["path"] ?? ""}
            pattern={query["pattern"] ?? ""}
          />
        ) : query["before"] !== undefined && query["after"] !== undefined ? (
          <SnapshotDiff business={business} before={query["before"]} after={query["after"]} />
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
