// SPDX-License-Identifier: Apache-2.0
// The drills of a business that came to their end: a file in home (docs/formats.md, section 2), of
// no weight. It is what a monthly report is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/id.h"
#include "hal/base/time.h"
#include "hal/ports/disk.h"

namespace holdfast::job {

struct PastDrill {
  Timestamp time;  // when it ended
  std::uint64_t duration_ms = 0;
  std::uint64_t snapshot = 0;     // number of its entry
  std::uint64_t items = 0;        // that came back as they were stored
  std::uint64_t items_total = 0;  // that the snapshot has
  std::uint64_t bytes = 0;        // of `items`
  std::uint64_t rows = 0;         // found as they were bound
  std::uint64_t rebuilt = 0;      // items that were made up for from parity
  std::uint64_t without = 0;      // items read with a disk left out on purpose
  std::uint64_t differences = 0;
  std::uint64_t lost = 0;
  bool good = false;

  bool operator==(const PastDrill&) const = default;
};

struct DrillHistory {
  static constexpr std::size_t kLinesMax = 2000;  // years of daily drills
  std::vector<PastDrill> drills;                  // in the order in which they ended
  std::uint64_t unreadable = 0;                   // lines that are not what was written
};

// One writer at a time. A line that cannot be read stays where it is.
[[nodiscard]] Result<void> note_drill(ports::Disk& home, const BusinessId& business,
                                      const PastDrill& drill);
// Empty if there is none. Errors of home.
[[nodiscard]] Result<DrillHistory> load_drills(ports::Disk& home, const BusinessId& business);

// A month of the calendar, in UTC.
struct Month {
  int year = 1970;
  unsigned month = 1;
  // "2026-11"; nothing if it is no such text.
  [[nodiscard]] static std::optional<Month> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

struct DrillDay {
  std::string day;  // "2026-11-30"
  std::vector<PastDrill> drills;
};
// Of the days of the month those from `first` to `last`, both included, whether there was a drill
// or not; and those on which there was one all the same.
[[nodiscard]] std::vector<DrillDay> days_of(const Month& month, const DrillHistory& history,
                                            Timestamp first, Timestamp last);

}  // namespace holdfast::job
