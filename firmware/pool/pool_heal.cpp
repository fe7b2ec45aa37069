// SPDX-License-Identifier: Apache-2.0
// Scrub and heal of one pack. Heal adds and replaces; it never removes a shard.
#include <algorithm>
#include <set>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/pack_check.h"
#include "firmware/pool/pool.h"
#include "firmware/pool/shard_store.h"
#include "firmware/pool/spread.h"

namespace holdfast::pool {

namespace {

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

std::vector<std::uint8_t> without_place(const HealReport& report,
                                        const std::map<std::uint8_t, std::size_t>& places) {
  std::vector<std::uint8_t> lacking;
  for (int index = 0; index < report.found.shape->geometry.total(); ++index) {
    const auto number = static_cast<std::uint8_t>(index);
    if (!places.contains(number)) lacking.push_back(number);
  }
  return lacking;
}

// What rots on a disk that has left, and is intact on one that stays, nobody needs and nobody
// mends.
void leave_out_unneeded(ScrubReport& report, const std::vector<MemberDisk*>& disks) {
  const auto disk_of = [&](const ShardState& shard) {
    return *std::ranges::find(disks, shard.disk, &MemberDisk::id);
  };
  std::set<std::uint8_t> kept;
  for (const ShardState& shard : report.shards) {
    if (shard.intact() && disk_of(shard)->is_home()) kept.insert(shard.index);
  }
  std::erase_if(report.shards, [&](const ShardState& shard) {
    return !shard.intact() && !disk_of(shard)->is_current() && kept.contains(shard.index);
  });
}

}  // namespace

Result<ScrubReport> Pool::scrub_pack(const Digest& name, const PackHint& hint, PackMemory& memory) {
  PackCheck check(disk_list(), label_.record.pool, name, memory);
  HF_TRY(ScrubReport report, check.run(hint));
  leave_out_unneeded(report, disk_list());
  return report;
}

Result<std::optional<ScrubReport>> Pool::sum_pack(const Digest& name, const PackHint& hint,
                                                  std::span<const DiskId> proved_on,
                                                  PackMemory& memory) {
  PackCheck check(disk_list(), label_.record.pool, name, memory);
  HF_TRY(auto report, check.run_sums(hint, proved_on));
  if (report) leave_out_unneeded(*report, disk_list());
  return report;
}

Result<HealReport> Pool::heal_pack(const Digest& name, const PackHint& hint, PackMemory& memory) {
  HF_TRY(writable());
  PackCheck check(disk_list(), label_.record.pool, name, memory);
  HealReport report;
  HF_TRY(report.found, check.run(hint));
  leave_out_unneeded(report.found, disk_list());
  if (report.found.shape) {
    report.under_protected = report.found.shape->under_protected;
    if (report.found.proved) {
      HF_TRY(heal_in_place(check, report));
      HF_TRY(heal_elsewhere(check, report));
    }
    report.unhealed = without_place(report, spread(report));
    if (report.found.proved && report.under_protected) HF_TRY(recode(check, memory, report));
  }
  return report;
}

// By its name: which disks a pack was written to nobody remembers.
Result<bool> Pool::lies_on_liar(const Digest& name, const PackHint& hint) const {
  for (const auto& disk : disks_) {
    if (!disk->has_lied()) continue;
    for (int index = 0; index < hint.geometry.total(); ++index) {
      const std::string path = shard_path(name, hint.generation, static_cast<std::uint8_t>(index));
      const auto size = disk->disk().size_of(path);
      if (size) return true;
      if (size.error().is_of_process()) return size.error();
    }
  }
  return false;
}

// Nothing relies on the pack yet, so what is wrong goes as what was found so while it was written:
// under its name it would count until somebody looks into it.
Result<Pool::Reproved> Pool::reprove_pack(const Digest& name, const PackHint& hint) {
  HF_TRY(const bool is_concerned, lies_on_liar(name, hint));
  if (!is_concerned) return Reproved::whole;
  PackMemory memory;
  HF_TRY(const ScrubReport found, scrub_pack(name, hint, memory));
  if (!found.proved) return Reproved::lost;
  if (found.whole()) return Reproved::whole;
  for (const ShardState& shard : found.shards) {
    const MemberDisk& disk = find_disk(shard.disk);
    if (shard.intact() || !disk.has_lied()) continue;
    (void)disk.disk().remove(shard_path(name, found.shape->generation, shard.index));
  }
  HF_TRY(const HealReport healed, heal_pack(name, hint, memory));
  return healed.healed() ? Reproved::whole : Reproved::thin;
}

// A shard on a disk that leaves, or has left, is good to read and must be moved.
std::map<std::uint8_t, std::size_t> Pool::spread(const HealReport& report) const {
  std::vector<ShardOnDisk> shards;
  const auto add = [&](std::uint8_t index, const DiskId& id) {
    const auto disk = static_cast<std::size_t>(
        std::ranges::find_if(disks_, [&](const auto& each) { return each->id() == id; }) -
        disks_.begin());
    if (disks_[disk]->is_home()) shards.push_back({index, disk});
  };
  for (const ShardState& shard : report.found.shards) {
    if (shard.intact()) add(shard.index, shard.disk);
  }
  for (const HealedShard& shard : report.written) add(shard.index, shard.disk);
  return spread_of(shards);
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

// A disk all of whose shards have a place on others takes one more: a disk that was away while its
// shards were made anew does not stay closed to its pack.
Result<void> Pool::heal_elsewhere(PackCheck& check, HealReport& report) {
  DiskList unfit = check.unreadable_disks();
  ShardHeader header = check.shape();
  for (;;) {
    const auto places = spread(report);
    const auto lacking = without_place(report, places);
    if (lacking.empty()) return {};
    header.index = lacking.front();
    DiskList used = unfit;
    for (const auto& [index, disk] : places) used.push_back(disks_[disk].get());
    HF_TRY(auto claim, place_one(header.pack, header.file_size(), used));
    if (!claim) return {};
    MemberDisk& disk = claim->disk();
    HF_TRY(const bool done, heal_on(disk, header, check.shard_data(header.index), report));
    if (done) {
      claim->use();
      report.written.push_back({header.index, disk.id(), false});
    } else {
      unfit.push_back(&disk);
    }
  }
}

}  // namespace holdfast::pool
