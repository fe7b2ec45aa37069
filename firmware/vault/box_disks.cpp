// SPDX-License-Identifier: Apache-2.0
// The note of the disks: who changes it, and what must stand there before shards are written.
#include <algorithm>

#include "firmware/vault/box.h"
#include "firmware/vault/disk_watch_note.h"

namespace holdfast::vault {

namespace {

constexpr const char* kNoteLock = "disks";

}  // namespace

Result<Box::DiskWatch> Box::change_disk_watch(const ChangeWatch& change) {
  const auto taken = lock(kNoteLock);
  if (!taken && taken.error().code != ErrorCode::locked) return taken.error();
  DiskWatch watch;
  HF_TRY(watch.disks, load_disk_watch(ports_.home));
  const std::vector<policy::WatchedDisk> before = watch.disks;
  change(watch.disks);
  watch.is_noted = watch.disks == before;
  if (taken && !watch.is_noted) {
    HF_TRY(store_disk_watch(ports_.home, watch.disks));
    watch.is_noted = true;
  }
  return watch;
}

// The mark of a disk says that it got nothing since all it had was healed elsewhere, and backups
// use the room that its heal would need. So the mark goes first, and then something is written: cut
// in between, the room is kept for nothing until the next heal.
Result<void> Box::take_in_disks() {
  HF_TRY(pool::Pool * opened_pool, pool());
  std::vector<DiskId> here;
  for (const auto& member : opened_pool->present_members()) here.push_back(member.id);
  HF_TRY(std::vector<policy::WatchedDisk> known, load_disk_watch(ports_.home));
  const std::vector<policy::WatchedDisk> before = known;
  if (!policy::note_here(known, here)) return {};
  const auto noted = change_disk_watch(
      [&](std::vector<policy::WatchedDisk>& disks) { policy::note_here(disks, here); });
  if (!noted && noted.error().is_of_process()) return noted.error();
  // A note that could not be read the second time is not what it was changed to.
  const auto stands = [&](const policy::WatchedDisk& disk) {
    if (!noted || !noted->is_noted) return false;
    const auto line = std::ranges::find(noted->disks, disk.disk, &policy::WatchedDisk::disk);
    return line != noted->disks.end() && !line->away_since && line->healed == disk.healed;
  };
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == before[i]) continue;
    const bool is_as_others = stands(known[i]) && !known[i].healed;
    if (is_as_others) opened_pool->take_in(known[i].disk);
    if (!is_as_others) opened_pool->set_apart(known[i].disk);
  }
  return {};
}

}  // namespace holdfast::vault
