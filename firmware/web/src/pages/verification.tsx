// SPDX-License-Identifier: Apache-2.0
// Reconciliation: every row and every recording falls in exactly one class, and the sums balance.
import { useGet } from "../api";
import { count, size, span } from "../format";
import { Shown, Table, WithBusiness } from "../parts";
import { t, tOr } from "../words";

interface Source {
  source: string;
  rows: number;
  recordings: number;
  row_classes: Record<string, number>;
  recording_classes: Record<string, number>;
  verdict: string;
}

interface Day {
  day: string;
  calls: number;
  rows: number;
  recordings: number;
  bytes: number;
  speech_ms: number;
  row_classes: Record<string, number>;
  file_types: { type: string; files: number; bytes: number }[];
}

function classes(source: Source) {
  return Object.keys(source.row_classes).filter(
    (name) => (source.row_classes[name] ?? 0) + (source.recording_classes[name] ?? 0) > 0,
  );
}

export function VerificationPage() {
  return (
    <WithBusiness>
      {(business) => <Reconciliation business={business} />}
    </WithBusiness>
  );
}

function Reconciliation(props: { business: string }) {
  const path = `/businesses/${encodeURIComponent(props.business)}`;
  const loaded = useGet<{ snapshot: number; records: Source[] }>(`${path}/reconciliation`, {}, true);
  return (
    <Shown of={loaded}>
      {({ snapshot, records }) => (
        <>
          <p class="quiet">{t("web.snapshot", { number: snapshot })}</p>
          {records.length === 0 && <p class="quiet">{t("web.nothing")}</p>}
          {records.map((source) => (
            <section key={source.source} class={`verdict ${source.verdict}`}>
              <h2>{source.source}</h2>
              <Table
                caption={t("web.verification.classes")}
                rows={[...classes(source), "sum"]}
                columns={[
                  {
                    title: t("web.verification.class"),
                    cell: (name) => (name === "sum" ? t("web.sum") : tOr(`cli.class.${name}`, name)),
                  },
                  {
                    title: t("web.rows"),
                    isNumber: true,
                    cell: (name) => count(name === "sum" ? source.rows : (source.row_classes[name] ?? 0)),
                  },
                  {
                    title: t("web.recordings"),
                    isNumber: true,
                    cell: (name) => count(name === "sum" ? source.recordings : (source.recording_classes[name] ?? 0)),
                  },
                ]}
              />
            </section>
          ))}
        </>
      )}
    </Shown>
  );
}

export function StatisticsPage() {
  return <WithBusiness>{(business) => <Statistics business={business} />}</WithBusiness>;
}

// A bar for each day: SVG has attributes where a style would be refused.
function Bars(props: { days: Day[] }) {
  const days = props.days.slice(-90);
  const most = Math.max(1, ...days.map((day) => day.calls));
  return (
    <svg class="bars" viewBox={`0 0 ${days.length * 10} 100`} preserveAspectRatio="none" role="img" aria-label={t("web.statistics.calls_a_day")}>
      {days.map((day, place) => (
        <rect key={day.day} x={place * 10 + 1} width={8} y={100 - (day.calls / most) * 100} height={(day.calls / most) * 100}>
          <title>{`${day.day}: ${day.calls}`}</title>
        </rect>
      ))}
    </svg>
  );
}

function Statistics(props: { business: string }) {
  const loaded = useGet<{ sources: { source: string; days: Day[] }[] }>(
    `/businesses/${encodeURIComponent(props.business)}/statistics`,
  );
  return (
    <Shown of={loaded}>
      {({ sources }) => (
        <>
          {sources.length === 0 && <p class="quiet">{t("web.nothing")}</p>}
          {sources.map(({ source, days }) => (
            <section key={source}>
              <h2>{source}</h2>
              <Bars days={days} />
              <Table
                caption={t("web.statistics.by_day")}
                rows={[...days].reverse()}
                columns={[
                  { title: t("web.day"), cell: (day) => day.day },
                  { title: t("web.call_count"), isNumber: true, cell: (day) => count(day.calls) },
                  { title: t("web.rows"), isNumber: true, cell: (day) => count(day.rows) },
                  { title: t("web.recordings"), isNumber: true, cell: (day) => count(day.recordings) },
                  { title: t("web.statistics.speech"), isNumber: true, cell: (day) => span(day.speech_ms / 1000) },
                  { title: t("web.size"), isNumber: true, cell: (day) => size(day.bytes) },
                  {
                    title: t("web.statistics.types"),
                    cell: (day) => day.file_types.map((each) => `${each.type} ${count(each.files)}`).join(", "),
                  },
                ]}
              />
            </section>
          ))}
        </>
      )}
    </Shown>
  );
}
