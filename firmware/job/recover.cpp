// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/recover.h"

namespace holdfast::job {

namespace {

Result<void> recover_business(vault::Box& box, bool may_write, RecoveredBusiness& out) {
  const auto access = may_write ? vault::Access::write : vault::Access::read;
  HF_TRY(const auto business, box.open_business(out.name.name, access));
  if (may_write) HF_TRY(business->prepare_writing());
  out.number = business->journal().head().number;
  HF_TRY(const auto snapshots, business->snapshots());
  out.snapshots = snapshots.size();
  return business->keep_definition();
}

}  // namespace

RecoverySummary complete_recovery(vault::Box& box, const StopFlag* stop, Progress* progress) {
  RecoverySummary summary;
  const auto pool = box.pool();
  auto writable = pool ? (*pool)->writable() : pool.error();
  if (!writable) summary.not_writable = std::move(writable.error());
  const bool may_write = !summary.not_writable;
  if (may_write) {
    auto told = box.level_copies();
    if (!told) summary.ended = std::move(told.error());
  }
  const auto names = box.businesses();
  for (const vault::BusinessName& name : names) {
    if (progress != nullptr) {
      progress->update({"recovering", summary.businesses.size(), names.size(), 0, 0});
    }
    RecoveredBusiness& business = summary.businesses.emplace_back();
    business.name = name;
    auto done = check_stop(stop);
    if (done) done = recover_business(box, may_write, business);
    if (!done) business.problem = std::move(done.error());
  }
  return summary;
}

}  // namespace holdfast::job
