// SPDX-License-Identifier: Apache-2.0
// What a source has of each day, as the files below records/ keep it (docs/formats.md, section 10):
// a file for each month, so that a run writes anew only the months in which something changed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/job/outcome_files.h"
#include "firmware/job/progress.h"
#include "firmware/records/statistics.h"
#include "firmware/vault/business.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

// Their folder; and the file that has the day, or what has no start.
[[nodiscard]] std::string statistics_folder(std::string_view source);
[[nodiscard]] std::string statistics_file(std::string_view source,
                                          const std::optional<std::int64_t>& day);

// A line of such a file, and the names of its columns.
[[nodiscard]] const std::vector<std::string>& statistics_columns();
[[nodiscard]] std::vector<std::string> statistics_line(const std::optional<std::int64_t>& day,
                                                       const records::DayStatistics& of_day);
// What it says but for the day; false: it is none. One of an earlier release has no hours.
[[nodiscard]] bool read_statistics_line(const OutcomeField& field, records::DayStatistics& out);

// Of one source: months, days and classes that have nothing are not there.
struct SourceStatistics {
  std::string source;
  records::Statistics statistics;
};
// What a snapshot says, by source. `damaged`: a file that is none of these. Errors of the store.
[[nodiscard]] Result<std::vector<SourceStatistics>> read_statistics(
    vault::Business& business, const catalog::SnapshotRow& snapshot, const StopFlag* stop);

}  // namespace holdfast::job
