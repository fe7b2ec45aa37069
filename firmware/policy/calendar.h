// SPDX-License-Identifier: Apache-2.0
// When something is to happen again and again, written as systemd's timers have it
// (systemd.time(7), "CALENDAR EVENTS"):
//
//   [WEEKDAYS] [[YEAR-]MONTH-DAY] [HOUR:MINUTE[:SECOND]] [ZONE]
//
//   daily    Mon..Fri 01:30    *-*-01 02:00    *:0/15    Sat *-*~07/1 03:00 Europe/Berlin
//
// A part of a date or time is *, or a list of numbers, ranges 1..5 and repetitions 0/15, 1..9/2.
// ~ in place of the last - counts days from the end of the month. Without a date each day is meant,
// without a time midnight. ZONE is UTC, or as TimeZone has it; else the site's is taken.
// Words: minutely, hourly, daily, weekly, monthly, quarterly, semiannually, yearly, and their
// twins in systemd.
//
// Where it differs: seconds are whole; @SECONDS is refused, and so is what can never come, such as
// *-02-30; a word from daily on may have a time behind it (daily 01:30). What systemd 252 leaves
// out behind the last number of a repetition (the 01:00 of 1/9:00 after 23:00) comes here.
//
// Changes of clocks are as there: a time that is left out does not come that day, and of one that
// comes twice the first is meant.
#pragma once

#include <bitset>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "firmware/policy/time_zone.h"
#include "hal/base/time.h"

namespace holdfast::policy {

inline constexpr int kYearLeast = 1970;
inline constexpr int kYearMost = 2199;
inline constexpr std::size_t kCalendarSizeMax = 512;  // bytes of text

// Numbers that match, counted from the least that there can be.
using CalendarSet = std::bitset<kYearMost - kYearLeast + 1>;

// Equal ones come at the same moments.
struct Calendar {
  CalendarSet years;
  CalendarSet months;
  CalendarSet days;
  bool is_from_end = false;  // of the days: the first is the last of its month
  CalendarSet weekdays;      // Monday is the first
  CalendarSet hours;
  CalendarSet minutes;
  CalendarSet seconds;
  std::optional<TimeZone> zone;
  bool operator==(const Calendar&) const = default;
};

// One list, so that enumerator and name cannot drift apart.
#define HOLDFAST_CALENDAR_FAULTS(X)                                          \
  X(empty)                                                                   \
  X(too_long)                                                                \
  X(unknown_word) /* neither a weekday nor a word for a repetition */        \
  X(neither)      /* a part without - ~ or : is neither a date nor a time */ \
  X(no_number)    /* a number or * is missing here */                        \
  X(unexpected)   /* does not belong here */                                 \
  X(out_of_range) /* not from `least` to `most` */                           \
  X(backwards)    /* a range that ends before it begins */                   \
  X(no_step)      /* a repetition of 0 */                                    \
  X(long_step)    /* a repetition that leads past `most` at once */          \
  X(star_step)    /* * cannot be repeated: the first number is `least` */    \
  X(fraction)     /* of a second */                                          \
  X(unknown_zone) /* this system knows no such zone */                       \
  X(never)        /* no day will ever match */                               \
  X(no_end)       /* of a window: times are from - to */                     \
  X(no_time)      /* of a window: it would be open for no time at all */

enum class CalendarFault : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_CALENDAR_FAULTS(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};
[[nodiscard]] std::string_view name_of(CalendarFault fault);

struct CalendarError {
  CalendarFault fault = CalendarFault::empty;
  std::size_t offset = 0;  // bytes of the text before what it is about, which may be its end
  std::size_t size = 0;    // bytes
  int least = 0;
  int most = 0;
  bool operator==(const CalendarError&) const = default;
};

[[nodiscard]] std::expected<Calendar, CalendarError> parse_calendar(std::string_view text);
// WEEKDAYS alone.
[[nodiscard]] std::expected<CalendarSet, CalendarError> parse_weekdays(std::string_view text);

// The first moment later than `moment`, to the second; none: it does not come any more, or past
// the year 2199. `site` counts where the calendar has no zone of its own.
[[nodiscard]] std::optional<Timestamp> next_after(const Calendar& calendar, Timestamp moment,
                                                  const TimeZone& site);

// The next `count`, fewer if they end.
[[nodiscard]] std::vector<Timestamp> upcoming(const Calendar& calendar, Timestamp moment,
                                              const TimeZone& site, std::size_t count);

}  // namespace holdfast::policy
