// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/spread.h"

#include <set>

namespace holdfast::pool {

namespace {

class Matching {
 public:
  explicit Matching(std::span<const ShardOnDisk> shards) : shards_(shards) {}

  // Gives the shard a disk, moving others to another of theirs where that frees one. As deep as
  // there are disks at most.
  bool place(std::uint8_t index) {
    for (const ShardOnDisk& shard : shards_) {
      if (shard.index != index || !tried_.insert(shard.disk).second) continue;
      const auto holder = holders_.find(shard.disk);
      if (holder != holders_.end() && !place(holder->second)) continue;
      holders_[shard.disk] = index;
      return true;
    }
    return false;
  }
  void begin() { tried_.clear(); }
  [[nodiscard]] std::map<std::uint8_t, std::size_t> by_index() const {
    std::map<std::uint8_t, std::size_t> places;
    for (const auto& [disk, index] : holders_) places[index] = disk;
    return places;
  }

 private:
  std::span<const ShardOnDisk> shards_;
  std::map<std::size_t, std::uint8_t> holders_;  // by disk
  std::set<std::size_t> tried_;                  // disks, in this search
};

}  // namespace

std::map<std::uint8_t, std::size_t> spread_of(std::span<const ShardOnDisk> shards) {
  Matching matching(shards);
  std::set<std::uint8_t> seen;
  for (const ShardOnDisk& shard : shards) {
    if (!seen.insert(shard.index).second) continue;
    matching.begin();
    static_cast<void>(matching.place(shard.index));
  }
  return matching.by_index();
}

}  // namespace holdfast::pool
