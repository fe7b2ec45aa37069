// SPDX-License-Identifier: Apache-2.0
// A disk is back whose shards were made anew meanwhile: what is there twice goes by itself, and at
// no moment has a pack less than it should.
#include "firmware/job/tend.h"
#include "firmware/pool/shard_census.h"
#include "firmware/vault/disk_watch_note.h"
#include "tests/sim/scrubbed_box.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kDay_ns = 24 * 3'600'000'000'000;

struct TwiceBox : ScrubbedBox {
  TwiceBox() {
    CHECK_FALSE(tend().is_not_mended());
    missing["/disk2"] = true;
    tend();
    clock.advance(2 * kDay_ns);
    CHECK_FALSE(tend().is_not_mended());
    missing.clear();
    CHECK_FALSE(tend().is_not_mended());
    REQUIRE(count_twice() > 0);
  }
  // All packs are due in each call, if it is for one day.
  Result<job::TendSummary> try_tend(int cycle_days = 14) {
    HF_TRY(const auto box, open());
    return job::run_tend(*box, {.cycle_days = cycle_days});
  }
  job::TendSummary tend(int cycle_days = 14) {
    auto summary = try_tend(cycle_days);
    REQUIRE(summary);
    return std::move(*summary);
  }
  void settle() {
    for (int day = 0; day < 3; ++day) {
      clock.advance(kDay_ns);
      if (day < 2) CHECK(tend(1).scrubbed->shards_removed == 0);
    }
  }
  // Of all packs: files beyond one of each shard.
  int count_twice() {
    int twice = 0;
    for (const catalog::PackRow& row : packs()) {
      for (int index = 0; index < row.hint.geometry.total(); ++index) {
        twice += std::max(count_files(row, static_cast<std::uint8_t>(index)) - 1, 0);
      }
    }
    return twice;
  }
  int count_files(const catalog::PackRow& row, std::uint8_t index) {
    const std::string path = pool::shard_path(row.pack.name, row.hint.generation, index);
    return static_cast<int>(std::ranges::count_if(
        disks, [&](const auto& disk) { return disk->contents(path).has_value(); }));
  }
  // Whatever happened, every shard of every pack lies right on a disk of its own.
  void check_whole() {
    const auto found = scrub({.full = true});
    REQUIRE(found);
    CHECK_FALSE(found->found_differences());
  }
  void check_two_may_go() {
    for (std::size_t i = 0; i < kDisks; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        missing = {{disks[i]->name(), true}, {disks[j]->name(), true}};
        CHECK(*restore() == source());
      }
    }
    missing.clear();
  }
};

}  // namespace

TEST_CASE("What a disk that is back has twice goes once all have been well for days") {
  TwiceBox box;
  const auto twice = static_cast<std::uint64_t>(box.count_twice());
  box.settle();
  const job::TendSummary trims = box.tend(1);
  CHECK(trims.scrubbed->shards_removed == twice);
  CHECK_FALSE(trims.is_not_mended());
  CHECK(box.count_twice() == 0);
  box.check_whole();
  box.check_two_may_go();
  CHECK(box.tend(1).scrubbed->shards_removed == 0);
}

TEST_CASE("Within a cycle of scrubs all of it goes, and nothing is read for it besides") {
  TwiceBox box;
  std::uint64_t removed = 0;
  for (int day = 0; day < 3 + 15; ++day) {
    box.clock.advance(kDay_ns);
    removed += box.tend().scrubbed->shards_removed;
  }
  CHECK(removed > 0);
  CHECK(box.count_twice() == 0);
  box.check_two_may_go();
}

TEST_CASE("Of a disk that comes and goes what is there twice is kept longer each time") {
  TwiceBox box;
  box.settle();
  CHECK(box.tend(1).scrubbed->shards_removed > 0);
  for (int week = 0; week < 3; ++week) {
    box.missing["/disk2"] = true;
    box.tend(1);
    box.clock.advance(2 * kDay_ns);
    box.tend(1);
    box.missing.clear();
    for (int day = 0; day < 5; ++day) {
      CHECK(box.tend(1).scrubbed->shards_removed == 0);
      box.clock.advance(kDay_ns);
    }
  }
  box.check_two_may_go();
}

