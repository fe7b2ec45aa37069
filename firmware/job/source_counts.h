// SPDX-License-Identifier: Apache-2.0
// What one source has of each day and hour on the site's clock, counted after its rows and
// recordings were judged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "firmware/catalog/record_index_input.h"
#include "firmware/job/findings.h"
#include "firmware/job/progress.h"
#include "firmware/records/completeness.h"
#include "firmware/records/statistics.h"
#include "firmware/records/time_zone.h"

namespace holdfast::job {

// Days since 1970 on the site's clock, both ends included.
struct DayRange {
  std::int64_t first = 0;
  std::int64_t last = -1;

  [[nodiscard]] bool has(std::int64_t day) const { return first <= day && day <= last; }
};

struct SourceCounts {
  records::Statistics statistics;
  std::vector<records::HourCount> hours;  // of the days asked for, rising

  // The days that have any of them, rising.
  [[nodiscard]] std::vector<records::DayCount> calls_by_day() const;
  [[nodiscard]] std::vector<records::DayCount> recordings_by_day() const;
};

[[nodiscard]] std::int64_t day_of(records::TimeZone& zone, std::int64_t utc_ms);

// A recording is counted where its first row is, else by its own start: so a pair is in one hour,
// whatever the recorder's clock says. Memory: 4 bytes a recording, and some 500 a day.
[[nodiscard]] Result<SourceCounts> count_source(catalog::RecordInput& input,
                                                records::TimeZone& zone, const Findings& rows,
                                                const Findings& recordings, const DayRange& hours,
                                                const StopFlag* stop);

}  // namespace holdfast::job
