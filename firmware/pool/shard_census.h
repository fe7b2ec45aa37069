// SPDX-License-Identifier: Apache-2.0
// Which shards there are of a 256th of all packs (those in one folder), by the names of their files
// alone: what is in them is the business of scrub. A value.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "firmware/pool/shard.h"

namespace holdfast::pool {

// Packs lie in so many folders, by the first byte of their names.
inline constexpr unsigned kPackFolders = 256;

// A file by its name.
struct PlacedShard {
  std::uint8_t index = 0;
  DiskId disk{};
  bool operator==(const PlacedShard&) const = default;
};

class ShardCensus {
 public:
  // `at_home`: its disk is a plain member of the pool.
  void add(const ShardFileName& file, const DiskId& disk, bool at_home);
  // Different shards of one generation: of this one, or if there is none of it, of the one that has
  // most. Files in `without` do not count.
  [[nodiscard]] int count(const Digest& pack, std::uint16_t generation,
                          std::span<const PlacedShard> without = {}) const;
  // The same of those that have a plain member of their own (firmware/pool/spread.h), other than
  // this disk.
  [[nodiscard]] int count_at_home(const Digest& pack, std::uint16_t generation,
                                  const std::optional<DiskId>& without = {}) const;
  // Files of such a generation on plain members.
  [[nodiscard]] int count_files_at_home(const Digest& pack, std::uint16_t generation) const;
  // Files of such a generation that are there once more on another disk: a disk that was given up,
  // and is back, has what was written anew elsewhere.
  [[nodiscard]] int count_twice(const Digest& pack, std::uint16_t generation) const;
  // Disks that have something of that pack, of any generation, each once for each file.
  [[nodiscard]] std::vector<DiskId> disks_of(const Digest& pack) const;

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
  // The greatest of what `measure` says of the shards of the generation asked for, or else of any.
  [[nodiscard]] int greatest(const Digest& pack, std::uint16_t generation,
                             const std::function<int(std::span<const Shard>)>& measure) const;
  std::unordered_map<Digest, std::vector<Generation>, DigestHash> packs_;
  std::vector<DiskId> disks_;
};

}  // namespace holdfast::pool
