// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/prune.h"

#include "firmware/vault/run.h"

namespace holdfast::job {

Result<PruneReport> run_prune(vault::Business& business, PruneRequest request) {
  // Tells which packs are lost now, and brings all members level.
  HF_TRY(const auto run, vault::Run::begin(business));
  HF_TRY(const Timestamp trusted, business.trusted_time());
  request.is_trusted = trusted.ns > 0;
  if (request.is_trusted) request.now = trusted;
  PruneReport report;
  HF_TRY(report.plan, plan_prune(business, request));
  if (report.is_refused()) return report;
  HF_TRY(report.removed,
         remove_condemned(business, request.now, request.bytes_wait_ns, request.stop));
  if (report.is_refused() || report.plan.is_empty()) return report;
  HF_TRY(check_stop(request.stop));
  HF_TRY(report.entry, business.prune(report.plan.entry));
  return report;
}

}  // namespace holdfast::job
