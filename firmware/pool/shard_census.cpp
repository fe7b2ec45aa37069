// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_census.h"

#include <algorithm>

#include "firmware/pool/spread.h"

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

int ShardCensus::count(const Digest& pack, std::uint16_t generation,
                       std::span<const PlacedShard> without) const {
  return greatest(pack, generation, [&](std::span<const Shard> shards) {
    std::bitset<256> indices;
    for (const Shard& shard : shards) {
      const PlacedShard file{shard.index, disks_[shard.disk]};
      if (std::ranges::find(without, file) == without.end()) indices.set(shard.index);
    }
    return static_cast<int>(indices.count());
  });
}

int ShardCensus::count_at_home(const Digest& pack, std::uint16_t generation,
                               const std::optional<DiskId>& without) const {
  return greatest(pack, generation, [&](std::span<const Shard> shards) {
    std::vector<ShardOnDisk> at_home;
    std::bitset<256> indices;
    std::bitset<256> disks;
    for (const Shard& shard : shards) {
      if (!shard.at_home || disks_[shard.disk] == without) continue;
      at_home.push_back({shard.index, shard.disk});
      indices.set(shard.index);
      disks.set(shard.disk);
    }
    // Nearly every pack lies as it was written.
    const bool all_apart = indices.count() == at_home.size() && disks.count() == at_home.size();
    return static_cast<int>(all_apart ? at_home.size() : spread_of(at_home).size());
  });
}

int ShardCensus::count_files_at_home(const Digest& pack, std::uint16_t generation) const {
  return greatest(pack, generation, [](std::span<const Shard> shards) {
    return static_cast<int>(std::ranges::count_if(shards, &Shard::at_home));
  });
}

int ShardCensus::count_twice(const Digest& pack, std::uint16_t generation) const {
  return greatest(pack, generation, [](std::span<const Shard> shards) {
    std::bitset<256> indices;
    for (const Shard& shard : shards) indices.set(shard.index);
    return static_cast<int>(shards.size() - indices.count());
  });
}

std::vector<DiskId> ShardCensus::disks_of(const Digest& pack) const {
  std::vector<DiskId> disks;
  const auto found = packs_.find(pack);
  if (found == packs_.end()) return disks;
  for (const Generation& generation : found->second) {
    for (const Shard& shard : generation.shards) disks.push_back(disks_[shard.disk]);
  }
  return disks;
}

int ShardCensus::greatest(const Digest& pack, std::uint16_t generation,
                          const std::function<int(std::span<const Shard>)>& measure) const {
  const auto found = packs_.find(pack);
  if (found == packs_.end()) return 0;
  int most = 0;
  for (const Generation& each : found->second) {
    const int shards = measure(each.shards);
    if (each.number == generation) return shards;
    most = std::max(most, shards);
  }
  return most;
}

}  // namespace holdfast::pool
