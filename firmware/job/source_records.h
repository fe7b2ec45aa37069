// SPDX-License-Identifier: Apache-2.0
// What a run found out about the rows of one source, and the report of it that the snapshot keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/job/source_completeness.h"
#include "firmware/records/reconcile_report.h"

namespace holdfast::job {

// Lines of a report file. `about`: sum (of rows, recordings, calls, bytes, speech_ms), rows and
// recordings (by class), warning and failure (a class that reached its threshold, or what was not
// given), suggested (pairs that may belong together, by reason; and left_out), judged (the last day
// looked at for what was not given, and how many), what was not given itself: a kind of
// records/completeness.h, or how the columns changed: column_added, column_gone, column_renamed,
// columns_reordered (in how many items).
struct StoredReport {
  struct Count {
    std::string about;
    std::string name;
    std::uint64_t count = 0;
    std::uint64_t usual = 0;  // of a low day
  };
  std::vector<Count> counts;

  // failure, warning or good.
  [[nodiscard]] std::string_view verdict() const;
  // The statistics beside it have the hours of calls.
  [[nodiscard]] bool counts_hours() const;
  // The last day that was judged; empty: none was.
  [[nodiscard]] std::string judged_until() const;
  [[nodiscard]] std::uint64_t count_of(std::string_view about, std::string_view name) const;
  // The classes of rows sum to the rows, and those of recordings to the recordings.
  [[nodiscard]] bool balances() const;
};
[[nodiscard]] StoredReport stored_report(const records::ReconcileReport& report,
                                         const std::vector<records::Exceeded>& exceeded);
// Sums of all days.
void add_sums(StoredReport& report, const records::DayStatistics& sum);
// One more item that brings this change.
void add_drift(std::vector<StoredReport::Count>& columns, const records::ColumnDrift& drift);
void add_columns(StoredReport& report, const std::vector<StoredReport::Count>& columns);
void add_completeness(StoredReport& report, const Completeness& found,
                      const records::CompletenessRules& rules);

// What a warning about changed columns is called.
inline constexpr std::string_view kColumnDrift = "column_drift";

struct SourceRecords {
  std::string source;
  std::uint64_t rows_taken = 0;  // into the index: new ones, or all if it was made anew
  std::vector<StoredReport::Count> columns = {};  // how they changed since the snapshot before
  std::optional<StoredReport> report;  // none: its mapping does not say where the recordings are
  records::Statistics statistics;      // of a report that was just made
};

}  // namespace holdfast::job
