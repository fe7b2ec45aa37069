// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/pack_needs.h"

#include <algorithm>
#include <optional>
#include <set>

namespace holdfast::job {

bool comes_first(const PoolPack& pack) {
  return (pack.missing > 0 || pack.under_protected) && pack.spare >= 0;
}

bool lies_as_it_should(const PoolPack& pack) {
  return pack.missing == 0 && !pack.index_missing;
}

bool has_enough_shards(const PoolPack& pack, const pool::ScrubReport& found) {
  if (!pack.index_missing) return pack.spare >= 0;
  if (!found.shape) return false;
  std::set<std::uint8_t> indices;
  for (const pool::ShardState& shard : found.shards) indices.insert(shard.index);
  return indices.size() >= found.shape->geometry.k;
}

namespace {

struct Room {
  DiskId disk;
  std::uint64_t bytes = 0;
};

// On each plain member that works.
Result<std::vector<Room>> rooms_of(pool::Pool& pool) {
  std::vector<Room> rooms;
  for (const pool::DiskStatus& disk : pool.status()) {
    if (disk.state != pool::DiskState::present || disk.errors > 0) continue;
    HF_TRY(const std::uint64_t bytes, pool.room_on(disk.id));
    rooms.push_back({disk.id, bytes});
  }
  return rooms;
}

class Places {
 public:
  Places(pool::Pool& pool, std::vector<Room> rooms, std::uint64_t for_backups)
      : pool_(pool), rooms_(std::move(rooms)), for_backups_(for_backups) {}

  // On a disk that has nothing of the pack, or nothing that another one has not as well. Shards are
  // a little more than their share of the pack.
  [[nodiscard]] Result<bool> has_one(const PoolPack& pack) {
    if (pack.hint.geometry.k == 0) return true;
    const std::uint8_t folder = pack.name.bytes[0];
    if (folder_ != folder) {
      HF_TRY(census_, pool_.census(folder));
      folder_ = folder;
    }
    const auto placed = static_cast<std::size_t>(pack.hint.geometry.total() - pack.missing);
    const std::vector<DiskId> used = census_.disks_of(pack.name);
    const std::uint64_t share = pack.hint.pack_size / pack.hint.geometry.k;
    return rooms_.size() > placed && std::ranges::any_of(rooms_, [&](const Room& room) {
             const bool is_free = std::ranges::find(used, room.disk) == used.end();
             return room.bytes > share && (is_free || used.size() > placed);
           });
  }
  // To be written once more as the pool wants it.
  [[nodiscard]] bool has_all(const PoolPack& pack) const {
    const pool::LabelRecord& record = pool_.label().record;
    const bool has_disks = pool_.write_geometry() == erasure::Geometry{record.k, record.m};
    return has_disks && for_backups_ > pack.hint.pack_size;
  }

 private:
  pool::Pool& pool_;
  std::vector<Room> rooms_;
  std::uint64_t for_backups_;  // bytes of packs, the spare kept free
  pool::ShardCensus census_;   // of the folder
  std::optional<std::uint8_t> folder_;
};

}  // namespace

Result<KnownNeeds> keep_known(std::vector<PoolPack>& packs, pool::Pool& pool,
                              const DamagedShards& damaged, const PackSet& noted,
                              std::size_t waited_for) {
  HF_TRY(auto rooms, rooms_of(pool));
  HF_TRY(const std::uint64_t for_backups, pool.free_bytes());
  Places places(pool, std::move(rooms), for_backups);
  KnownNeeds needs;
  std::vector<PoolPack> kept;
  for (const PoolPack& pack : packs) {
    const bool is_readable = !pack.index_missing && pack.spare >= 0;
    // What was called lost may be read again: one look tells.
    bool is_needed = is_readable && (damaged.names(pack.name) || noted.contains(pack.name));
    if (!is_needed && is_readable && pack.under_protected) is_needed = places.has_all(pack);
    if (!is_needed && is_readable && pack.missing > static_cast<int>(waited_for)) {
      HF_TRY(is_needed, places.has_one(pack));
      if (!is_needed) needs.shards_unplaced += static_cast<std::uint64_t>(pack.missing);
    } else if (!is_needed && is_readable && pack.missing > 0) {
      needs.waiting += 1;
    }
    // Without an index: nobody could read it when the business was opened, so nobody can.
    if (!is_readable && pack.is_named) needs.lost.push_back(pack);
    if (is_needed) kept.push_back(pack);
  }
  packs = std::move(kept);
  return needs;
}

}  // namespace holdfast::job
