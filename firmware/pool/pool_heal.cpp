// SPDX-License-Identifier: Apache-2.0
// Scrub and heal of one pack. Heal adds and replaces; it never removes a shard.
#include <algorithm>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/pack_check.h"
#include "firmware/pool/pool.h"
#include "firmware/pool/shard_store.h"

namespace holdfast::pool {

namespace {

bool is_written(const HealReport& report, std::uint8_t index) {
  return std::ranges::find(report.written, index, &HealedShard::index) != report.written.end();
}

// Another shard than this one lies intact on its disk: in its place it would go with that one.
bool is_second_on_disk(const ScrubReport& found, const ShardState& shard) {
  return std::ranges::any_of(found.shards, [&](const ShardState& other) {
    return other.disk == shard.disk && other.index != shard.index && other.intact();
  });
}

// True if the shard is written; false if the disk failed, which is noted and told.
Result<bool> heal_on(MemberDisk& disk, const ShardHeader& header, ByteView data,
                     HealReport& report) {
  auto done = store_shard(disk, header, data);
  if (done) return true;
  if (done.error().is_of_process()) return std::move(done.error());
  disk.note_write_failure(done.error());
  report.failures.push_back({header.index, disk.id(), std::move(done.error())});
  return false;
}

}  // namespace

Result<ScrubReport> Pool::scrub_pack(const Digest& name, const PackHint& hint) {
  PackCheck check(disk_list(), label_.record.pool, name);
  return check.run(hint);
}

Result<HealReport> Pool::heal_pack(const Digest& name, const PackHint& hint) {
  HF_TRY(writable());
  PackCheck check(disk_list(), label_.record.pool, name);
  HealReport report;
  HF_TRY(report.found, check.run(hint));
  if (report.found.shape) {
    report.under_protected = report.found.shape->under_protected;
    if (report.found.proved) {
      HF_TRY(heal_in_place(check, report));
      HF_TRY(heal_elsewhere(check, report));
    }
    for (int index = 0; index < report.found.shape->geometry.total(); ++index) {
      const auto number = static_cast<std::uint8_t>(index);
      if (!has_place(report, number)) report.unhealed.push_back(number);
    }
  }
  return report;
}

// A shard on a disk that leaves, or has left, is good to read and must be moved.
bool Pool::has_place(const HealReport& report, std::uint8_t index) const {
  if (is_written(report, index)) return true;
  return std::ranges::any_of(report.found.shards, [&](const ShardState& shard) {
    return shard.index == index && shard.intact() && find_disk(shard.disk).is_home();
  });
}

MemberDisk& Pool::find_disk(const DiskId& id) const {
  const auto disk =
      std::ranges::find_if(disks_, [&](const auto& each) { return each->id() == id; });
  HF_CHECK(disk != disks_.end());
  return **disk;
}

// This may take from the reserve, which is there for it: the room of the old file comes back.
Result<void> Pool::heal_in_place(PackCheck& check, HealReport& report) {
  for (const ShardState& shard : report.found.shards) {
    if (shard.intact() || is_second_on_disk(report.found, shard)) continue;
    MemberDisk& disk = find_disk(shard.disk);
    if (!disk.takes_repairs() || !disk.is_home()) continue;
    ShardHeader header = check.shape();
    header.index = shard.index;
    HF_TRY(const bool done, heal_on(disk, header, check.shard_data(shard.index), report));
    if (done) report.written.push_back({shard.index, shard.disk, true});
  }
  return {};
}

Result<void> Pool::heal_elsewhere(PackCheck& check, HealReport& report) {
  DiskList used = check.disks_in_use();
  ShardHeader header = check.shape();
  for (int index = 0; index < header.geometry.total(); ++index) {
    header.index = static_cast<std::uint8_t>(index);
    while (!has_place(report, header.index)) {
      HF_TRY(auto claim, place_one(header.pack, header.file_size(), used));
      if (!claim) return {};
      MemberDisk& disk = claim->disk();
      used.push_back(&disk);
      HF_TRY(const bool done, heal_on(disk, header, check.shard_data(header.index), report));
      if (!done) continue;
      claim->use();
      report.written.push_back({header.index, disk.id(), false});
    }
  }
  return {};
}

}  // namespace holdfast::pool
