// SPDX-License-Identifier: Apache-2.0
// Whether `record find` gives the rows that a snapshot binds, as the snapshot has them. One thread.
#pragma once

#include <optional>
#include <string>

#include "firmware/job/bound_rows.h"
#include "firmware/job/drill.h"

namespace holdfast::job {

class RowLookup {
 public:
  // As the index of the business is now. Errors of home.
  [[nodiscard]] static Result<RowLookup> open(vault::Business& business,
                                              const catalog::SnapshotRow& snapshot);

  // Whether there is something to be looked up in.
  [[nodiscard]] ComparedIndex state() const { return state_; }
  // What is wrong with this row as far as that recording is concerned; nothing: it is found by its
  // own values, byte for byte, and bound. Of an index that cannot be read any more nothing follows
  // for the row; state() tells.
  [[nodiscard]] Result<std::optional<DrillFinding>> look_up(const BoundRow& bound,
                                                            const std::string& recording);
  // To be asked at the end: what was found wrong of an index that a backup has taken on meanwhile
  // says nothing of the snapshot.
  [[nodiscard]] Result<void> look_whether_newer();

 private:
  RowLookup(vault::Business& business, journal::Head snapshot)
      : business_(business), snapshot_(snapshot) {}
  [[nodiscard]] Result<void> find(const BoundRow& bound);

  vault::Business& business_;
  journal::Head snapshot_;
  ComparedIndex state_ = ComparedIndex::none;
  std::optional<catalog::RecordIndex> index_;
  catalog::FoundRows found_;  // by the values of the row that was asked for last
  std::string item_;          // that row's
  std::uint64_t row_ = 0;
};

}  // namespace holdfast::job
