// SPDX-License-Identifier: Apache-2.0
// Which shards there are of a 256th of all packs (those in one folder), by the names of their files
// alone: what is in them is the business of scrub. A value.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "firmware/pool/shard.h"

namespace holdfast::pool {

// Packs lie in so many folders, by the first byte of their names.
inline constexpr unsigned kPackFolders = 256;

class ShardCensus {
 public:
  // `at_home`: its disk is a plain member of the pool.
  void add(const ShardFileName& file, const DiskId& disk, bool at_home);
  // Different shards of one generation: of this one, or if there is none of it, of the one that has
  // most.
  [[nodiscard]] int count(const Digest& pack, std::uint16_t generation) const;
  // The same of those on plain members, but for this disk.
  [[nodiscard]] int count_at_home(const Digest& pack, std::uint16_t generation,
                                  const std::optional<DiskId>& without = {}) const;

 private:
  struct Shard {
    std::uint8_t index = 0;
    std::uint8_t disk = 0;  // its place in disks_
    bool at_home = false;
  };
  struct Generation {
    std::uint16_t number = 0;
    std::vector<Shard> shards;
  };
  [[nodiscard]] int count_if(const Digest& pack, std::uint16_t generation,
                             const std::function<bool(const Shard&)>& counts) const;
  std::unordered_map<Digest, std::vector<Generation>, DigestHash> packs_;
  std::vector<DiskId> disks_;
};

}  // namespace holdfast::pool
