// SPDX-License-Identifier: Apache-2.0
// Which shards of a pack have a disk of their own. A shard that shares its disk goes with the
// other, so it protects nothing; and a disk whose shards all have a place elsewhere is free for
// another.
#pragma once

#include <cstdint>
#include <map>
#include <span>

namespace holdfast::pool {

struct ShardOnDisk {
  std::uint8_t index = 0;
  std::size_t disk = 0;  // any number that stands for the disk
};

// As many shards as there can be, each with another disk: by index, its disk. A greatest matching,
// by augmenting paths; of several, one that keeps to the order given where it can.
[[nodiscard]] std::map<std::uint8_t, std::size_t> spread_of(std::span<const ShardOnDisk> shards);

}  // namespace holdfast::pool
