// SPDX-License-Identifier: Apache-2.0
// Binds rows to recordings, rung by rung (firmware/records/binding.h).
//
//   1  rows, keys      which rows are rejected, which repeat another row's key
//   2  bindings        what earlier runs bound
//   3  call ids, paths rungs 1 and 2: the two sides merged
//   4  contents        which recordings are copies of each other
//   5  templates       rung 2, of those with a star (template_sweep.h)
//   6  numbers         rung 3: the two sides merged by number and start
//   7  suggestions     rung 4: call ids that are alike, numbers again, start and duration alone
//
// A rejected row is bound to nothing. A row that repeats a key is bound by call id and path alone.
// In steps 5 and 6 rows of one key count as one candidate, and copies of one recording do: the one
// with the lowest id. Of copies one is bound there, and none if one is bound already; a row that
// other evidence contradicts is not. Whatever may not
// be bound stays a candidate that others are not unique beside; so a later run of the same has
// nothing to add.
#pragma once

#include "firmware/records/binding_state.h"
#include "firmware/records/reconcile_input.h"

namespace holdfast::records {

class BindingSink {
 public:
  virtual ~BindingSink() = default;
  // Each pair once, and none that was handed in. In no particular order.
  [[nodiscard]] virtual Result<void> bound(const Binding& binding) = 0;
  // A pair that has several numbers in common may come again.
  [[nodiscard]] virtual Result<void> suggested(const Suggestion& suggestion) = 0;
};

// Time: one pass over each stream, two over those by number and by id. Memory: 18 bytes a row and
// recording together, 8 more where rows or recordings repeat each other, 8 for each binding beyond
// a recording's first, and at most 48 MB for suggestions (alike_calls.h). Counts of 2^30 and more
// are refused (limit_exceeded).
[[nodiscard]] Result<BindingState> bind(ReconcileInput& input, const BindingRules& rules,
                                        BindingSink& sink);

}  // namespace holdfast::records
