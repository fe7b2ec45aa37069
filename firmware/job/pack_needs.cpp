// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/pack_needs.h"

#include <algorithm>
#include <functional>
#include <set>
#include <span>

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

// Room on each plain member that works, the largest first.
Result<std::vector<std::uint64_t>> rooms_of(pool::Pool& pool) {
  std::vector<std::uint64_t> rooms;
  for (const pool::DiskStatus& disk : pool.status()) {
    if (disk.state != pool::DiskState::present || disk.errors > 0) continue;
    HF_TRY(const std::uint64_t room, pool.room_on(disk.id));
    rooms.push_back(room);
  }
  std::ranges::sort(rooms, std::greater());
  return rooms;
}

// Of all disks that are free of the pack the fullest may be meant: then one that has no room is
// tried in vain, and none is passed over that could help.
bool has_place(const PoolPack& pack, std::span<const std::uint64_t> rooms) {
  const erasure::Geometry& geometry = pack.hint.geometry;
  if (geometry.k == 0) return true;
  const auto placed = static_cast<std::size_t>(std::max(geometry.total() - pack.missing, 0));
  return rooms.size() > placed && rooms.front() >= pack.hint.pack_size / geometry.k;
}

}  // namespace

Result<std::uint64_t> keep_known(std::vector<PoolPack>& packs, pool::Pool& pool,
                                 const DamagedShards& damaged, std::size_t waited_for) {
  HF_TRY(const auto rooms, rooms_of(pool));
  const pool::LabelRecord& record = pool.label().record;
  const bool is_thick_again = pool.write_geometry() == erasure::Geometry{record.k, record.m};
  std::uint64_t without_place = 0;
  std::erase_if(packs, [&](const PoolPack& pack) {
    if (damaged.names(pack.name)) return false;
    if (pack.index_missing || pack.spare < 0) return true;
    if (pack.under_protected && is_thick_again) return false;
    if (pack.missing <= 0 || static_cast<std::size_t>(pack.missing) <= waited_for) return true;
    if (has_place(pack, rooms)) return false;
    without_place += static_cast<std::uint64_t>(pack.missing);
    return true;
  });
  return without_place;
}

}  // namespace holdfast::job
