// SPDX-License-Identifier: Apache-2.0
// What a box is to do of itself, and when: duties and what became of them in, what is due out. No
// I/O, no clock, no state: whoever asks keeps the history durable, starts what is due, and asks
// again. A start is noted before it begins, so that what is due is due once.
//
//   start --good end--> waits for its next regular time, counted from that start
//         --failure---> tried again after 1 min, 2 min, 4 min … 1 h, and at its next regular time
//         --cut off---> goes on when its window opens again, and not within 1 min
//
// However many regular times passed (the power was off, the window was closed, another run took
// long), they are made up for by one run.
//
// The time is the box's own, which may jump. Forward: what was to come in between is made up for,
// once. Back: a start that lies ahead is believed, and waited for, as long as it leaves out no more
// than one regular time; one that lies further ahead says nothing, so the duty is due at once, and
// its new start is one to count from. So a clock a year off costs one run of each duty when it
// goes wrong and one when it is set right. A failure that lies ahead is not waited for, and a good
// end further ahead than the target is no proof of anything.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "firmware/policy/calendar.h"
#include "firmware/policy/time_zone.h"
#include "firmware/policy/window.h"
#include "hal/base/time.h"

namespace holdfast::policy {

// Regular times are so far from the last start; what never started is due at once.
struct Interval {
  std::int64_t ns = 0;  // above 0
  bool operator==(const Interval&) const = default;
};

using Times = std::variant<Calendar, Interval>;

struct Duty {
  std::string job;       // what kind of job, such as "backup"
  std::string business;  // empty: of the box
  Times times;
  std::uint32_t priority = 0;            // of two that are due the smaller number goes first
  std::optional<Window> window{};        // it is not begun where nothing may be read
  std::optional<std::int64_t> rpo_ns{};  // longer without a good end is an alarm
};

struct DutyHistory {
  Timestamp since{};  // the box has this duty from here on
  std::optional<Timestamp> last_start{};
  std::optional<Timestamp> last_good_end{};
  // The last end that was not good. A run that was cut (the power went) is noted as such by whoever
  // finds that it never ended.
  std::optional<Timestamp> last_failure{};
  std::uint32_t failures = 0;  // since the last good end
  // Since its last start: it was stopped before it came to its end, though nobody asked this box
  // to. That is no failure, but what it has left undone does not wait for a regular time.
  std::optional<Timestamp> cut_off{};
  bool is_running = false;
};

struct Outlook {
  // When it may start, and not later than now if it is due; none: never again, or it is running.
  std::optional<Timestamp> next;
  bool is_due = false;
  bool is_retry = false;          // `next` is no regular time
  bool waits_for_window = false;  // its time has come, and `next` is when the window opens
  // When the target is missed unless there is a good end before; none: it has no target.
  std::optional<Timestamp> overdue_at;
  bool is_overdue = false;
};

struct Agenda {
  std::vector<std::size_t> due;   // numbers of duties: by priority, then who waits longest
  std::vector<Outlook> outlooks;  // one for each duty, in their order
  std::int64_t wait_ns = 0;       // ask again then, at the latest: 1 s to kWaitMax_ns
};

// So soon a clock that was set is noticed.
inline constexpr std::int64_t kWaitMax_ns = 60'000'000'000;

// One history for each duty, in their order. `site` is the clock of calendars without a zone, and
// of windows.
[[nodiscard]] Agenda plan_agenda(std::span<const Duty> duties,
                                 std::span<const DutyHistory> histories, Timestamp now,
                                 const TimeZone& site);

// So old the last good end becomes at most while every run comes at its time: the longest wait
// between two of them (longest_wait_ns()), and a twelfth of it, but at least two hours, for a run
// that takes long. None: they do not come twice any more.
[[nodiscard]] std::optional<std::int64_t> good_age_max_ns(const Times& times, Timestamp now);

// Of the next try after so many failures in a row.
[[nodiscard]] std::int64_t retry_delay_ns(std::uint32_t failures);

}  // namespace holdfast::policy
