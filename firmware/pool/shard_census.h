// SPDX-License-Identifier: Apache-2.0
// Which shards there are of a 256th of all packs (those in one folder), by the names of their files
// alone: what is in them is the business of scrub. A value.
#pragma once

#include <bitset>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "firmware/pool/shard.h"

namespace holdfast::pool {

// Packs lie in so many folders, by the first byte of their names.
inline constexpr unsigned kPackFolders = 256;

class ShardCensus {
 public:
  void add(const ShardFileName& file);
  // Different shards of one generation: of this one, or if there is none of it, of the one that has
  // most.
  [[nodiscard]] int count(const Digest& pack, std::uint16_t generation) const;

 private:
  struct Generation {
    std::uint16_t number = 0;
    std::bitset<256> shards;  // by index
  };
  std::unordered_map<Digest, std::vector<Generation>, DigestHash> packs_;
};

}  // namespace holdfast::pool
