// SPDX-License-Identifier: Apache-2.0
// Rung 4: what people may look at for a row that is not bound. A recording is suggested if it
// has a number of the row and at most one thing is off: start, duration or the other numbers.
// Looked at are the recordings nearest in start, 64 on each side.
#pragma once

#include <deque>
#include <vector>

#include "firmware/records/number_sweep.h"

namespace holdfast::records {

class NearCalls {
 public:
  NearCalls(NumberedStream recordings, const BindingState& state, const BindingRules& rules)
      : recordings_(std::move(recordings)), state_(state), rules_(rules) {}

  // Rows in the order of number and start, those left out that want no suggestion. At most
  // `count_max`, the nearest first. The same pair may come again under another number.
  [[nodiscard]] Result<void> suggest(const NumberedCall& row, std::size_t count_max,
                                     std::vector<Suggestion>& suggestions);

 private:
  [[nodiscard]] Result<void> move_to(const NumberedCall& row);
  void pass(NumberedCall recording);
  [[nodiscard]] std::optional<Hint> hint_of(const NumberedCall& row,
                                            const NumberedCall& recording) const;

  NumberedStream recordings_;
  const BindingState& state_;
  const BindingRules& rules_;
  std::deque<NumberedCall> passed_;  // not after the row
  std::deque<NumberedCall> coming_;  // after it
  NumberedCall ahead_;
  bool has_ahead_ = false;
  bool is_at_end_ = false;
};

}  // namespace holdfast::records
