// SPDX-License-Identifier: Apache-2.0
// What a drill and the drills of a month say, in words: for lines and for pages.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/app/session.h"
#include "firmware/job/drill.h"
#include "firmware/job/drill_history.h"
#include "firmware/pool/pool.h"

namespace holdfast::app {

// What a drill has read from.
struct DrilledPool {
  int k = 0;
  int m = 0;
  std::uint64_t members = 0;
  std::uint64_t present = 0;
  std::uint64_t failed = 0;  // of those present: they gave errors since the pool was opened
};
[[nodiscard]] DrilledPool pool_of(const pool::Pool& pool);

// One drill, and what it was of. The references must outlive it.
struct Drilled {
  const std::string& business;  // its name
  const catalog::SnapshotRow& snapshot;
  const job::DrillReport& report;
  const DrilledPool& pool;
};

// "good", "rebuilt", "differs" or "lost".
[[nodiscard]] std::string_view outcome_of(const job::DrilledItem& item);
[[nodiscard]] std::string outcome_text(Session& session, const job::DrilledItem& item);
[[nodiscard]] std::string verdict_text(Session& session, const Drilled& drilled);
[[nodiscard]] std::string rows_text(Session& session, const job::DrillReport& report);
[[nodiscard]] std::string without_text(Session& session, const job::DrillReport& report);
// Nothing if no recording was decoded.
[[nodiscard]] std::optional<std::string> heard_text(Session& session,
                                                    const job::DrillReport& report);
[[nodiscard]] std::string pool_text(Session& session, const DrilledPool& pool);
// "PATH: what differs"; of a row with where it stands.
[[nodiscard]] std::string difference_text(Session& session, const job::DrillDifference& each);
// Nothing: the index of rows is that of the snapshot, or there are no rows.
[[nodiscard]] std::optional<std::string> index_text(Session& session,
                                                    const job::DrillReport& report);

// The drills of a month.
struct DrillMonth {
  const std::string& business;
  job::Month month;
  std::vector<job::DrillDay> days;
  std::uint64_t unreadable = 0;  // lines of the history

  [[nodiscard]] std::vector<std::string> days_without() const;
  [[nodiscard]] job::PastDrill sum() const;  // of all their numbers; time and snapshot are not set
  [[nodiscard]] std::uint64_t drills() const;
};
[[nodiscard]] std::vector<std::string> month_titles(Session& session);
// The cells of one drill, below those titles; its day is the caller's.
[[nodiscard]] std::vector<std::string> month_cells(const std::string& day,
                                                   const job::PastDrill& drill);
// Which days had none, and whether lines of the history cannot be read.
[[nodiscard]] std::vector<std::string> month_notes(Session& session, const DrillMonth& month);

}  // namespace holdfast::app