TEST_CASE("Nothing goes while anything is not as it should be") {
  TwiceBox box;
  box.settle();
  const int twice = box.count_twice();
  SECTION("a disk is away") {
    box.missing["/disk5"] = true;
  }
  SECTION("a disk has failed of late") {
    std::vector<policy::WatchedDisk> disks = *vault::load_disk_watch(box.home);
    policy::strike(disks[3], box.clock.now());
    REQUIRE(vault::store_disk_watch(box.home, disks));
  }
  SECTION("a disk takes no writes") {
    box.disks[3]->set_read_only(true, false);
  }
  SECTION("the note of the disks is lost") {
    box.home.erase("disks");
  }
  SECTION("a scrub by hand") {
    REQUIRE(box.scrub({.full = true}));
    CHECK(box.count_twice() == twice);
    return;
  }
  CHECK(box.tend(1).scrubbed->shards_removed == 0);
  CHECK(box.count_twice() == twice);
}

TEST_CASE("A pack with anything wrong keeps what it has, is healed, and trimmed another day") {
  TwiceBox box;
  box.settle();
  for (const catalog::PackRow& row : box.packs()) box.flip(row, 1, pool::kShardHeaderSize + 10);
  const int twice = box.count_twice();
  const job::TendSummary mends = box.tend(1);
  CHECK(mends.scrubbed->shards_removed == 0);
  CHECK(box.count_twice() == twice);
  CHECK_FALSE(mends.is_not_mended());
  box.check_whole();
  box.clock.advance(kDay_ns);
  CHECK(box.tend(1).scrubbed->shards_removed > 0);
  box.check_whole();
  box.check_two_may_go();
}

TEST_CASE("The power may go at every operation while shards go: each pack has all it should") {
  const auto make = [] {
    auto box = std::make_unique<TwiceBox>();
    box->settle();
    return box;
  };
  const auto act = [](TwiceBox& box) { return box.try_tend(1); };
  const auto check = [](TwiceBox& box, const auto& /*answer*/) {
    box.check_whole();
    box.missing = {{"/disk2", true}, {"/disk5", true}};
    CHECK(*box.restore() == box.source());
    box.missing.clear();
    box.clock.advance(kDay_ns);
    CHECK_FALSE(box.tend(1).is_not_mended());
    CHECK(box.count_twice() == 0);
    box.check_whole();
  };
  sweep_cuts({stride_of({3, 1, 13, 5})}, make, act, check);
}

TEST_CASE("A disk may fail at every operation while shards go: each pack has all it should") {
  const auto make = [] {
    auto box = std::make_unique<TwiceBox>();
    box->settle();
    return box;
  };
  const auto act = [](TwiceBox& box) { return box.try_tend(1); };
  const auto check = [](TwiceBox& box, const auto& /*answer*/) {
    box.check_whole();
    box.missing = {{"/disk2", true}, {"/disk5", true}};
    CHECK(*box.restore() == box.source());
  };
  sweep_errors({stride_of({7, 1, 61, 23})}, make, act, check);
}

TEST_CASE("A disk may die at any moment while shards go: two more may go even so") {
  for (const std::string dies : {"/disk0", "/disk2", "/disk5"}) {
    const auto make = [] {
      auto box = std::make_unique<TwiceBox>();
      box->settle();
      return box;
    };
    const std::uint64_t operations =
        count(make, [](TwiceBox& box) { return box.try_tend(1); }).operations;
    const auto box = make();
    Branches branches;
    for (std::uint64_t at = 1; at <= operations; at += stride_of({211, 31, 997, 499})) {
      go_with_own_files(branches, *box, dies + " dies at " + std::to_string(at), [&] {
        const std::uint64_t from = box->world.operations() + at;
        box->world.ask([&](const sim::Moment& now) -> std::optional<ErrorCode> {
          const bool is_there = now.operation < from || !now.where.starts_with(dies + "/");
          return is_there ? std::nullopt : std::optional(ErrorCode::io);
        });
        static_cast<void>(box->try_tend(1));
        box->world.ask({});
        for (const char* other : {"/disk1", "/disk3", "/disk4"}) {
          box->missing = {{dies, true}, {other, true}};
          CHECK(*box->restore() == box->source());
        }
      });
    }
  }
}

}  // namespace holdfast::test
