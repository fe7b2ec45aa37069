// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/time_zone.h"

#include <date/tz.h>

#include <exception>
#include <tuple>

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
    zone.offset_ms_ = *minutes * kMinuteMs;
    return zone;
  }
  try {
    zone.rules_ = date::locate_zone(name);
    // Its rules are read here, so that a file that is damaged fails here as well.
    std::ignore = zone.rules_->get_info(date::sys_seconds{});
    return zone;
  } catch (const std::exception&) {  // what the library says of a name that it does not know
    return std::nullopt;
  }
}

Moment TimeZone::moment_of(WallTime wall) const {
  if (rules_ == nullptr) return {Moment::Kind::once, wall - offset_ms_};
  const date::local_time<milliseconds> local{milliseconds{wall}};
  const date::local_info info = rules_->get_info(floor<seconds>(local));
  if (info.result == date::local_info::nonexistent) return {Moment::Kind::skipped, 0};
  const bool is_repeated = info.result == date::local_info::ambiguous;
  const milliseconds offset = info.first.offset;
  return {is_repeated ? Moment::Kind::repeated : Moment::Kind::once, wall - offset.count()};
}

WallTime TimeZone::wall_of(std::int64_t utc_ms) const {
  if (rules_ == nullptr) return utc_ms + offset_ms_;
  const date::sys_time<milliseconds> moment{milliseconds{utc_ms}};
  const milliseconds offset = rules_->get_info(floor<seconds>(moment)).offset;
  return utc_ms + offset.count();
}

}  // namespace holdfast::records
