// SPDX-License-Identifier: Apache-2.0
// Whether a source gave all it should have, of the days that have settled: today's rows and
// recordings are still on their way, and long ago nobody can mend any more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/catalog/record_batch.h"
#include "firmware/job/source_counts.h"

namespace holdfast::job {

struct Completeness {
  DayRange days;                              // that were judged
  std::vector<records::Incomplete> findings;  // the first hundred of each kind
  std::array<std::uint64_t, records::kIncompleteKinds.size()> counts{};  // all, by kind
};

// Empty if the box has no recording of it (`watched_since_ms`), or only since a day that has not
// settled: what lies before the box was there is not its business.
[[nodiscard]] DayRange judged_days(const records::CompletenessRules& rules, records::TimeZone& zone,
                                   std::int64_t now_ms,
                                   const std::optional<std::int64_t>& watched_since_ms);
// The last day that can be judged.
[[nodiscard]] std::int64_t settled_day(const records::CompletenessRules& rules,
                                       records::TimeZone& zone, std::int64_t now_ms);

[[nodiscard]] Result<Completeness> judge_completeness(const records::CompletenessRules& rules,
                                                      records::TimeZone& zone, const DayRange& days,
                                                      const SourceCounts& counts,
                                                      const std::string& source,
                                                      catalog::RecordBatch& batch);

}  // namespace holdfast::job
