// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/prune.h"

#include <algorithm>

#include "firmware/vault/run.h"

namespace holdfast::job {

namespace {

// Packs that were condemned and may have bytes.
Result<bool> has_bytes_left(vault::Business& business) {
  HF_TRY(const auto condemned, business.with_catalog([](catalog::Catalog& catalog) {
    return catalog.condemned_packs();
  }));
  return std::ranges::any_of(condemned, &catalog::CondemnedRow::has_chunks);
}

}  // namespace

Result<PruneReport> run_prune(vault::Business& business, PruneRequest request,
                              const ShowPlan& show) {
  // Tells which packs are lost now, and brings all members level.
  HF_TRY(const auto run, vault::Run::begin(business));
  if (!request.packs_only) HF_TRY(business.ensure_policy(request.lock_days));
  HF_TRY(const Timestamp trusted, business.trusted_time());
  request.is_trusted = trusted.ns > 0;
  if (request.is_trusted) request.now = trusted;
  PruneReport report;
  HF_TRY(report.plan, plan_prune(business, request));
  HF_TRY(report.has_work, has_bytes_left(business));
  report.has_work |= !report.plan.is_empty() || report.plan.has_ends();
  if (show) show(report.plan, request.now);
  if (report.is_stopped()) return report;
  HF_TRY(report.removed, remove_condemned(business, request));
  if (report.removed.stopped) return report;
  if (report.is_stopped() || report.plan.is_empty()) return report;
  HF_TRY(check_stop(request.stop));
  if (!report.plan.repacked.empty()) {
    HF_TRY(report.repacked, repack(*run, request, report.plan));
  }
  if (report.plan.has_entry()) {
    // The day that bytes wait runs from the entry, and writing anew may have taken hours.
    HF_TRY(const Timestamp committed, business.trusted_time());
    report.plan.entry.decided = std::max(report.plan.entry.decided, committed);
    HF_TRY(report.entry, run->commit(report.plan.entry));
  }
  return report;
}

}  // namespace holdfast::job
