// SPDX-License-Identifier: Apache-2.0
// A disk that is slow sits out reads while the others are enough, and is written as before.
#include "firmware/pool/read_pace.h"

#include "hal/sim/clock.h"
#include "tests/unit/pool/pool_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

constexpr std::int64_t kQuick_ns = 10'000'000;
constexpr std::int64_t kSlow_ns = 1'000'000'000;

struct SlowPool {
  SlowPool() : fixture(6), clock(Timestamp{}, 0) {
    fixture.settings.clock = &clock;
    pool = fixture.create();
    pack = fixture.make_pack();
    hint = pool->write_pack(pack)->hint;
    REQUIRE(hint.geometry == erasure::Geometry{3, 2});
  }
  void delay(std::size_t disk, std::int64_t delay_ns) {
    fixture.disks[disk]->set_faults({.delay_ns = delay_ns}, &clock);
  }
  // Reads the whole pack through a new handle; how long that took.
  std::int64_t read() {
    const std::int64_t begun = clock.monotonic_ns();
    CHECK(read_in_steps(*pool->open_pack(pack.name, hint).value(), 700).value() == bytes_of(pack));
    return clock.monotonic_ns() - begun;
  }

  PoolFixture fixture;
  sim::SimClock clock;
  std::unique_ptr<Pool> pool;
  pack::ClosedPack pack;
  PackHint hint;
};

void read_once(ReadPace& pace, sim::SimClock& clock, std::int64_t duration_ns,
               std::size_t bytes = 100) {
  const std::int64_t begun = pace.begin();
  clock.advance(duration_ns);
  pace.end(begun, bytes);
}

}  // namespace

TEST_CASE("slow reads in a row let a disk sit out, and quick probes in a row end it") {
  sim::SimClock clock(Timestamp{}, 0);
  ReadPace pace(&clock);
  const auto read = [&](std::int64_t duration_ns) { read_once(pace, clock, duration_ns); };
  for (int round = 0; round < 2; ++round) {
    for (unsigned i = 1; i < ReadPace::kSlowInARow; ++i) read(kSlow_ns);
    read(kQuick_ns);  // not in a row
    for (unsigned i = 1; i < ReadPace::kSlowInARow; ++i) read(kSlow_ns);
    CHECK(!pace.sits_out());
    read(kSlow_ns);
    CHECK(pace.sits_out());
    for (unsigned i = 1; i < ReadPace::kQuickInARow; ++i) read(kQuick_ns);
    read(kSlow_ns);
    for (unsigned i = 1; i < ReadPace::kQuickInARow; ++i) read(kQuick_ns);
    CHECK(pace.sits_out());
    read(kQuick_ns);
    CHECK(!pace.sits_out());
  }
}

TEST_CASE("a pace is told once enough was read to say, and each change of it") {
  sim::SimClock clock(Timestamp{}, 0);
  ReadPace pace(&clock);
  CHECK(pace.is_slow() == std::nullopt);
  for (unsigned i = 1; i < ReadPace::kQuickInARow; ++i) read_once(pace, clock, kQuick_ns);
  CHECK(pace.is_slow() == std::nullopt);
  read_once(pace, clock, kQuick_ns);
  CHECK(pace.is_slow() == false);
  read_once(pace, clock, kSlow_ns);
  CHECK(pace.is_slow() == std::nullopt);
  for (unsigned i = 1; i < ReadPace::kSlowInARow; ++i) read_once(pace, clock, kSlow_ns);
  CHECK(pace.is_slow() == true);
  for (unsigned i = 0; i < ReadPace::kQuickInARow; ++i) {
    CHECK(pace.is_slow() == true);
    read_once(pace, clock, kQuick_ns);
  }
  CHECK(pace.is_slow() == false);
  CHECK(ReadPace(nullptr).is_slow() == std::nullopt);
}

TEST_CASE("one read in each interval goes to a disk that sits out") {
  sim::SimClock clock(Timestamp{}, 0);
  ReadPace pace(&clock);
  for (unsigned i = 0; i < ReadPace::kSlowInARow; ++i) read_once(pace, clock, kSlow_ns);
  for (int interval = 0; interval < 3; ++interval) {
    clock.advance(ReadPace::kProbeInterval_ns - 1);
    CHECK(pace.sits_out());
    clock.advance(1);
    CHECK(!pace.sits_out());
    CHECK(pace.sits_out());
  }
}

