// SPDX-License-Identifier: Apache-2.0
// What a pack has twice goes, one file a call, and only from a pack that is whole without it.
#include "tests/unit/pool/heal_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

// Shard 1 lies on the sixth disk as well.
struct TwicePack : StoredPack {
  TwicePack() : sixth(unused()) { disks[sixth]->plant(path(1), right[1]); }
  [[nodiscard]] Result<TrimReport> trim() {
    PackMemory memory;
    return pool->trim_pack(pack.name, hint, memory);
  }
  [[nodiscard]] int files() const {
    int count = 0;
    for (std::uint8_t index = 0; index < right.size(); ++index) {
      for (const auto& each : disks) count += each->contents(path(index)) ? 1 : 0;
    }
    return count;
  }
  void require_untouched() {
    const int before = files();
    const auto report = trim();
    REQUIRE(report);
    CHECK_FALSE(report->removed);
    CHECK(files() == before);
  }

  std::size_t sixth;
};

}  // namespace

TEST_CASE("one file of a shard that lies on two disks goes, from the one with less room") {
  for (const bool is_sixth_fuller : {false, true}) {
    TwicePack box;
    const std::size_t first = box.disk_of(box.pack.name, 1, box.shape.generation);
    const std::size_t other = first == box.sixth ? box.disks.size() : first;
    if (is_sixth_fuller) box.disks[box.sixth]->plant("other", Bytes(20'000));
    if (!is_sixth_fuller && other < box.disks.size()) box.disks[other]->plant("o", Bytes(20'000));
    const auto report = box.trim();
    REQUIRE(report);
    REQUIRE(report->removed);
    CHECK((report->removed->disk == box.id_at(box.sixth)) == is_sixth_fuller);
    CHECK(box.files() == 5);
    CHECK(report->found.shards.size() == 5);
    CHECK(report->found.whole());
    box.require_untouched();
    box.require_whole();
  }
}

TEST_CASE("a file goes only if each shard keeps a disk of its own") {
  TwicePack box;
  // The sixth disk is the only one that has shard 3: what it has of shard 1 is what can go.
  box.disks[box.sixth]->plant(box.path(3), box.right[3]);
  for (std::size_t i = 0; i < box.disks.size(); ++i) {
    if (i != box.sixth && box.disks[i]->contents(box.path(3))) box.disks[i]->erase(box.path(3));
    if (i != box.sixth) box.disks[i]->plant("other", Bytes(20'000));  // these are fuller
  }
  const auto report = box.trim();
  REQUIRE(report);
  REQUIRE(report->removed);
  CHECK(report->removed->disk == box.id_at(box.sixth));
  CHECK(box.disks[box.sixth]->contents(box.path(3)));
  box.require_whole();
}

TEST_CASE("of a pack with anything wrong nothing goes") {
  TwicePack box;
  SECTION("another shard is rotten") {
    box.flip(3, kShardHeaderSize + 10);
  }
  SECTION("one of the two is rotten") {
    box.disks[box.sixth]->flip_bit(box.path(1), kShardHeaderSize + 10, 1);
  }
  SECTION("a shard is missing") {
    box.erase(4);
  }
  SECTION("a disk has failed") {
    box.pool->report_error(box.id_of(4));
  }
  SECTION("a disk is only read") {
    box.pool->set_apart(box.id_of(4));
  }
  SECTION("a disk is away") {
    const std::size_t gone = box.disk_of(box.pack.name, 4, 0);
    box.pool.reset();
    box.pool = box.open(box.without({gone}));
  }
  box.require_untouched();
}

TEST_CASE("the bytes that a trim goes by come from the disks") {
  TwicePack box;
  const std::uint64_t fresh = box.counters.opened_fresh;
  REQUIRE(box.trim()->removed);
  CHECK(box.counters.opened_fresh == fresh + 6 + 5);
}

TEST_CASE("a disk that goes between the look and the removal keeps the other one") {
  for (const bool is_name_remembered : {false, true}) {
    CAPTURE(is_name_remembered);
    TwicePack box;
    const std::string gone = box.disk(4).name();
    std::uint64_t removals = 0;
    int opened = 0;
    box.world.ask([&](const sim::Moment& now) -> std::optional<ErrorCode> {
      if (now.name == "remove") ++removals;
      if (now.name == "open fresh") ++opened;
      bool is_gone = opened > 6 && now.where.starts_with(gone + "/");
      if (is_name_remembered && now.name != "read") is_gone = false;
      return is_gone ? std::optional(ErrorCode::io) : std::nullopt;
    });
    const auto report = box.trim();
    box.world.ask({});
    REQUIRE(report);
    CHECK_FALSE(report->removed);
    CHECK(removals == 0);
  }
}

TEST_CASE("power goes, or a disk fails, at every step of a trim: the pack is whole all the time") {
  std::uint64_t operations = 0;
  {
    TwicePack box;
    const std::uint64_t begin = box.world.operations();
    REQUIRE(box.trim()->removed);
    operations = box.world.operations() - begin;
  }
  REQUIRE(operations > 20);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    for (const std::uint64_t seed : {0U, 1U, 2U}) {
      CAPTURE(at, seed);
      TwicePack box;
      if (seed == 0) box.world.fail_at(box.world.operations() + at, ErrorCode::io);
      if (seed > 0) box.world.cut_at(box.world.operations() + at);
      const auto report = box.trim();
      if (seed > 0) {
        CHECK(code_of(report) == ErrorCode::power_cut);
        box.pool.reset();
        box.world.crash({.policy = sim::CrashPolicy::random, .seed = seed});
      }
      box.require_whole();
      box.reopen();
      REQUIRE(box.trim());
      CHECK(box.files() == 5);
      box.require_whole();
    }
  }
}
