// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/recover.h"

namespace holdfast::job {

namespace {

Result<void> look_at(vault::Business& business, RecoveredBusiness& out) {
  out.number = business.journal().head().number;
  HF_TRY(const auto snapshots, business.snapshots());
  out.snapshots = snapshots.size();
  auto kept = business.keep_definition();
  // All that is left is there; that it is not all must be said first.
  HF_TRY(const auto lost, business.lost_entries());
  if (lost.empty()) return kept;
  return journal::entries_lost(business.id(), lost.front());
}

Result<void> take_over(vault::Box& box, RecoveredBusiness& out) {
  HF_TRY(const auto business, box.open_business(out.name.name, vault::Access::write));
  HF_TRY(business->prepare_writing());
  return look_at(*business, out);
}

Result<void> read_only(vault::Box& box, RecoveredBusiness& out) {
  HF_TRY(const auto business, box.open_business(out.name.name, vault::Access::read));
  return look_at(*business, out);
}

// What cannot be written may still be read.
Result<void> recover_business(vault::Box& box, bool may_write, RecoveredBusiness& out) {
  if (!may_write) return read_only(box, out);
  auto done = take_over(box, out);
  if (!done) static_cast<void>(read_only(box, out).has_value());
  return done;
}

// Telling the disks takes the homes that each know one side of a fork their right to read it.
Result<void> check_no_fork(vault::Box& box, pool::Pool& pool) {
  for (const vault::BusinessName& name : box.businesses()) {
    const auto journal = journal::Journal::open(vault::journal_context(box, pool), name.id);
    const auto writable = journal ? journal->writable() : Result<void>(journal.error());
    if (!writable && writable.error().code == ErrorCode::fork) return writable.error();
  }
  return {};
}

}  // namespace

RecoverySummary complete_recovery(vault::Box& box, const StopFlag* stop, Progress* progress) {
  RecoverySummary summary;
  const auto pool = box.pool();
  auto writable = pool ? (*pool)->writable() : pool.error();
  if (writable) writable = vault::check_quorum(**pool);
  if (writable) writable = check_no_fork(box, **pool);
  if (!writable) summary.not_writable = std::move(writable.error());
  if (!summary.not_writable) {
    auto told = box.level_copies();
    if (!told) summary.ended = std::move(told.error());
  }
  const bool may_write = !summary.not_writable && !summary.ended;
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
