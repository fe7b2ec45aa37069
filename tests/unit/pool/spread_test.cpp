// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/spread.h"

#include <catch2/catch.hpp>
#include <vector>

namespace holdfast::pool {

namespace {

using Shards = std::vector<ShardOnDisk>;

}  // namespace

TEST_CASE("shards that lie apart keep their disks") {
  const auto places = spread_of(Shards{{0, 7}, {1, 3}, {2, 5}});
  CHECK(places == std::map<std::uint8_t, std::size_t>{{0, 7}, {1, 3}, {2, 5}});
  CHECK(spread_of({}).empty());
}

TEST_CASE("of two shards on one disk one has no place") {
  CHECK(spread_of(Shards{{0, 1}, {1, 1}}).size() == 1);
}

TEST_CASE("a second copy takes no disk from another shard") {
  const auto places = spread_of(Shards{{0, 1}, {0, 2}, {1, 2}});
  CHECK(places == std::map<std::uint8_t, std::size_t>{{0, 1}, {1, 2}});
}

TEST_CASE("shards change places along a chain of copies") {
  // Each but the last could take the disk before its own; the last has one only, which is taken.
  Shards shards;
  for (std::uint8_t index = 0; index < 200; ++index) {
    shards.push_back({index, index + 1U});
    shards.push_back({index, index});
  }
  shards.push_back({200, 200});
  const auto places = spread_of(shards);
  REQUIRE(places.size() == 201);
  CHECK(places.at(0) == 0);
  CHECK(places.at(200) == 200);
}

}  // namespace holdfast::pool
