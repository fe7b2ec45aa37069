// SPDX-License-Identifier: Apache-2.0
// The note of the disks: who changes it, and what must stand there before shards are written.
#include <algorithm>

#include "firmware/vault/box.h"
#include "firmware/vault/disk_watch_note.h"

namespace holdfast::vault {

namespace {

constexpr const char* kNoteLock = "disks";
// Whoever is at the note writes one small file: a second is plenty.
constexpr int kNoteTries = 10;
constexpr std::int64_t kNoteWait_ns = 100'000'000;

// Of those that the note calls read-only: who takes a write now. Where nobody may write, nothing is
// tried.
Result<std::vector<DiskId>> writable_again(const pool::Pool& pool, std::span<const DiskId> here,
                                           std::span<const policy::WatchedDisk> known) {
  std::vector<DiskId> writable;
  if (!pool.writable()) return writable;
  for (const policy::WatchedDisk& disk : known) {
    const bool is_here = std::ranges::find(here, disk.disk) != here.end();
    if (!is_here || !disk.read_only) continue;
    HF_TRY(const pool::ProbedDisk probed, pool.probe(disk.disk));
    if (probed == pool::ProbedDisk::takes_writes) writable.push_back(disk.disk);
  }
  return writable;
}

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
Result<void> Box::take_in_disks(Writer writer) {
  HF_TRY(pool::Pool * opened_pool, pool());
  std::vector<DiskId> here;
  for (const auto& member : opened_pool->present_members()) here.push_back(member.id);
  HF_TRY(std::vector<policy::WatchedDisk> known, load_disk_watch(ports_.home));
  const std::vector<policy::WatchedDisk> before = known;
  HF_TRY(const std::vector<DiskId> writable, writable_again(*opened_pool, here, known));
  if (!policy::note_here(known, here, writable)) return {};
  const ChangeWatch take_in = [&](auto& disks) { policy::note_here(disks, here, writable); };
  auto noted = change_disk_watch(take_in);
  for (int tries = 1; tries < kNoteTries && noted && !noted->is_noted; ++tries) {
    ports_.clock.wait(kNoteWait_ns);
    noted = change_disk_watch(take_in);
  }
  if (!noted && noted.error().is_of_process()) return noted.error();
  // A note that could not be read the second time is not what it was changed to.
  const auto stands = [&](const DiskId& disk) {
    if (!noted || !noted->is_noted) return false;
    const auto line = std::ranges::find(noted->disks, disk, &policy::WatchedDisk::disk);
    return line != noted->disks.end() && !line->healed;
  };
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == before[i]) continue;
    const DiskId& disk = known[i].disk;
    const bool has_no_mark = writer == Writer::heal && !before[i].healed;
    has_no_mark || stands(disk) ? opened_pool->take_in(disk) : opened_pool->set_apart(disk);
  }
  return {};
}

}  // namespace holdfast::vault
