// SPDX-License-Identifier: Apache-2.0
// What each day has: calls, sound, bytes, types of files.
import { useState } from "preact/hooks";
import { address, useGet } from "../api";
import { count, hours, size } from "../format";
import { Facts, Shown, Table, WithBusiness } from "../parts";
import { useRoute } from "../route";
import { useSignal } from "../signal";
import { language, t } from "../words";
import { chosenDays, kAll, monthsOf, PeriodChoice } from "./period";

export interface Day {
  day: string | null; // none: what has no start
  calls: number;
  rows: number;
  recordings: number;
  bytes: number;
  speech_ms: number;
  row_classes: Record<string, number>;
  recording_classes: Record<string, number>;
  file_types: { type: string; files: number; bytes: number }[];
}

export interface SourceDays {
  source: string;
  days: Day[];
}

export const dayName = (day: string | null) => day ?? t("cli.statistics.undated");

// A file that the box makes when it is asked for.
export function Save(props: { path: string; query?: Record<string, string>; name: string; label: string }) {
  const lang = useSignal(language);
  return (
    <a class="button" href={address(props.path, { ...props.query, lang })} download={props.name}>
      {props.label}
    </a>
  );
}

const kMonths = 12;

// This month and those before it, newest first, as the command line writes them.
function lastMonths(): string[] {
  const now = new Date();
  return [...Array(kMonths).keys()].map((back) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7));
}

// The drills of a month, to print and sign.
export function DrillReport(props: { business: string }) {
  const months = lastMonths();
  const [month, setMonth] = useState(months[0] ?? "");
  return (
    <div class="line">
      <label>
        <span>{t("web.drills.month")}</span>
        <select onChange={(event) => setMonth(event.currentTarget.value)}>
          {months.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <Save path={`/businesses/${encodeURIComponent(props.business)}/drills/export`} query={{ month }} name={`drills-${props.business}-${month}.html`} label={t("web.drills.save")} />
    </div>
  );
}

// A bar for each day, with what it says in words: SVG has attributes where a style would be refused.
function Bars(props: { days: Day[] }) {
  const { days } = props;
  const [first, last] = [days[0], days[days.length - 1]];
  if (first === undefined || last === undefined) return null;
  const top = days.reduce((most, day) => (day.calls > most.calls ? day : most), first);
  const height = (day: Day) => (day.calls / Math.max(1, top.calls)) * 100;
  return (
    <figure>
      <figcaption>{t("web.statistics.most", { count: count(top.calls), day: dayName(top.day) })}</figcaption>
      <svg class="bars" viewBox={`0 0 ${days.length * 10} 100`} preserveAspectRatio="none" role="img" aria-label={t("web.statistics.calls_a_day")}>
        {days.map((day, place) => (
          <rect key={day.day} x={place * 10 + 1} width={8} y={100 - height(day)} height={height(day)}>
            <title>{`${dayName(day.day)}: ${day.calls}`}</title>
          </rect>
        ))}
      </svg>
      <div class="ends">
        <span>{dayName(first.day)}</span>
        <span>{dayName(last.day)}</span>
      </div>
    </figure>
  );
}

function Sums(props: { days: Day[] }) {
  const sum = (of: (day: Day) => number) => props.days.reduce((all, day) => all + of(day), 0);
  return (
    <Facts
      of={[
        [t("web.call_count"), count(sum((day) => day.calls))],
        [t("web.recordings"), count(sum((day) => day.recordings))],
        [t("web.statistics.speech"), hours(sum((day) => day.speech_ms))],
        [t("web.size"), size(sum((day) => day.bytes))],
      ]}
    />
  );
}

function OfSource(props: { source: string; days: Day[] }) {
  const { source, days } = props;
  return (
    <section>
      <h2>{source}</h2>
      <Sums days={days} />
      <Bars days={days.filter((day) => day.day !== null)} />
      <Table
        caption={t("web.statistics.by_day")}
        rows={[...days].reverse()}
        columns={[
          { title: t("web.day"), cell: (day) => dayName(day.day) },
          { title: t("web.call_count"), isNumber: true, cell: (day) => count(day.calls) },
          { title: t("web.rows"), isNumber: true, cell: (day) => count(day.rows) },
          { title: t("web.recordings"), isNumber: true, cell: (day) => count(day.recordings) },
          { title: t("web.statistics.speech"), isNumber: true, cell: (day) => hours(day.speech_ms) },
          { title: t("web.size"), isNumber: true, cell: (day) => size(day.bytes) },
          {
            title: t("web.statistics.types"),
            cell: (day) => day.file_types.map((each) => `${each.type} ${count(each.files)}`).join(", "),
          },
        ]}
      />
    </section>
  );
}

function Statistics(props: { business: string }) {
  const { query } = useRoute();
  const path = `/businesses/${encodeURIComponent(props.business)}/statistics`;
  const loaded = useGet<{ sources: SourceDays[] }>(path);
  return (
    <Shown of={loaded}>
      {({ sources }) => {
        const report = <DrillReport business={props.business} />;
        if (sources.length === 0) {
          return (
            <>
              {report}
              <p class="quiet">{t("web.nothing")}</p>
            </>
          );
        }
        const months = monthsOf(sources.flatMap(({ days }) => days));
        const month = query["month"] ?? months[0] ?? kAll;
        return (
          <>
            {report}
            <p>
              <Save path={`${path}/export`} name={`statistics-${props.business}.csv`} label={t("web.save_csv")} />
            </p>
            <PeriodChoice key={`${query["from"]} ${query["to"]}`} page="statistics" business={props.business} months={months} month={month} />
            {sources.map(({ source, days }) => (
              <OfSource key={source} source={source} days={chosenDays(days, query, month)} />
            ))}
          </>
        );
      }}
    </Shown>
  );
}

export function StatisticsPage() {
  return <WithBusiness>{(business) => <Statistics key={business} business={business} />}</WithBusiness>;
}
