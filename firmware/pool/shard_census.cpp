// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_census.h"

#include <algorithm>

namespace holdfast::pool {

void ShardCensus::add(const ShardFileName& file, const DiskId& disk, bool at_home) {
  auto place = std::ranges::find(disks_, disk);
  if (place == disks_.end()) place = disks_.insert(place, disk);
  std::vector<Generation>& generations = packs_[file.pack];
  auto known = std::ranges::find(generations, file.generation, &Generation::number);
  if (known == generations.end()) known = generations.insert(known, {file.generation, {}});
  const auto number = static_cast<std::uint8_t>(place - disks_.begin());
  known->shards.push_back({file.index, number, at_home});
}

int ShardCensus::count(const Digest& pack, std::uint16_t generation) const {
  return count_if(pack, generation, [](const Shard& /*shard*/) { return true; });
}

int ShardCensus::count_at_home(const Digest& pack, std::uint16_t generation,
                               const std::optional<DiskId>& without) const {
  return count_if(pack, generation, [&](const Shard& shard) {
    return shard.at_home && disks_[shard.disk] != without;
  });
}

int ShardCensus::count_if(const Digest& pack, std::uint16_t generation,
                          const std::function<bool(const Shard&)>& counts) const {
  const auto found = packs_.find(pack);
  if (found == packs_.end()) return 0;
  int most = 0;
  for (const Generation& each : found->second) {
    std::bitset<256> indices;
    for (const Shard& shard : each.shards) {
      if (counts(shard)) indices.set(shard.index);
    }
    const int shards = static_cast<int>(indices.count());
    if (each.number == generation) return shards;
    most = std::max(most, shards);
  }
  return most;
}

}  // namespace holdfast::pool
