// SPDX-License-Identifier: Apache-2.0
// The clock on the wall of a site, as stretches of UTC in which its distance from UTC stays the
// same: by the rules of an IANA zone as the system's own data give them, or by a fixed distance.
// The library behind it knows no rules past the last change that these data list (2037 as Debian
// packs them): from then on the distance stays what it was.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hal/base/time.h"

namespace date {
class time_zone;
}

namespace holdfast::policy {

// Seconds since 1970-01-01 00:00 on the wall, as if none were ever left out.
using WallSeconds = std::int64_t;

inline constexpr std::int64_t kSecond_ns = 1'000'000'000;
inline constexpr std::int64_t kDay_s = 86'400;

// The whole second that a moment lies in.
[[nodiscard]] std::int64_t second_of(Timestamp moment);
// Days since 1970-01-01, and their weekday: 0 is Monday.
[[nodiscard]] std::int64_t day_of(WallSeconds wall);
[[nodiscard]] std::size_t weekday_of(std::int64_t day);

struct ZoneStretch {
  std::int64_t begin_s = 0;   // UTC, seconds since 1970
  std::int64_t end_s = 0;     // exclusive
  std::int64_t offset_s = 0;  // wall - UTC
  // Walls below it came in an earlier stretch already, or were left out.
  WallSeconds first_wall = 0;

  [[nodiscard]] WallSeconds wall_of(std::int64_t utc_s) const { return utc_s + offset_s; }
  [[nodiscard]] WallSeconds end_wall() const { return end_s + offset_s; }
};

// A value; any number of threads.
class TimeZone {
 public:
  TimeZone() = default;  // UTC

  // "Asia/Shanghai", "UTC", "+08:00", "-03:30". Nothing if this system knows no such zone. Reads
  // the system's data when a zone is asked for the first time.
  [[nodiscard]] static std::optional<TimeZone> find(std::string_view name);

  [[nodiscard]] ZoneStretch stretch_at(std::int64_t utc_s) const;

  bool operator==(const TimeZone&) const = default;

 private:
  const date::time_zone* rules_ = nullptr;  // of the library, never freed; null: fixed
  std::int64_t fixed_s_ = 0;
};

}  // namespace holdfast::policy
