// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/window.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace holdfast::policy {

namespace {

bool is_open(const std::vector<DaySpan>& spans, WallSeconds wall) {
  const std::int64_t today = day_of(wall);
  return std::ranges::any_of(spans, [&](const DaySpan& span) {
    const auto has = [&](std::int64_t day) {
      return span.weekdays[weekday_of(day)] && wall >= day * kDay_s + span.begin_s &&
             wall < day * kDay_s + span.end_s;
    };
    return has(today) || has(today - 1);
  });
}

// The first wall behind `wall` at which it is otherwise than then; none: never, since it is the
// same each week.
std::optional<WallSeconds> next_change(const std::vector<DaySpan>& spans, WallSeconds wall) {
  const std::int64_t today = day_of(wall);
  std::optional<WallSeconds> next;
  for (const DaySpan& span : spans) {
    for (std::int64_t day = today - 1; day <= today + 8; ++day) {
      for (const std::int64_t edge : {day * kDay_s + span.begin_s, day * kDay_s + span.end_s}) {
        if (edge <= wall || (next && edge >= *next)) continue;
        if (is_open(spans, edge) != is_open(spans, wall)) next = edge;
      }
    }
  }
  return next;
}

std::optional<Timestamp> change_after(const Window& window, std::int64_t now_s,
                                      const TimeZone& site) {
  ZoneStretch stretch = site.stretch_at(now_s);
  const bool now_open = is_open(window.spans, stretch.wall_of(now_s));
  for (;;) {
    const auto wall = next_change(window.spans, stretch.wall_of(now_s));
    if (!wall) return std::nullopt;
    if (*wall < stretch.end_wall()) return Timestamp{(*wall - stretch.offset_s) * kSecond_ns};
    now_s = stretch.end_s;
    stretch = site.stretch_at(now_s);
    if (is_open(window.spans, stretch.wall_of(now_s)) != now_open) {
      return Timestamp{now_s * kSecond_ns};
    }
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "22:00", also "6:05", to seconds; `offset` is where it stands.
std::expected<std::int64_t, CalendarError> parse_clock(std::string_view text, std::size_t offset) {
  const auto fail = [&](CalendarFault fault, int least = 0, int most = 0) {
    return std::unexpected(CalendarError{fault, offset, text.size(), least, most});
  };
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return fail(CalendarFault::neither);
  const std::string_view hours = text.substr(0, colon);
  const std::string_view minutes = text.substr(colon + 1);
  if (hours.empty() || minutes.size() != 2) return fail(CalendarFault::no_number);
  if (hours.size() > 2 || !std::ranges::all_of(hours, is_digit) ||
      !std::ranges::all_of(minutes, is_digit)) {
    return fail(CalendarFault::unexpected);
  }
  int hour = 0;
  int minute = 0;
  std::from_chars(hours.data(), hours.data() + hours.size(), hour);
  std::from_chars(minutes.data(), minutes.data() + minutes.size(), minute);
  if (hour > 24 || (hour == 24 && minute > 0)) return fail(CalendarFault::out_of_range, 0, 24);
  if (minute > 59) return fail(CalendarFault::out_of_range, 0, 59);
  return (hour * 60 + minute) * 60;
}

}  // namespace

std::expected<DaySpan, CalendarError> parse_span(std::string_view text) {
  DaySpan span;
  span.weekdays.set();
  if (text.empty()) return std::unexpected(CalendarError{});
  std::size_t times_at = 0;
  if (!is_digit(text[0])) {
    times_at = std::min(text.find_last_of(' '), text.size());
    const auto weekdays = parse_weekdays(text.substr(0, times_at));
    if (!weekdays) return std::unexpected(weekdays.error());
    span.weekdays = *weekdays;
    if (times_at == text.size()) return span;
    ++times_at;
  }
  const std::string_view times = text.substr(times_at);
  const std::size_t dash = times.find('-');
  if (dash == std::string_view::npos) {
    return std::unexpected(CalendarError{CalendarFault::no_end, times_at, times.size()});
  }
  const auto begin = parse_clock(times.substr(0, dash), times_at);
  if (!begin) return std::unexpected(begin.error());
  const auto end = parse_clock(times.substr(dash + 1), times_at + dash + 1);
  if (!end) return std::unexpected(end.error());
  span.begin_s = *begin;
  span.end_s = *end < *begin ? *end + kDay_s : *end;
  if (*begin < *end || (*begin > *end && *begin < kDay_s)) return span;
  return std::unexpected(CalendarError{CalendarFault::no_time, times_at, times.size()});
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  constexpr std::string_view kUnits = "KMG";
  std::uint64_t unit = 1;
  const std::size_t letter = text.empty() ? std::string_view::npos : kUnits.find(text.back());
  if (letter != std::string_view::npos) {
    text.remove_suffix(1);
    for (std::size_t i = 0; i <= letter; ++i) unit *= 1000;
  }
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  const bool is_number = failure == std::errc{} && rest == end && number > 0;
  if (!is_number || number > std::numeric_limits<std::uint64_t>::max() / unit) return std::nullopt;
  return number * unit;
}

Allowance allowance_at(const Window& window, Timestamp now, const TimeZone& site) {
  Allowance allowance;
  const std::int64_t now_s = second_of(now);
  if (!window.spans.empty()) {
    allowance.is_open = is_open(window.spans, site.stretch_at(now_s).wall_of(now_s));
    allowance.changes = change_after(window, now_s, site);
  }
  allowance.rate = allowance.is_open ? window.rate : window.rate_outside;
  allowance.may_read = allowance.is_open || window.rate_outside;
  return allowance;
}

}  // namespace holdfast::policy