TEST_CASE("large reads may take longer, and without a clock no disk is slow") {
  sim::SimClock clock(Timestamp{}, 0);
  ReadPace pace(&clock);
  const std::size_t size = 20'000'000;
  for (int i = 0; i < 5; ++i) read_once(pace, clock, ReadPace::kSlow_ns + 1'000'000'000, size);
  CHECK(!pace.sits_out());
  for (int i = 0; i < 5; ++i) read_once(pace, clock, ReadPace::kSlow_ns + 1'000'000'001, size);
  CHECK(pace.sits_out());

  ReadPace blind(nullptr);
  for (int i = 0; i < 5; ++i) read_once(blind, clock, kSlow_ns);
  CHECK(!blind.sits_out());
}

TEST_CASE("a pack is read without its slow disk, which is read again when it is itself again") {
  SlowPool slow;
  const std::size_t disk = slow.fixture.disk_of(slow.pack.name, 1);
  slow.delay(disk, kSlow_ns);
  CHECK(slow.read() >= kSlow_ns * ReadPace::kSlowInARow);  // its header, and its data twice
  CHECK(slow.read() == 0);
  slow.delay(disk, kQuick_ns);
  CHECK(slow.read() == 0);
  for (unsigned probe = 0; probe < ReadPace::kQuickInARow; ++probe) {
    slow.clock.advance(ReadPace::kProbeInterval_ns);
    CHECK(slow.read() > 0);
  }
  CHECK(slow.read() >= 3 * kQuick_ns);  // it is opened, and its header and data are read
}

TEST_CASE("what a scrub reads of a disk is measured as well") {
  SlowPool slow;
  const auto measured = [&](std::size_t disk) {
    const auto members = slow.pool->present_members();
    return std::ranges::find(members, slow.fixture.disks[disk]->name(),
                             [](const auto& member) { return member.disk->name(); })
        ->is_slow;
  };
  const std::size_t disk = slow.fixture.disk_of(slow.pack.name, 1);
  slow.delay(disk, kSlow_ns);
  REQUIRE(slow.pool->scrub_pack(slow.pack.name, slow.hint));
  CHECK(measured(disk) == true);
  CHECK(measured(slow.fixture.disk_of(slow.pack.name, 0)) == false);
  slow.delay(disk, kQuick_ns);
  REQUIRE(slow.pool->scrub_pack(slow.pack.name, slow.hint));
  CHECK(measured(disk) == false);
}

TEST_CASE("with too few others a slow disk is read all the same") {
  SlowPool slow;
  const std::size_t disk = slow.fixture.disk_of(slow.pack.name, 1);
  slow.delay(disk, kSlow_ns);
  while (slow.read() > 0) continue;
  for (const std::uint8_t gone : {std::uint8_t{0}, std::uint8_t{4}}) {
    slow.fixture.disks[slow.fixture.disk_of(slow.pack.name, gone)]->vanish();
  }
  CHECK(slow.read() > kSlow_ns);
  const auto handle = slow.pool->open_pack(slow.pack.name, slow.hint).value();
  Bytes all(3000);
  REQUIRE(handle->read_checked(0, all));
  CHECK(all == bytes_of(slow.pack));
  CHECK(std::ranges::equal(slow.pool->read_whole(slow.pack.name, slow.hint)->view(),
                           slow.pack.bytes.view()));
  // Nothing but the slow disk has any shard of it left.
  for (const std::uint8_t gone : {std::uint8_t{2}, std::uint8_t{3}}) {
    slow.fixture.disks[slow.fixture.disk_of(slow.pack.name, gone)]->vanish();
  }
  const auto last = slow.pool->open_pack(slow.pack.name, slow.hint).value();
  Bytes part(100);
  REQUIRE(last->read(1100, part));  // in the second data shard
  CHECK(std::ranges::equal(part, slow.pack.bytes.view().subspan(1100, 100)));
}

TEST_CASE("a disk that sits out is written as before") {
  SlowPool slow;
  const std::size_t disk = slow.fixture.disk_of(slow.pack.name, 1);
  slow.delay(disk, kSlow_ns);
  while (slow.read() > 0) continue;
  int shards = 0;
  for (int i = 0; i < 12; ++i) {
    auto pack = slow.fixture.make_pack();
    const auto written = slow.pool->write_pack(pack).value();
    CHECK(!written.under_protected);
    for (std::uint8_t index = 0; index < 5; ++index) {
      shards += slow.fixture.disk_of(pack.name, index) == disk ? 1 : 0;
    }
  }
  CHECK(shards >= 8);  // five of six disks get one of each
}
