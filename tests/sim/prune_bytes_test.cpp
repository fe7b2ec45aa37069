// SPDX-License-Identifier: Apache-2.0
// The bytes of what was pruned go later, all of them, and no others.
#include <catch2/catch.hpp>

#include "firmware/job/scrub.h"
#include "firmware/vault/run.h"
#include "tests/sim/prune_box.h"

namespace holdfast::test {

namespace {

struct PrunedBox : AgedBox {
  PrunedBox() {
    REQUIRE(prune_all().entry);
    REQUIRE_FALSE(condemned_shards().empty());
  }
  // All files of all disks that are shards.
  std::size_t count_shards() {
    std::size_t count = 0;
    for (const auto& disk : disks) {
      const auto folders = disk->list("packs");
      if (!folders) continue;
      for (const ports::DirectoryEntry& folder : *folders) {
        count += disk->list("packs/" + folder.name).value().size();
      }
    }
    return count;
  }
  bool is_clean() {
    const auto box = open().value();
    const auto found = job::run_scrub(*box, {});
    REQUIRE(found);
    return found->complete && !found->found_differences();
  }
};

}  // namespace

TEST_CASE("Bytes go when their time has come, and nothing but them") {
  PrunedBox box;
  const std::size_t condemned = box.condemned_shards().size();
  const std::size_t all = box.count_shards();
  const Contents newest = box.restore().value();
  const job::PruneReport early = box.prune_all();
  CHECK(early.removed.shards == 0);
  CHECK(early.removed.waiting > 0);
  CHECK(box.condemned_shards().size() == condemned);
  // The clock of the box does not hurry them.
  box.clock.set(Timestamp{box.clock.now().ns + 100 * kDay_ns});
  CHECK(box.prune_all().removed.shards == 0);
  box.clock.advance(2 * kDay_ns);
  const job::PruneReport late = box.prune_all();
  CHECK_FALSE(late.removed.refused);
  CHECK(late.removed.shards == condemned);
  CHECK(late.removed.bytes > 0);
  CHECK(box.condemned_shards().empty());
  CHECK(box.count_shards() == all - condemned);
  CHECK(box.is_clean());
  box.check_gone({1, 2, 3});
  CHECK(box.restore().value() == newest);
  CHECK(box.prune_all().removed.shards == 0);
}

TEST_CASE("Of packs whose bytes are gone no chunk stays in the catalog, whoever was stopped") {
  PrunedBox box;
  box.clock.advance(2 * kDay_ns);
  const auto count_with_chunks = [&] {
    const auto opened = box.business();
    const auto packs =
        opened->with_catalog([](catalog::Catalog& catalog) { return catalog.condemned_packs(); });
    return std::ranges::count_if(packs.value(), &catalog::CondemnedRow::has_chunks);
  };
  CHECK(count_with_chunks() > 0);
  SECTION("each by one call") {}
  SECTION("a cut behind the last shard") {
    for (const auto& [disk, path] : box.condemned_shards()) REQUIRE(disk->remove(path));
  }
  REQUIRE(box.prune_all().plan.frozen.empty());
  CHECK(box.condemned_shards().empty());
  CHECK(count_with_chunks() == 0);
  box.check_gone({1, 2, 3});
}

TEST_CASE("With a disk away no byte goes, nor while a heal is at work") {
  PrunedBox box;
  box.clock.advance(2 * kDay_ns);
  const std::size_t condemned = box.condemned_shards().size();
  box.missing[box.disks[4]->name()] = true;
  CHECK(box.prune_all().removed.shards == 0);
  box.missing.clear();
  CHECK(box.condemned_shards().size() == condemned);
  {
    const auto other = box.open().value();
    const auto lock = other->lock("scrub");
    REQUIRE(lock);
    CHECK(box.prune(box.request()).error().code == ErrorCode::locked);
  }
  CHECK(box.prune_all().removed.shards == condemned);
}

TEST_CASE("A stop while bytes go is told with what went, and the next call goes on") {
  PrunedBox box;
  box.clock.advance(2 * kDay_ns);
  const std::size_t condemned = box.condemned_shards().size();
  REQUIRE(condemned > 3);
  // Something new is over as well.
  box.remove(4);
  REQUIRE(box.backup());
  struct Stopper : job::Progress {
    void update(const job::ProgressState& state) override {
      if (state.phase == "removing" && state.items_done == 3) stop = true;
    }
    job::StopFlag stop = false;
  } stopper;
  job::PruneRequest asked = box.request();
  asked.stop = &stopper.stop;
  asked.progress = &stopper;
  const auto stopped = box.prune(asked);
  REQUIRE(stopped);
  CHECK(stopped->removed.stopped);
  CHECK(stopped->removed.shards == 3);
  CHECK(stopped->removed.packs > 0);
  CHECK(stopped->removed.bytes > 0);
  CHECK_FALSE(stopped->entry);
  CHECK(box.condemned_shards().size() == condemned - 3);
  const job::PruneReport rest = box.prune_all();
  CHECK_FALSE(rest.removed.stopped);
  CHECK(rest.removed.shards == condemned - 3);
  box.check_gone({1, 2, 3});
}

TEST_CASE("What lies on a disk from before goes too, and only what the journal says is gone") {
  PrunedBox box;
  std::vector<std::pair<std::string, Bytes>> before;
  for (const auto& [disk, path] : box.condemned_shards()) {
    if (disk == box.disks[2].get()) before.emplace_back(path, *disk->contents(path));
  }
  REQUIRE_FALSE(before.empty());
  box.clock.advance(2 * kDay_ns);
  REQUIRE(box.prune_all().removed.shards > 0);
  for (const auto& [path, bytes] : before) {
    REQUIRE(ports::store(*box.disks[2], path, bytes));
  }
  const std::size_t all = box.count_shards();
  CHECK(box.is_clean());
  CHECK(box.count_shards() == all);  // looking removes nothing
  CHECK(box.prune_all().removed.shards == before.size());
  CHECK(box.count_shards() == all - before.size());
  box.check_gone({1, 2, 3});
}

TEST_CASE("What something needs is not removed, whoever has condemned it, and counts again") {
  AgedBox box;
  Digest needed;
  {
    // As a backup finds it that went on while the entry could not be read.
    const auto opened = box.business(vault::Access::write);
    journal::PruneBody body;
    REQUIRE(opened->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
        if (row.pack.kind == pack::PackKind::content) body.packs.push_back({row.pack.name});
        return {};
      });
    }));
    needed = body.packs.back().name;
    body.decided = opened->trusted_time().value();
    REQUIRE(vault::Run::begin(*opened).value()->commit(body));
  }
  box.clock.advance(2 * kDay_ns);
  const std::size_t condemned = box.condemned_shards().size();
  job::PruneRequest keeps_all = box.request();
  keeps_all.definition.retention = {};
  const job::PruneReport done = box.prune_all(keeps_all);
  CHECK_FALSE(done.removed.refused);
  CHECK(done.removed.taken_back > 0);
  CHECK(done.removed.shards == 0);
  CHECK(box.condemned_shards().empty());
  CHECK(condemned > 0);
  CHECK(box.restore().value() == box.source());
  // Healed like any other, also by a catalog that is made anew.
  const auto opened = box.open().value();
  for (const auto& disk : box.disks) {
    const auto entries = disk->list(pool::shard_directory(needed));
    if (!entries) continue;
    for (const auto& entry : *entries) {
      if (entry.name.starts_with(needed.hex())) {
        disk->erase(pool::shard_directory(needed) + "/" + entry.name);
        job::ScrubRequest request;
        request.heal = true;
        CHECK(job::run_scrub(*opened, request).value().shards_written == 1);
        CHECK(box.prune_all(keeps_all).removed.taken_back == 0);
        return;
      }
    }
  }
  FAIL("no shard of it");
}

}  // namespace holdfast::test
