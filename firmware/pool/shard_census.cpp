// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard_census.h"

#include <algorithm>

namespace holdfast::pool {

void ShardCensus::add(const ShardFileName& file) {
  std::vector<Generation>& generations = packs_[file.pack];
  auto known = std::ranges::find(generations, file.generation, &Generation::number);
  if (known == generations.end()) known = generations.insert(known, {file.generation, {}});
  known->shards.set(file.index);
}

int ShardCensus::count(const Digest& pack, std::uint16_t generation) const {
  const auto found = packs_.find(pack);
  if (found == packs_.end()) return 0;
  int most = 0;
  for (const Generation& each : found->second) {
    const int shards = static_cast<int>(each.shards.count());
    if (each.number == generation) return shards;
    most = std::max(most, shards);
  }
  return most;
}

}  // namespace holdfast::pool
