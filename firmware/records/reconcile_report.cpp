// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/reconcile_report.h"

#include <algorithm>

namespace holdfast::records {

namespace {

Verdict judge(const Threshold& threshold, std::uint64_t count, std::uint64_t all) {
  const auto is_over = [&](const std::optional<Limit>& limit) {
    return limit && is_reached(*limit, count, all);
  };
  if (is_over(threshold.failure)) return Verdict::failure;
  return is_over(threshold.warning) ? Verdict::warning : Verdict::good;
}

}  // namespace

std::vector<Exceeded> exceeded(const ReconcileReport& report, const Thresholds& thresholds) {
  std::vector<Exceeded> list;
  for (const bool is_of_rows : {true, false}) {
    const ClassCounts& counts = is_of_rows ? report.row_classes : report.recording_classes;
    const std::uint64_t total = is_of_rows ? report.rows : report.recordings;
    for (const CallClass call_class : kCallClasses) {
      const auto found = thresholds.find(name_of(call_class));
      if (found == thresholds.end()) continue;
      const std::uint64_t count = counts.of(call_class);
      const Verdict verdict = judge(found->second, count, total);
      if (verdict != Verdict::good) list.push_back({call_class, verdict, is_of_rows, count});
    }
  }
  return list;
}

Verdict verdict_of(const std::vector<Exceeded>& list) {
  Verdict worst = Verdict::good;
  for (const Exceeded& one : list) worst = std::max(worst, one.verdict);
  return worst;
}

}  // namespace holdfast::records
