// SPDX-License-Identifier: Apache-2.0
// The clock on a site's wall: its times to moments and back, by the rules of an IANA zone as the
// system's own data give them, or by a fixed distance from UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace date {
class time_zone;
}

namespace holdfast::records {

// Milliseconds since 1970-01-01 00:00 on that clock, as if none were ever left out.
using WallTime = std::int64_t;

struct Moment {
  enum class Kind : std::uint8_t {
    once,
    repeated,  // clocks were set back: it came twice, and this is the first
    skipped,   // clocks were set forward: it never came, and utc_ms means nothing
  };

  Kind kind = Kind::once;
  std::int64_t utc_ms = 0;  // milliseconds since 1970 in UTC
};

// Remembers the stretch of one offset that it was last asked in: times of calls come close
// together, and the rules are slow. One thread at a time.
class TimeZone {
 public:
  // "Asia/Shanghai", "UTC", "+08:00", "-03:30". Nothing if this system knows no such zone. Reads
  // the system's data when a zone is asked for the first time.
  [[nodiscard]] static std::optional<TimeZone> find(std::string_view name);

  // Of a time that came twice the first is taken, always: a row and the name of its recording,
  // written by the same clock, then still say the same.
  [[nodiscard]] Moment moment_of(WallTime wall);
  [[nodiscard]] WallTime wall_of(std::int64_t utc_ms);

 private:
  struct Stretch {
    std::int64_t begin_ms = 0;  // UTC
    std::int64_t end_ms = 0;
    std::int64_t offset_ms = 0;
  };
  [[nodiscard]] bool is_well_inside(std::int64_t utc_ms) const;
  void remember(std::int64_t utc_ms);

  const date::time_zone* rules_ = nullptr;  // of the library, never freed; null: fixed
  Stretch stretch_;
};

}  // namespace holdfast::records
