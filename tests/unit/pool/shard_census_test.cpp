// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_census.h"

#include <catch2/catch.hpp>

#include "tests/unit/pool/pool_fixture.h"

namespace holdfast::pool {

TEST_CASE("a census counts different shards of the generation that is asked for") {
  ShardCensus census;
  const Digest pack = sha256(view_of("pack"));
  const DiskId disk{{1}};
  const DiskId other{{2}};
  census.add({pack, 0, 0}, disk, true);
  census.add({pack, 0, 0}, other, true);  // a second file of it: a disk came back
  census.add({pack, 0, 4}, disk, true);
  census.add({pack, 1, 200}, disk, true);
  CHECK(census.count(pack, 0) == 2);
  CHECK(census.count(pack, 1) == 1);
  CHECK(census.count(pack, 7) == 2);  // none of it: the generation that has most
  CHECK(census.count(sha256(view_of("another")), 0) == 0);
}

TEST_CASE("a census tells which shards lie on plain members, one of them left out") {
  ShardCensus census;
  const Digest pack = sha256(view_of("pack"));
  const DiskId stays{{1}};
  const DiskId leaves{{2}};
  const DiskId other{{3}};
  census.add({pack, 0, 0}, stays, true);
  census.add({pack, 0, 1}, leaves, false);
  census.add({pack, 0, 2}, other, true);
  census.add({pack, 0, 1}, other, true);
  CHECK(census.count(pack, 0) == 3);
  CHECK(census.count_at_home(pack, 0) == 2);  // 1 and 2 would go together
  CHECK(census.count_at_home(pack, 0, other) == 1);
  CHECK(census.count_at_home(pack, 0, stays) == 1);
  census.add({pack, 0, 2}, stays, true);
  census.add({pack, 0, 0}, leaves, true);
  CHECK(census.count_at_home(pack, 0) ==
        3);  // 0 on the second disk, 2 on the first, 1 on the third
}

TEST_CASE("the pool's census sees the shards of all present disks, and opens none") {
  PoolFixture fixture(6);
  auto pool = fixture.create();
  auto pack = fixture.make_pack(3000);
  const auto written = pool->write_pack(pack);
  REQUIRE(written);
  const std::uint8_t folder = pack.name.bytes[0];
  const std::uint64_t opened = fixture.counters.opened;
  CHECK(pool->census(folder)->count(pack.name, 0) == 5);
  CHECK(pool->census(static_cast<std::uint8_t>(folder + 1))->count(pack.name, 0) == 0);
  CHECK(fixture.counters.opened == opened);
}

}  // namespace holdfast::pool
