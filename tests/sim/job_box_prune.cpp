// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/sim/job_box.h"

namespace holdfast::test {

Result<void> JobBox::make_prunable() {
  HF_TRY(make_snapshots());
  full_interval_ns = 0;
  call("old.wav", 900);
  call("stays.wav", 60);  // in one pack with it, which is written anew
  HF_TRY(back_up());
  going_ = "old.wav";
  files.remove("/calls/" + going_);
  HF_TRY(confirm_time());
  HF_TRY(back_up());
  HF_TRY(const job::PrunePlan plan, plan_prune());
  CHECK(plan.packs.repacked > 0);
  CHECK(plan.packs.condemned > 0);
  return {};
}

Result<void> JobBox::make_small_packs() {
  HF_TRY(make_snapshots());
  HF_TRY(confirm_time());
  for (int i = 0; i < 8; ++i) {
    const std::string name = "small" + std::to_string(i) + ".wav";
    call(name, 60);
    HF_TRY(back_up_path(name));
  }
  HF_TRY(const job::PrunePlan plan, plan_prune());
  CHECK(plan.packs.joined >= 8);
  CHECK(plan.packs.condemned == 0);
  return {};
}

Result<void> JobBox::confirm_time() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::write));
  HF_TRY(const Timestamp confirmed, business->confirm_time(clock.now()));
  static_cast<void>(confirmed);
  return {};
}

Result<job::PrunePlan> JobBox::plan_prune() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::read));
  job::PruneRequest request = prune_request();
  request.now = Timestamp{clock.now().ns + 1};
  return job::plan_prune(*business, request);
}

job::PruneRequest JobBox::prune_request() {
  job::PruneRequest request;
  request.definition = backup_request().definition;
  request.definition.retention.classes[0] = {30, policy::ItemDate::change};
  if (!going_.empty()) {
    request.definition.retention.snapshots = policy::SnapshotRetention{2, 0, 0, 0, 0, {}, "UTC"};
  }
  request.lock_days[0] = 0;
  return request;
}

Result<void> JobBox::prune() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::write));
  HF_TRY(const auto report, job::run_prune(*business, prune_request()));
  // A home that could not tell the time makes it late: that is told, and less goes.
  if (!business->warnings().empty()) return business->warnings().front();
  if (report.is_refused()) return make_error(ErrorCode::too_few_disks);
  if (report.plan.packs.no_room + report.repacked.packs_left > 0) {
    return make_error(ErrorCode::pool_full);
  }
  if (report.removed.problems.count > 0) return report.removed.problems.kept.front().error;
  return {};
}

std::size_t JobBox::count_condemned_shards() {
  const auto box = open();
  REQUIRE(box);
  const auto business = open_business(*box, vault::Access::read);
  REQUIRE(business);
  const auto packs = (*business)->with_catalog(
      [](catalog::Catalog& catalog) { return catalog.condemned_packs(); });
  REQUIRE(packs);
  std::size_t count = 0;
  for (const catalog::CondemnedRow& row : *packs) {
    for (const auto& disk : disks) {
      const auto entries = disk->list(pool::shard_directory(row.name));
      if (!entries) continue;
      count += static_cast<std::size_t>(
          std::ranges::count_if(*entries, [&](const ports::DirectoryEntry& entry) {
            return entry.name.starts_with(row.name.hex());
          }));
    }
  }
  return count;
}

void JobBox::check_pruned() {
  const auto rows = snapshots();
  REQUIRE(acknowledged.size() >= 4);
  REQUIRE(rows.size() == acknowledged.size() - 2);
  CHECK(rows.front().head.number == acknowledged[2].first);
  const auto plan = plan_prune();
  REQUIRE(plan);
  CHECK(plan->is_empty());
}

void JobBox::check_put_together() {
  CHECK(snapshots().size() == acknowledged.size());
  const auto plan = plan_prune();
  REQUIRE(plan);
  CHECK(plan->is_empty());
}

}  // namespace holdfast::test
