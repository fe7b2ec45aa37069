// SPDX-License-Identifier: Apache-2.0
// The note of damaged shards: what comes back of it, and what it says when it cannot say all.
#include "firmware/job/damaged_shards.h"

#include <catch2/catch.hpp>

#include "hal/sim/disk.h"
#include "hal/sim/world.h"
#include "tests/support/every_damage.h"

namespace holdfast::job {
namespace {

using Shards = std::vector<pool::PlacedShard>;

struct Home {
  sim::World world{1};
  sim::SimDisk disk{world, "/home"};
};

Digest pack(std::uint32_t number) {
  Bytes bytes;
  ByteWriter(bytes).u32(number);
  return sha256(bytes);
}

DiskId disk(std::uint8_t number) {
  DiskId id;
  id.bytes[0] = number;
  return id;
}

TEST_CASE("What is damaged comes back, of its generation, until it is right") {
  Home home;
  const Shards two = {{0, disk(1)}, {4, disk(2)}};
  auto damaged = DamagedShards::load(home.disk, false);
  damaged.set(pack(1), 0, two);
  damaged.set(pack(2), 3, Shards{{1, disk(1)}});
  REQUIRE(damaged.store(home.disk));

  auto back = DamagedShards::load(home.disk, true);
  CHECK(back.packs().size() == 2);
  CHECK(back.shards_of(pack(1), 0) == two);
  CHECK(back.shards_of(pack(1), 1).empty());
  CHECK(back.shards_of(pack(2), 3).size() == 1);
  CHECK(back.shards_of(pack(3), 0).empty());
  CHECK_FALSE(back.has_more());
  back.set(pack(1), 0, {});
  back.set(pack(2), 3, {});
  REQUIRE(back.store(home.disk));
  CHECK(DamagedShards::load(home.disk, true).packs().empty());
}

TEST_CASE("Without a note there may be more, if there should be one") {
  Home home;
  CHECK_FALSE(DamagedShards::load(home.disk, false).has_more());
  auto unknown = DamagedShards::load(home.disk, true);
  CHECK(unknown.has_more());
  REQUIRE(unknown.store(home.disk));
  // Written once, it says so itself, until a round has looked at all packs.
  CHECK(DamagedShards::load(home.disk, false).has_more());
  unknown.begin_round();
  CHECK(unknown.has_more());
  unknown.end_round();
  REQUIRE(unknown.store(home.disk));
  CHECK_FALSE(DamagedShards::load(home.disk, false).has_more());
}

TEST_CASE("A note with any bit flipped, cut or with a byte more says that there may be more") {
  Home home;
  auto damaged = DamagedShards::load(home.disk, false);
  damaged.set(pack(1), 0, Shards{{0, disk(1)}});
  REQUIRE(damaged.store(home.disk));
  const Bytes good = *home.disk.contents("damaged");
  test::require_every_damage_seen(good, [&](ByteView bytes) {
    home.disk.plant("damaged", bytes);
    const auto read = DamagedShards::load(home.disk, false);
    return !read.has_more() || !read.packs().empty();
  });
}

TEST_CASE("Of very many it says that there are more, until a round found fewer") {
  Home home;
  auto damaged = DamagedShards::load(home.disk, false);
  damaged.begin_round();
  constexpr auto kMax = static_cast<std::uint32_t>(DamagedShards::kPacksMax);
  for (std::uint32_t i = 0; i < kMax; ++i) damaged.set(pack(i), 0, Shards{{0, disk(1)}});
  CHECK_FALSE(damaged.has_more());
  damaged.set(pack(kMax), 0, Shards{{0, disk(1)}});
  CHECK(damaged.has_more());
  // Known ones may still change.
  damaged.set(pack(0), 0, Shards{{0, disk(1)}, {1, disk(2)}});
  CHECK(damaged.shards_of(pack(0), 0).size() == 2);
  damaged.end_round();
  REQUIRE(damaged.store(home.disk));

  auto next = DamagedShards::load(home.disk, false);
  CHECK(next.packs().size() == kMax);
  CHECK(next.has_more());
  next.begin_round();
  next.set(pack(0), 0, {});
  CHECK(next.has_more());
  next.end_round();
  CHECK_FALSE(next.has_more());
}

}  // namespace
}  // namespace holdfast::job
