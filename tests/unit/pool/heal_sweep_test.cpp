// SPDX-License-Identifier: Apache-2.0
// P4: whatever operation of a heal the power or a disk fails at, the pack has no less than before,
// and healing it again finishes the work.
#include "tests/unit/pool/heal_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

// One shard missing and one rotten: as many as 3 + 2 bears.
struct HarmedPack : StoredPack {
  HarmedPack() {
    erase(1);
    flip(3, kShardHeaderSize + 10);
    rotten = shard_on(3).value();
    number = disk_of(pack.name, 3);
    REQUIRE(right_shards() == 3);
  }
  // What was there is there: three right shards, and the leaves of the rotten one.
  void require_no_worse() {
    CHECK(right_shards() >= 3);
    const auto now = disks[number]->contents(path(3));
    CHECK((now == rotten || now == right[3]));
    reopen();
    const auto read = pool->read_whole(pack.name, {});
    REQUIRE(read);
    CHECK(std::ranges::equal(read->view(), pack.bytes.view()));
  }
  void require_healed_next_time() {
    const auto again = heal();
    REQUIRE(again);
    CHECK(again->healed());
    CHECK(again->failures.empty());
    require_whole();
  }

  Bytes rotten;
  std::size_t number = 0;  // the disk of the rotten shard
};

std::uint64_t operations_of_a_heal() {
  HarmedPack box;
  const std::uint64_t begin = box.world.operations();
  REQUIRE(box.heal()->healed());
  return box.world.operations() - begin;
}

}  // namespace

TEST_CASE("power goes at every step of a heal: no shard is lost, and the next one heals") {
  const std::uint64_t operations = operations_of_a_heal();
  REQUIRE(operations > 50);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {
      CAPTURE(at, seed);
      HarmedPack box;
      box.world.cut_at(box.world.operations() + at);
      CHECK(code_of(box.heal()) == ErrorCode::power_cut);
      box.pool.reset();
      const auto policy = seed == 0   ? sim::CrashPolicy::drop_unsynced
                          : seed == 1 ? sim::CrashPolicy::keep_all
                                      : sim::CrashPolicy::random;
      box.world.crash({.policy = policy, .seed = seed});
      box.require_no_worse();
      box.require_healed_next_time();
    }
  }
}

TEST_CASE("what a heal told is durable") {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    HarmedPack box;
    REQUIRE(box.heal()->healed());
    box.pool.reset();
    box.world.crash(
        {.policy = seed == 1 ? sim::CrashPolicy::drop_unsynced : sim::CrashPolicy::random,
         .seed = seed});
    box.require_whole();
  }
}

TEST_CASE("a disk fails at any step of a heal: another takes its part, or nothing is written") {
  const std::uint64_t operations = operations_of_a_heal();
  int failed_writing = 0;
  for (std::uint64_t at = 1; at <= operations; ++at) {
    CAPTURE(at);
    HarmedPack box;
    box.world.fail_at(box.world.operations() + at, ErrorCode::io);
    const auto report = box.heal();
    REQUIRE(report);
    CHECK(report->failures.size() <= 1);
    failed_writing += static_cast<int>(report->failures.size());
    std::uint64_t errors = 0;
    for (const DiskStatus& status : box.pool->status()) errors += status.errors;
    CHECK(errors >= 1);
    for (const HealedShard& shard : report->written) {
      std::size_t number = 0;
      while (box.id_at(number) != shard.disk) ++number;
      CHECK(box.disks[number]->contents(box.path(shard.index)) == box.right[shard.index]);
    }
    if (report->found.proved) {
      CHECK(report->healed());
      CHECK(box.right_shards() == 5);
    } else {
      CHECK(report->written.empty());
    }
    box.require_no_worse();
    box.require_healed_next_time();
  }
  CHECK(failed_writing > 10);
}

TEST_CASE("a process at its own limit ends a heal, blames no disk, and the next one heals") {
  const std::uint64_t operations = operations_of_a_heal();
  for (std::uint64_t at = 1; at <= operations; ++at) {
    CAPTURE(at);
    HarmedPack box;
    box.world.fail_at(box.world.operations() + at, ErrorCode::out_of_memory);
    CHECK(code_of(box.heal()) == ErrorCode::out_of_memory);
    for (const DiskStatus& disk : box.pool->status()) CHECK(disk.errors == 0);
    box.require_no_worse();
    box.require_healed_next_time();
  }
}
