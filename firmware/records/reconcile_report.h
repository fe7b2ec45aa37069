// SPDX-License-Identifier: Apache-2.0
// The counts of a reconciliation, and what thresholds make of them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "firmware/records/binding.h"
#include "firmware/records/call_class.h"
#include "firmware/records/mapping.h"

namespace holdfast::records {

struct ReconcileReport {
  std::uint64_t rows = 0;
  std::uint64_t recordings = 0;
  ClassCounts row_classes;
  ClassCounts recording_classes;
  std::uint64_t bound_before = 0;        // bindings of earlier runs
  std::array<std::uint64_t, 3> bound{};  // new ones by rung 1 to 3
  std::uint64_t suggested = 0;
  std::uint64_t shared_call_ids = 0;  // of so many rows or recordings that they say nothing
  std::uint64_t shared_paths = 0;

  // Every row and every recording is in one class.
  [[nodiscard]] bool balances() const {
    return row_classes.sum() == rows && recording_classes.sum() == recordings;
  }
};

enum class Verdict : std::uint8_t { good, warning, failure };

struct Exceeded {
  CallClass call_class = CallClass::matched;
  Verdict verdict = Verdict::warning;
  bool is_of_rows = true;  // false: of recordings
  std::uint64_t count = 0;
};

// What reached its threshold, in the order of precedence, rows before recordings; of warning and
// failure the graver one alone. Classes without thresholds are judged by nothing.
[[nodiscard]] std::vector<Exceeded> exceeded(const ReconcileReport& report,
                                             const Thresholds& thresholds);
[[nodiscard]] Verdict verdict_of(const std::vector<Exceeded>& list);

}  // namespace holdfast::records
