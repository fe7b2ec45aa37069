// SPDX-License-Identifier: Apache-2.0
// Finds and opens the shards of one pack. No table says which disk has which shard: they are looked
// for by name on every disk, and only when they are asked for.
//
// A pack that was coded anew has shards of more than one generation for a while. The generations
// are tried in this order: complete ones, the highest first; then those with most shards to spare.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "firmware/pool/shard_file.h"

namespace holdfast::pool {

// A shard by its name alone.
struct ShardPlace {
  std::uint16_t generation = 0;
  std::uint8_t index = 0;
  MemberDisk* disk = nullptr;
};

// A header of each generation that has an intact one, best generation first. power_cut only.
[[nodiscard]] Result<std::vector<ShardHeader>> rank_generations(const PoolId& pool,
                                                                const Digest& pack,
                                                                std::span<const ShardPlace> places);

class ShardSet {
 public:
  ShardSet(std::vector<MemberDisk*> disks, const PoolId& pool, const Digest& pack)
      : disks_(std::move(disks)), pool_(pool), pack_(pack) {}

  // not_found: no disk has a shard of it; data_lost: there are some, or a disk cannot be read, and
  // no header is intact.
  [[nodiscard]] Result<void> open(const PackHint& hint);
  // After data_lost: goes on to the next best generation; false if there is none.
  [[nodiscard]] Result<bool> use_next_generation();

  // The header of one intact shard. After open().
  [[nodiscard]] const ShardHeader& shape() const { return shape_; }
  // Null if it is missing or bad. power_cut only.
  [[nodiscard]] Result<ShardFile*> shard(int index);
  [[nodiscard]] Error data_lost() const;

 private:
  struct Entry {
    bool tried = false;
    std::unique_ptr<ShardFile> file;
  };

  [[nodiscard]] Result<bool> use_hint(const PackHint& hint);
  [[nodiscard]] Result<void> list_generations();
  [[nodiscard]] Result<std::unique_ptr<ShardFile>> find(std::uint16_t generation, int index);
  [[nodiscard]] bool fits_shape(const ShardHeader& header) const;
  [[nodiscard]] bool has_shard(const MemberDisk* disk) const;
  void use(const ShardHeader& shape);

  std::vector<MemberDisk*> disks_;
  PoolId pool_;
  Digest pack_;
  ShardHeader shape_;
  std::vector<Entry> entries_;  // by index
  bool listed_ = false;
  std::vector<ShardHeader> left_;  // generations not tried yet, best last
  bool unreadable_ = false;        // something is there that could not be read
};

}  // namespace holdfast::pool
