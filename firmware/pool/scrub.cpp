// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/scrub.h"

#include <algorithm>

namespace holdfast::pool {

bool ScrubReport::has(std::uint8_t index) const {
  return std::ranges::any_of(
      shards, [&](const ShardState& shard) { return shard.index == index && shard.intact(); });
}

bool ScrubReport::whole() const {
  return proved && missing.empty() && crowded.empty() &&
         std::ranges::all_of(
             shards, [](const ShardState& shard) { return shard.intact() || shard.needless; });
}

}  // namespace holdfast::pool
