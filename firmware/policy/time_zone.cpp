// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>

namespace holdfast::policy {

namespace {

using std::chrono::seconds;

// Further away than a Timestamp reaches, and near enough for sums.
constexpr std::int64_t kFar_s = std::int64_t{1} << 40U;
constexpr int kOffsetHoursMax = 14;  // Kiribati

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::int64_t divide_down(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

// "+08:00" to 28800.
std::optional<std::int64_t> fixed_seconds(std::string_view name) {
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
  const std::int64_t total = (hours * 60 + minutes) * 60;
  return name[0] == '-' ? -total : total;
}

date::sys_info info_at(const date::time_zone& rules, std::int64_t utc_s) {
  return rules.get_info(date::sys_seconds{seconds{std::clamp(utc_s, -kFar_s, kFar_s)}});
}

}  // namespace

std::int64_t second_of(Timestamp moment) {
  return divide_down(moment.ns, kSecond_ns);
}

std::int64_t day_of(WallSeconds wall) {
  return divide_down(wall, kDay_s);
}

std::size_t weekday_of(std::int64_t day) {
  constexpr std::int64_t kThursday = 3;  // 1970-01-01
  const std::int64_t weekday = (day + kThursday) % 7;
  return static_cast<std::size_t>(weekday < 0 ? weekday + 7 : weekday);
}

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  TimeZone zone;
  if (name == "UTC") return zone;
  if (const auto fixed = fixed_seconds(name)) {
    zone.fixed_s_ = *fixed;
    return zone;
  }
  try {
    zone.rules_ = date::locate_zone(name);
    info_at(*zone.rules_, 0);  // reads its rules, so that a file that is damaged fails here as well
    return zone;
  } catch (const std::exception&) {  // what the library says of a name that it does not know
    return std::nullopt;
  }
}

ZoneStretch TimeZone::stretch_at(std::int64_t utc_s) const {
  if (rules_ == nullptr) return {-kFar_s, kFar_s, fixed_s_, -kFar_s + fixed_s_};
  const date::sys_info info = info_at(*rules_, utc_s);
  ZoneStretch stretch;
  stretch.begin_s = std::max(info.begin.time_since_epoch().count(), -kFar_s);
  stretch.end_s = std::min(info.end.time_since_epoch().count(), kFar_s);
  stretch.offset_s = info.offset.count();
  stretch.first_wall = stretch.begin_s + stretch.offset_s;
  if (stretch.begin_s > -kFar_s) {
    const std::int64_t before_s = info_at(*rules_, stretch.begin_s - 1).offset.count();
    stretch.first_wall = stretch.begin_s + std::max(before_s, stretch.offset_s);
  }
  return stretch;
}

}  // namespace holdfast::policy
