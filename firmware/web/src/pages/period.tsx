// SPDX-License-Identifier: Apache-2.0
// Which days a page is about: a month, or from one day to another. It stands in the address.
import { Field, fieldsOf } from "../parts";
import { go, useRoute } from "../route";
import { t } from "../words";
import type { Day } from "./statistics";

export const kAll = "all";

const monthOf = (day: Day) => day.day?.slice(0, 7) ?? "";

// Newest first.
export function monthsOf(days: Day[]): string[] {
  return [...new Set(days.map(monthOf))].filter((month) => month !== "").sort().reverse();
}

// The days of a month, or from one day to another; what has no start is in neither.
export function chosenDays(days: Day[], query: Record<string, string>, month: string): Day[] {
  const { from = "", to = "" } = query;
  if (from !== "" || to !== "") {
    return days.filter((day) => day.day !== null && from <= day.day && (to === "" || day.day <= to));
  }
  return month === kAll ? days : days.filter((day) => monthOf(day) === month);
}

export function PeriodChoice(props: { page: string; business: string; months: string[]; month: string }) {
  const { page, business } = props;
  const { query } = useRoute();
  return (
    <>
      <label class="choice">
        <span>{t("web.month")}</span>
        <select
          value={props.month}
          onChange={(event) => go(page, { business, month: (event.currentTarget as HTMLSelectElement).value })}
        >
          {props.months.map((month) => (
            <option key={month}>{month}</option>
          ))}
          <option value={kAll}>{t("web.verification.all_days")}</option>
        </select>
      </label>
      <form class="line" onSubmit={(event) => go(page, { business, ...fieldsOf(event) })}>
        <Field label={t("web.from")} name="from" type="date" value={query["from"]} />
        <Field label={t("web.to")} name="to" type="date" value={query["to"]} />
        <button>{t("web.show")}</button>
      </form>
    </>
  );
}
