// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/calendar.h"

#include <algorithm>
#include <chrono>

namespace holdfast::policy {

namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;
using std::chrono::year_month_day_last;

bool has_month(const Calendar& calendar, const year_month_day& date) {
  return calendar.months[static_cast<unsigned>(date.month()) - 1];
}

bool has_day(const Calendar& calendar, const year_month_day& date, sys_days at) {
  if (!calendar.weekdays[weekday_of(at.time_since_epoch().count())]) return false;
  const unsigned from_begin = static_cast<unsigned>(date.day());
  if (!calendar.is_from_end) return calendar.days[from_begin - 1];
  const auto last = static_cast<unsigned>(
      year_month_day_last{date.year(), std::chrono::month_day_last{date.month()}}.day());
  return calendar.days[last - from_begin];
}

// The first day that matches, from `at` on.
std::optional<sys_days> next_day(const Calendar& calendar, sys_days at) {
  for (;;) {
    const year_month_day date{at};
    const int number = static_cast<int>(date.year());
    if (number > kYearMost) return std::nullopt;
    if (number < kYearLeast) {
      at = sys_days{year{kYearLeast} / 1 / 1};
    } else if (!calendar.years[static_cast<std::size_t>(number - kYearLeast)]) {
      at = sys_days{(date.year() + std::chrono::years{1}) / 1 / 1};
    } else if (!has_month(calendar, date)) {
      at = sys_days{date.year() / date.month() / 1 + std::chrono::months{1}};
    } else if (has_day(calendar, date, at)) {
      return at;
    } else {
      at += days{1};
    }
  }
}

// The first number of the set from `least` on.
std::optional<std::int64_t> next_in(const CalendarSet& set, std::int64_t least) {
  for (auto i = static_cast<std::size_t>(least); i < set.size(); ++i) {
    if (set[i]) return static_cast<std::int64_t>(i);
  }
  return std::nullopt;
}

// The first time of a day, in seconds, from `least` on.
std::optional<std::int64_t> next_time(const Calendar& calendar, std::int64_t least) {
  while (least < kDay_s) {
    const auto hour = next_in(calendar.hours, least / 3600);
    if (!hour) return std::nullopt;
    least = std::max(least, *hour * 3600);
    const auto minute = next_in(calendar.minutes, least / 60 % 60);
    if (minute) {
      least = std::max(least, *hour * 3600 + *minute * 60);
      if (const auto second = next_in(calendar.seconds, least % 60)) {
        return *hour * 3600 + *minute * 60 + *second;
      }
    }
    least = minute ? (least / 60 + 1) * 60 : (*hour + 1) * 3600;
  }
  return std::nullopt;
}

// The first wall that matches, from `least` on.
std::optional<WallSeconds> next_wall(const Calendar& calendar, WallSeconds least) {
  const std::int64_t today = day_of(least);
  const sys_days at{days{static_cast<int>(today)}};
  auto found = next_day(calendar, at);
  auto time = next_time(calendar, found == at ? least - today * kDay_s : 0);
  if (found && !time) {
    found = next_day(calendar, at + days{1});
    time = next_time(calendar, 0);
  }
  if (!found || !time) return std::nullopt;
  return found->time_since_epoch().count() * kDay_s + *time;
}

}  // namespace

std::optional<Timestamp> next_after(const Calendar& calendar, Timestamp moment,
                                    const TimeZone& site) {
  const TimeZone& zone = calendar.zone ? *calendar.zone : site;
  std::int64_t least_s = second_of(moment) + 1;
  for (;;) {
    const ZoneStretch stretch = zone.stretch_at(least_s);
    const auto wall = next_wall(calendar, std::max(stretch.wall_of(least_s), stretch.first_wall));
    if (!wall) return std::nullopt;
    if (*wall < stretch.end_wall()) return Timestamp{(*wall - stretch.offset_s) * kSecond_ns};
    // By the offset of another stretch it comes a day earlier at most, or little more.
    least_s = std::max(stretch.end_s, *wall - stretch.offset_s - 2 * kDay_s);
  }
}

std::vector<Timestamp> upcoming(const Calendar& calendar, Timestamp moment, const TimeZone& site,
                                std::size_t count) {
  std::vector<Timestamp> times;
  while (times.size() < count) {
    const auto next = next_after(calendar, moment, site);
    if (!next) break;
    times.push_back(*next);
    moment = *next;
  }
  return times;
}

}  // namespace holdfast::policy
