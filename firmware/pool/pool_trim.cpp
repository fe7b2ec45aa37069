// SPDX-License-Identifier: Apache-2.0
// Removing what a pack has twice: a disk that was away is back, and what it had was made anew
// elsewhere meanwhile. Beside a prune nothing else removes a shard that counts.
#include <algorithm>
#include <array>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/pool.h"
#include "firmware/pool/shard_store.h"
#include "firmware/pool/spread.h"

namespace holdfast::pool {

namespace {

// Every file of it is right, by bytes that the disks gave just now.
bool is_all_right(const ScrubReport& found) {
  return found.whole() && !found.shape->under_protected && found.unreadable_disks.empty() &&
         std::ranges::all_of(found.shards, &ShardState::intact);
}

}  // namespace

// Of those that can go, the one whose disk has the least room.
Result<std::optional<ShardState>> Pool::find_surplus(const ScrubReport& found) {
  std::optional<ShardState> surplus;
  std::uint64_t least = 0;
  for (const ShardState& file : found.shards) {
    MemberDisk& disk = find_disk(file.disk);
    if (!disk.is_home()) continue;
    std::vector<ShardOnDisk> others;
    for (std::size_t i = 0; i < found.shards.size(); ++i) {
      const ShardState& other = found.shards[i];
      const auto place =
          std::ranges::find(disks_, other.disk, [](const auto& d) { return d->id(); });
      const bool is_same = other.disk == file.disk && other.index == file.index;
      if (is_same || !(*place)->is_home()) continue;
      others.push_back({other.index, static_cast<std::size_t>(place - disks_.begin())});
    }
    const auto total = static_cast<std::size_t>(found.shape->geometry.total());
    if (spread_of(others).size() < total) continue;
    HF_TRY(const std::uint64_t room, disk.room(true));
    if (surplus && room >= least) continue;
    surplus = file;
    least = room;
  }
  return surplus;
}

// The others, now: a disk may have gone since it was read, of which the system may remember names
// and sizes.
Result<bool> Pool::are_there(const ScrubReport& found, const ShardState& left_out) {
  std::array<std::uint8_t, kShardHeaderSize> block{};
  for (const ShardState& shard : found.shards) {
    if (shard.disk == left_out.disk && shard.index == left_out.index) continue;
    MemberDisk& disk = find_disk(shard.disk);
    auto file =
        disk.disk().open_fresh(shard_path(found.pack, found.shape->generation, shard.index));
    Result<void> read;
    if (file) read = (*file)->read_all(0, block);
    if (!file) read = std::move(file.error());
    if (!read && read.error().is_of_process()) return std::move(read.error());
    if (!read) disk.note_read_failure(read.error());
    if (!read || (*file)->size() != found.shape->file_size()) return false;
  }
  return plain_members_are_here();
}

Result<TrimReport> Pool::trim_pack(const Digest& name, const PackHint& hint, PackMemory& memory) {
  HF_TRY(writable());
  TrimReport report;
  HF_TRY(report.found, scrub_pack(name, hint, memory));
  if (!is_all_right(report.found) || !plain_members_are_here()) return report;
  HF_TRY(const auto surplus, find_surplus(report.found));
  if (!surplus) return report;
  HF_TRY(const bool are_others_there, are_there(report.found, *surplus));
  if (!are_others_there) return report;
  MemberDisk& disk = find_disk(surplus->disk);
  auto removed =
      disk.disk().remove(shard_path(name, report.found.shape->generation, surplus->index));
  if (removed) removed = disk.disk().sync_directory(shard_directory(name));
  if (!removed) {
    if (removed.error().is_of_process()) return std::move(removed.error());
    disk.note_write_failure(removed.error());
    report.failure = {surplus->index, surplus->disk, std::move(removed.error())};
    return report;
  }
  std::erase_if(report.found.shards, [&](const ShardState& shard) {
    return shard.disk == surplus->disk && shard.index == surplus->index;
  });
  report.removed = {surplus->disk, surplus->path};
  return report;
}

}  // namespace holdfast::pool
