// SPDX-License-Identifier: Apache-2.0
// Reconciliation: every row and every recording falls in exactly one class, and the sums balance;
// day by day, and from each number to what stands behind it.
import { useGet } from "../api";
import { count } from "../format";
import { Shown, Table, WithBusiness } from "../parts";
import { link, useRoute } from "../route";
import { t, tOr } from "../words";
import { type Cell, Members } from "./members";
import { chosenDays, kAll, monthsOf, PeriodChoice } from "./period";
import { type Day, dayName, DrillReport, Save, type SourceDays } from "./statistics";
import { type Judged, Why } from "./verdict";

type Kind = "row" | "recording";

interface Source extends Judged {
  source: string;
  rows: number;
  recordings: number;
  row_classes: Record<string, number>;
  recording_classes: Record<string, number>;
}

const kKinds: readonly Kind[] = ["row", "recording"];

const classText = (name: string) => tOr(`cli.class.${name}`, name);
const sumOf = (numbers: Iterable<number>) => [...numbers].reduce((sum, each) => sum + each, 0);
const classesOf = (kind: Kind, of: Source | Day) => (kind === "row" ? of.row_classes : of.recording_classes);
const allOf = (kind: Kind, of: Source | Day) => (kind === "row" ? of.rows : of.recordings);

// Rows are calls, and have a page; recordings are listed here.
function cellLink(kind: Kind, of: Cell): string {
  if (kind === "recording") return link("verification", { ...of });
  return link("calls", { ...of });
}

// Whether what the days have is what the report of the snapshot has.
function Balance(props: { kind: Kind; source: Source; days: Day[] }) {
  const { kind, source, days } = props;
  const inDays = sumOf(days.flatMap((day) => Object.values(classesOf(kind, day))));
  const inClasses = sumOf(Object.values(classesOf(kind, source)));
  const all = allOf(kind, source);
  const isEven = inDays === all && inClasses === all;
  return (
    <p class={isEven ? "good" : "failure"}>
      {t(isEven ? "web.verification.even" : "web.verification.uneven", { days: count(inDays), classes: count(inClasses), all: count(all) })}
    </p>
  );
}

function ByDay(props: { business: string; kind: Kind; source: Source; days: Day[] }) {
  const { kind, source, days } = props;
  const names = Object.keys(classesOf(kind, source)).filter((name) => (classesOf(kind, source)[name] ?? 0) > 0);
  const numberOf = (day: Day | null, name: string) =>
    day === null ? sumOf(days.map((each) => classesOf(kind, each)[name] ?? 0)) : (classesOf(kind, day)[name] ?? 0);
  const sum = (day: Day | null) => (day === null ? sumOf(days.map((each) => allOf(kind, each))) : allOf(kind, day));
  const columns = names.map((name) => ({
    title: classText(name),
    isNumber: true,
    cell: (day: Day | null) => {
      const number = numberOf(day, name);
      if (number === 0 || day === null) return count(number);
      const cell = { business: props.business, source: source.source, class: name, day: day.day ?? "none" };
      return <a href={cellLink(kind, cell)}>{count(number)}</a>;
    },
  }));
  return (
    <Table<Day | null>
      caption={`${source.source}: ${t(kind === "row" ? "web.verification.rows_by_day" : "web.verification.recordings_by_day")}`}
      rows={[...days].reverse().concat(days.length > 0 ? [null as unknown as Day] : [])}
      columns={[
        { title: t("web.day"), cell: (day) => (day === null ? t("web.sum") : dayName(day.day)) },
        ...columns,
        { title: t("web.sum"), isNumber: true, cell: (day) => count(sum(day)) },
      ]}
    />
  );
}

function Whole(props: { business: string; source: Source }) {
  const { source } = props;
  const names = Object.keys(source.row_classes).filter((name) => kKinds.some((kind) => (classesOf(kind, source)[name] ?? 0) > 0));
  const cell = (kind: Kind) => (name: string) => {
    const number = name === "sum" ? allOf(kind, source) : (classesOf(kind, source)[name] ?? 0);
    if (name === "sum" || number === 0) return count(number);
    return <a href={cellLink(kind, { business: props.business, source: source.source, class: name })}>{count(number)}</a>;
  };
  return (
    <Table
      caption={`${source.source}: ${t("web.verification.classes")}`}
      rows={[...names, "sum"]}
      columns={[
        { title: t("web.verification.class"), cell: (name) => (name === "sum" ? t("web.sum") : classText(name)) },
        { title: t("web.rows"), isNumber: true, cell: cell("row") },
        { title: t("web.recordings"), isNumber: true, cell: cell("recording") },
      ]}
    />
  );
}

function Reconciliation(props: { business: string }) {
  const { business } = props;
  const { query } = useRoute();
  const path = `/businesses/${encodeURIComponent(business)}`;
  const loaded = useGet<{ snapshot: number; records: Source[] }>(`${path}/reconciliation`, {}, true);
  const counted = useGet<{ snapshot: number; sources: SourceDays[] }>(`${path}/statistics`, {}, true);
  return (
    <Shown of={loaded}>
      {({ snapshot, records }) => (
        <>
          <DrillReport business={business} />
          <div class="line">
            <p class="quiet">{t("web.snapshot", { number: snapshot })}</p>
            <Save path={`${path}/reconciliation/export`} query={{ csv: "true", snapshot: String(snapshot) }} name={`reconciliation-${business}-${snapshot}.csv`} label={t("web.save_csv")} />
            <Save path={`${path}/reconciliation/export`} query={{ snapshot: String(snapshot) }} name={`reconciliation-${business}-${snapshot}.html`} label={t("web.verification.save_page")} />
          </div>
          {records.length === 0 && <p class="quiet">{t("web.nothing")}</p>}
          {records.length > 0 && (
            <Shown of={counted}>
              {({ sources }) => {
                const months = monthsOf(sources.flatMap(({ days }) => days));
                const month = query["month"] ?? months[0] ?? kAll;
                return (
                  <>
                    <PeriodChoice key={`${query["from"]} ${query["to"]}`} page="verification" business={business} months={months} month={month} />
                    {records.map((source) => {
                      const days = sources.find((each) => each.source === source.source)?.days ?? [];
                      const shown = chosenDays(days, query, month);
                      return (
                        <section key={source.source} class={`verdict ${source.verdict}`}>
                          <h2>{source.source}</h2>
                          <Why of={source} />
                          <Whole business={business} source={source} />
                          {kKinds.map((kind) => (
                            <div key={kind}>
                              <ByDay business={business} kind={kind} source={source} days={shown} />
                              <Balance kind={kind} source={source} days={days} />
                            </div>
                          ))}
                        </section>
                      );
                    })}
                  </>
                );
              }}
            </Shown>
          )}
        </>
      )}
    </Shown>
  );
}

export function VerificationPage() {
  const { query } = useRoute();
  const { class: name, source, day, skip } = query;
  return (
    <WithBusiness>
      {(business) =>
        name !== undefined && source !== undefined ? (
          <Members key={JSON.stringify(query)} of={{ business, source, class: name, day }} skip={Number(skip ?? "0")} />
        ) : (
          <Reconciliation key={business} business={business} />
        )
      }
    </WithBusiness>
  );
}
