// SPDX-License-Identifier: Apache-2.0
// What came, went and changed between two snapshots.
import { useGet } from "../api";
import { count, time } from "../format";
import { Facts, Shown, Table } from "../parts";
import { link } from "../route";
import { t } from "../words";

interface Document {
  before: number;
  after: number;
  added: string[];
  removed: string[];
  changed: string[];
  gone: { path: string; since: string }[];
  counts: { added: number; removed: number; changed: number; gone: number };
}

const kShown = 1000; // paths of each list: a page holds no more

function Paths(props: { title: string; paths: string[]; total: number }) {
  if (props.total === 0) return null;
  return (
    <>
      <Table
        caption={props.title}
        rows={props.paths.slice(0, kShown)}
        columns={[{ title: t("web.path"), cell: (path) => path }]}
      />
      {props.total > kShown && <p class="quiet">{t("web.snapshot_diff.more", { shown: kShown, count: count(props.total) })}</p>}
    </>
  );
}

export function SnapshotDiff(props: { business: string; before: string; after: string }) {
  const { business, before, after } = props;
  const loaded = useGet<Document>(`/businesses/${encodeURIComponent(business)}/snapshots/${before}/diff/${after}`);
  return (
    <section>
      <p>
        <a href={link("snapshots", { business })}>{t("web.snapshots")}</a>
      </p>
      <h2>{t("web.snapshot_diff.title", { before, after })}</h2>
      <Shown of={loaded}>
        {(diff) => (
          <>
            <Facts
              of={[
                [t("web.snapshot_diff.added"), count(diff.counts.added)],
                [t("web.snapshot_diff.removed"), count(diff.counts.removed)],
                [t("web.snapshot_diff.changed"), count(diff.counts.changed)],
                [t("web.gone"), count(diff.counts.gone)],
              ]}
            />
            <Paths title={t("web.snapshot_diff.added")} paths={diff.added} total={diff.counts.added} />
            <Paths title={t("web.snapshot_diff.removed")} paths={diff.removed} total={diff.counts.removed} />
            <Paths title={t("web.snapshot_diff.changed")} paths={diff.changed} total={diff.counts.changed} />
            {diff.gone.length > 0 && (
              <Table
                caption={t("web.gone")}
                rows={diff.gone.slice(0, kShown)}
                columns={[
                  { title: t("web.path"), cell: (row) => row.path },
                  { title: t("web.snapshot_diff.since"), cell: (row) => time(row.since) },
                ]}
              />
            )}
          </>
        )}
      </Shown>
    </section>
  );
}
