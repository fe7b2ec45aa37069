// SPDX-License-Identifier: Apache-2.0
// What each day has: calls, sound, bytes, types of files; and at which hours people call.
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
  calls_by_hour: Record<string, number>; // "00" to "23"; hours without calls are not there
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

interface Bar {
  name: string;
  calls: number;
}

const highest = (bars: Bar[]) => bars.reduce((most, bar) => (bar.calls > most.calls ? bar : most));

// Each says in words what it is: SVG has attributes where a style would be refused.
function Bars(props: { of: Bar[]; label: string }) {
  const top = highest(props.of).calls;
  const height = (bar: Bar) => (bar.calls / Math.max(1, top)) * 100;
  return (
    <svg class="bars" viewBox={`0 0 ${props.of.length * 10} 100`} preserveAspectRatio="none" role="img" aria-label={props.label}>
      {props.of.map((bar, place) => (
        <rect key={bar.name} x={place * 10 + 1} width={8} y={100 - height(bar)} height={height(bar)}>
          <title>{`${bar.name}: ${count(bar.calls)}`}</title>
        </rect>
      ))}
    </svg>
  );
}

function EachDay(props: { days: Day[] }) {
  const bars = props.days.map((day) => ({ name: dayName(day.day), calls: day.calls }));
  const [first, last] = [bars[0], bars[bars.length - 1]];
  if (first === undefined || last === undefined || bars.length < 2) return null; // one day is no picture
  const top = highest(bars);
  return (
    <figure>
      <figcaption>{t("web.statistics.most", { count: count(top.calls), day: top.name })}</figcaption>
      <Bars of={bars} label={t("web.statistics.calls_a_day")} />
      <div class="ends">
        <span>{first.name}</span>
        <span>{last.name}</span>
      </div>
    </figure>
  );
}

const kHours = [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0"));

// Below its bar each hour has its number, which is what a screen reader goes by.
function EachHour(props: { days: Day[] }) {
  const { days } = props;
  const bars = kHours.map((name) => ({ name, calls: days.reduce((sum, day) => sum + (day.calls_by_hour[name] ?? 0), 0) }));
  const known = bars.reduce((sum, bar) => sum + bar.calls, 0);
  const without = days.reduce((sum, day) => sum + day.calls, 0) - known;
  const top = highest(bars);
  const title = t("web.statistics.by_hour", { count: count(top.calls), hour: `${top.name}:00–${top.name}:59` });
  return (
    <>
      {known > 0 && (
        <figure>
          <figcaption>{title}</figcaption>
          <div class="scroll" tabIndex={0} role="region" aria-label={title}>
            <div class="hours">
              <Bars of={bars} label={title} />
              <table aria-label={title}>
                <thead>
                  <tr>
                    {bars.map(({ name }) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  <tr>
                    {bars.map(({ name, calls }) => (
                      <td key={name}>{count(calls)}</td>
                    ))}
                  </tr>
                </tbody>
              </table>
            </div>
          </div>
        </figure>
      )}
      {without > 0 && <p class="quiet">{t("cli.statistics.no_hour", { count: count(without) })}</p>}
    </>
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
      <EachDay days={days.filter((day) => day.day !== null)} />
      <EachHour days={days} />
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
