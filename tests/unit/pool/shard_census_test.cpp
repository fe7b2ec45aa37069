// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_census.h"

#include <catch2/catch.hpp>

#include "tests/unit/pool/pool_fixture.h"

namespace holdfast::pool {

TEST_CASE("a census counts different shards of the generation that is asked for") {
  ShardCensus census;
  const Digest pack = sha256(view_of("pack"));
  census.add({pack, 0, 0});
  census.add({pack, 0, 0});  // a second file of it: a disk came back
  census.add({pack, 0, 4});
  census.add({pack, 1, 200});
  CHECK(census.count(pack, 0) == 2);
  CHECK(census.count(pack, 1) == 1);
  CHECK(census.count(pack, 7) == 2);  // none of it: the generation that has most
  CHECK(census.count(sha256(view_of("another")), 0) == 0);
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
