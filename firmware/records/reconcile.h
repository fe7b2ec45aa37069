// SPDX-License-Identifier: Apache-2.0
// Reconciliation: every row and every recording falls into exactly one class
// (firmware/records/call_class.h), and the sums are what was handed in.
//
//   of a pair     bound, and judged by itself: unreadable, copy, size, duration, late or matched
//   of a row      what its own state says, else missing, else that of its best pair
//   of a recording   what its own state says, else orphan, else that of its best pair
//
// Best is last in precedence: a second leg that is cut spoils no row whose first leg is sound, and
// is told as a recording.
#pragma once

#include <optional>

#include "firmware/records/binding_ladder.h"
#include "firmware/records/reconcile_report.h"

namespace holdfast::records {

struct ReconcileRules {
  BindingRules binding;
  std::uint64_t duration_tolerance_ms = 3'000;  // row against recording, more is a mismatch
  std::uint64_t late_after_ms = 0;    // first seen later than this after the call; 0: never
  std::int64_t watched_since_ms = 0;  // no call from before this is late
};

struct RowFinding {
  RowId row = 0;
  CallClass call_class = CallClass::matched;
  RowFault fault = RowFault::none;  // of row_rejected
  // Of contradiction; ambiguous: of a row without a recording.
  Contradiction contradiction = Contradiction::none;
};

struct RecordingFinding {
  RecordingId recording = 0;
  CallClass call_class = CallClass::matched;
  Contradiction contradiction = Contradiction::none;  // of contradiction
  std::optional<RowId> row;                           // of its best pair
  // Recording less row: bytes of size_mismatch, ms of duration_mismatch; ms of late.
  std::int64_t difference = 0;
};

class ReconcileSink : public BindingSink {
 public:
  // What is not matched, by id: recordings first, then rows.
  [[nodiscard]] virtual Result<void> found(const RecordingFinding& finding) = 0;
  [[nodiscard]] virtual Result<void> found(const RowFinding& finding) = 0;
};

// Binds and judges. A later run is given what was bound by then, and so heals: a recording that has
// come since binds the row that was missing it. Durations above 49 days and starts outside of 1970
// to 2106 are taken as if not known.
// Memory: as of bind(); then 18 bytes a row and recording together, 8 more if rows tell sizes.
// Aborts if the sums do not balance.
[[nodiscard]] Result<ReconcileReport> reconcile(ReconcileInput& input, const ReconcileRules& rules,
                                                ReconcileSink& sink);

}  // namespace holdfast::records
