// SPDX-License-Identifier: Apache-2.0
// Rung 3: rows and recordings that are left over, swept side by side by number and start.
//
//   row number A, start t --->   recordings of A from t - tolerance to t + tolerance: the window
//
// Every pair in a window that fits is noted with both as a candidate; a pair is bound if each is
// the other's only one. A window that would hold more than it may drops its oldest recording, and
// then that one and the rows it may belong to have several candidates, looked at or not.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "firmware/records/binding_state.h"
#include "firmware/records/sorted_stream.h"
#include "firmware/records/twins.h"

namespace holdfast::records {

using NumberedStream = SortedStream<NumberedCall, by_number>;

// Both have a number in common: true if the other numbers of the one that has fewer are among the
// other numbers of the other one.
[[nodiscard]] bool others_agree(const NumberedCall& row, const NumberedCall& recording);
// True also if one of both is not known.
[[nodiscard]] bool durations_agree(const NumberedCall& row, const NumberedCall& recording,
                                   const BindingRules& rules);

class NumberSweep {
 public:
  NumberSweep(const BindingState& state, const Twins& row_twins, const Twins& recording_twins,
              const BindingRules& rules);

  [[nodiscard]] Result<void> run(NumberedStream rows, NumberedStream recordings);
  // After run(): the recording to bind the row to.
  [[nodiscard]] std::optional<RecordingId> match_of(RowId row) const;

 private:
  [[nodiscard]] Result<void> move_window(const NumberedCall& row, NumberedStream& recordings);
  void put_in_window(NumberedCall& recording);
  void judge(const NumberedCall& row);

  const BindingState& state_;
  const Twins& row_twins_;
  const Twins& recording_twins_;
  const BindingRules& rules_;
  std::vector<Candidate> recording_of_;  // of each row
  std::vector<Candidate> row_of_;        // of each recording
  std::deque<NumberedCall> window_;
  NumberedCall ahead_;  // read, and behind the window
  bool has_ahead_ = false;
  bool is_at_end_ = false;
  std::int64_t dropped_ms_ = 0;  // start of the last one that was dropped
  std::string dropped_number_;   // empty: none was
};

}  // namespace holdfast::records
