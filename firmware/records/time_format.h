// SPDX-License-Identifier: Apache-2.0
// How a system writes its times: what the texts of a mapping mean, and times read and written so.
//
//   iso8601   2021-01-31T11:41:29, a space for the T, 20210131T114129; a fraction behind a point or
//             a comma; Z, +08:00, +0800 or +08 (RFC 3339 is a part of it)
//   epoch_s, epoch_ms, epoch_us   counts since 1970 in UTC; a fraction of epoch_s behind a point
//   else directives:
//     %Y %m %d %H %M %S   a field takes one digit as well, unless digits follow; %S takes the
//                         fraction behind it where the text does not go on with a point or digits
//     %y  two digits: 69 to 99 are of the last century      %L  milliseconds, three digits
//     %I  hour of twelve, with %p: AM, PM, 上午, 下午         %b  Jan to Dec
//     %z  Z, +08:00, +0800 or +08                           %F %T  %Y-%m-%d and %H:%M:%S
//     %%  the sign itself; other text stands for itself
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/records/time_zone.h"

namespace holdfast::records {

// Moments outside are refused: a count in another unit than the mapping says is not a time.
inline constexpr std::int64_t kMomentMin = 631'152'000'000;    // 1990 in ms
inline constexpr std::int64_t kMomentMax = 7'258'118'400'000;  // 2200

// A time as it was written: on the clock of its zone unless it says which moment it is.
struct WrittenTime {
  std::int64_t ms = 0;
  bool is_moment = false;
};

class TimeFormat {
 public:
  // Nothing if it is none: an unknown directive, or one that stands twice.
  [[nodiscard]] static std::optional<TimeFormat> parse(std::string_view text);

  // It has a whole date and at least hour and minute.
  [[nodiscard]] bool can_read() const;
  // Of directives only, without %z.
  [[nodiscard]] bool can_write() const;

  // All of the text is a time so written, or nothing.
  [[nodiscard]] std::optional<WrittenTime> read(std::string_view text) const;
  void write(WallTime wall, std::string& out) const;

 private:
  enum class Form : std::uint8_t { directives, iso8601, epoch_s, epoch_ms, epoch_us };
  struct Step {
    char directive = 0;  // 0: the text itself
    std::string text;
    bool is_fixed = false;  // digits follow: it takes its whole width
    bool takes_fraction = false;
  };

  [[nodiscard]] bool add(char directive);
  void settle();
  [[nodiscard]] std::optional<WrittenTime> read_directives(std::string_view text) const;
  [[nodiscard]] bool has(char directive) const;

  Form form_ = Form::directives;
  std::vector<Step> steps_;
};

}  // namespace holdfast::records
