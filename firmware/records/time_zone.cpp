// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>

#include "firmware/records/ascii.h"

namespace holdfast::records {

namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr int kOffsetHoursMax = 14;  // Kiribati

// "+08:00" to 480.
std::optional<int> fixed_minutes(std::string_view name) {
  constexpr std::string_view kForm = "+00:00";
  if (name.size() != kForm.size() || (name[0] != '+' && name[0] != '-') || name[3] != ':') {
    return std::nullopt;
  }
  if (!is_digit(name[1]) || !is_digit(name[2]) || !is_digit(name[4]) || !is_digit(name[5])) {
    return std::nullopt;
  }
  const int hours = (name[1] - '0') * 10 + name[2] - '0';
  const int minutes = (name[4] - '0') * 10 + name[5] - '0';
  if (hours > kOffsetHoursMax || minutes > 59) return std::nullopt;
  const int total = hours * 60 + minutes;
  return name[0] == '-' ? -total : total;
}

}  // namespace

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  TimeZone zone;
  if (name == "UTC") return zone;
  if (const auto minutes = fixed_minutes(name)) {
    zone.stretch_.offset_ms = *minutes * kMinuteMs;
    return zone;
  }
  try {
    zone.rules_ = date::locate_zone(name);
    zone.remember(0);  // reads its rules, so that a file that is damaged fails here as well
    return zone;
  } catch (const std::exception&) {  // what the library says of a name that it does not know
    return std::nullopt;
  }
}

// Far enough from where clocks are set that a time on the wall has one meaning.
bool TimeZone::is_well_inside(std::int64_t utc_ms) const {
  constexpr std::int64_t kDayMs = 24 * 60 * kMinuteMs;
  return utc_ms >= stretch_.begin_ms + kDayMs && utc_ms < stretch_.end_ms - kDayMs;
}

void TimeZone::remember(std::int64_t utc_ms) {
  const date::sys_info info =
      rules_->get_info(floor<seconds>(date::sys_time<milliseconds>{milliseconds{utc_ms}}));
  // The first stretch begins, and the last ends, further away than milliseconds reach.
  constexpr seconds kFar{std::int64_t{1} << 40U};
  stretch_.begin_ms = milliseconds{std::max(info.begin.time_since_epoch(), -kFar)}.count();
  stretch_.end_ms = milliseconds{std::min(info.end.time_since_epoch(), kFar)}.count();
  stretch_.offset_ms = milliseconds{info.offset}.count();
}

Moment TimeZone::moment_of(WallTime wall) {
  const std::int64_t likely = wall - stretch_.offset_ms;
  if (rules_ == nullptr || is_well_inside(likely)) return {Moment::Kind::once, likely};
  const date::local_time<milliseconds> local{milliseconds{wall}};
  const date::local_info info = rules_->get_info(floor<seconds>(local));
  if (info.result == date::local_info::nonexistent) return {Moment::Kind::skipped, 0};
  const bool is_repeated = info.result == date::local_info::ambiguous;
  const std::int64_t utc_ms = wall - milliseconds{info.first.offset}.count();
  remember(utc_ms);
  return {is_repeated ? Moment::Kind::repeated : Moment::Kind::once, utc_ms};
}

WallTime TimeZone::wall_of(std::int64_t utc_ms) {
  if (rules_ != nullptr && (utc_ms < stretch_.begin_ms || utc_ms >= stretch_.end_ms)) {
    remember(utc_ms);
  }
  return utc_ms + stretch_.offset_ms;
}

}  // namespace holdfast::records
