// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/pool.h"

#include <algorithm>
#include <map>

#include "firmware/pool/election.h"
#include "firmware/pool/member_change.h"
#include "firmware/pool/member_disk.h"
#include "firmware/pool/stripe_reader.h"

namespace holdfast::pool {

Pool::Pool(Label label, const PoolSettings& settings)
    : label_(std::move(label)), settings_(settings) {}

Pool::~Pool() = default;

std::unique_ptr<Pool> Pool::assemble(Label newest, std::vector<DiskPointer> disks,
                                     std::span<const Label> labels, const PoolSettings& settings) {
  HF_CHECK(disks.size() == labels.size());
  const auto slot_of = [&](const DiskId& id) {
    const Member* member = newest.record.find(id);
    return member == nullptr ? kMembersMax : member->slot;
  };
  std::vector<std::size_t> order(disks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(
      order, {}, [&](std::size_t i) { return std::pair(slot_of(labels[i].disk), labels[i].disk); });
  std::unique_ptr<Pool> pool(new Pool(std::move(newest), settings));
  for (const std::size_t i : order) {
    const Member* member = pool->label_.record.find(labels[i].disk);
    const MemberState state = member == nullptr ? MemberState::retired : member->state;
    pool->disks_.push_back(
        std::make_unique<MemberDisk>(std::move(disks[i]), labels[i].disk, state, settings));
    pool->disks_.back()->set_label(labels[i].record_digest);
  }
  return pool;
}

void Pool::set_failing(const DiskId& id) {
  for (const auto& disk : disks_) {
    if (disk->id() == id) disk->set_failing();
  }
}

void Pool::set_slow(const DiskId& id, Timestamp time) {
  for (const auto& disk : disks_) {
    if (disk->id() == id) disk->set_slow(time);
  }
}

void Pool::set_healed(const DiskId& id) {
  healed_.push_back(id);
}

void Pool::set_apart(const DiskId& id) {
  for (const auto& disk : disks_) {
    if (disk->id() == id) disk->set_apart(true);
  }
}

void Pool::take_in(const DiskId& id) {
  for (const auto& disk : disks_) {
    if (disk->id() == id) disk->set_apart(false);
  }
  std::erase(healed_, id);
}

Result<void> Pool::writable() const {
  if (not_writable_) return *not_writable_;
  return {};
}

std::size_t Pool::homes() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(disks_, [](const auto& disk) { return disk->is_home(); }));
}

std::size_t Pool::takers() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(disks_, [](const auto& disk) { return disk->takes_shards(); }));
}

erasure::Geometry Pool::write_geometry() const {
  return degraded_geometry({label_.record.k, label_.record.m}, takers());
}

std::vector<DiskStatus> Pool::status() const {
  std::vector<DiskStatus> all;
  for (const auto& disk : disks_) {
    DiskStatus status{.id = disk->id(), .path = disk->disk().name(), .errors = disk->errors()};
    status.is_failing = disk->is_failing();
    status.slow = disk->slow();
    status.is_leaving = disk->state() == MemberState::leaving;
    if (status.is_leaving) status.state = DiskState::leaving;
    if (!disk->is_current()) status.state = DiskState::retired;
    if (!disk->has_label()) {
      status.id = {};
      status.state = DiskState::damaged;
      status.is_leaving = std::ranges::any_of(label_.record.members, [&](const Member& member) {
        return member.state == MemberState::leaving && member.place == status.path;
      });
    }
    if (const auto space = disk->disk().space()) {
      status.bytes_total = space->total;
      status.bytes_free = space->free;
      status.is_read_only = space->is_read_only;
    }
    all.push_back(std::move(status));
  }
  for (const Member& member : label_.record.members) {
    const bool present =
        std::ranges::any_of(disks_, [&](const auto& disk) { return disk->id() == member.disk; });
    if (present || !is_current(member.state)) continue;
    all.push_back({.id = member.disk,
                   .path = member.place,
                   .state = DiskState::missing,
                   .is_leaving = member.state == MemberState::leaving});
  }
  all.insert(all.end(), strangers_.begin(), strangers_.end());
  return all;
}

std::uint64_t Pool::usable_bytes() const {
  return pool::usable_bytes(label_.record);
}

std::uint64_t Pool::members_present() const {
  return current_disks().size();
}

std::vector<Pool::PresentMember> Pool::present_members() const {
  std::vector<PresentMember> members;
  for (const MemberDisk* disk : current_disks()) {
    members.push_back({disk->id(), &disk->disk(), disk->errors() > 0,
                       disk->measured_pace().is_slow(), disk->has_lied()});
  }
  return members;
}

std::size_t Pool::liar_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(disks_, [](const auto& disk) { return disk->has_lied(); }));
}

std::size_t Pool::quorum_copies() const {
  return copies_needed(label_.record);
}

void Pool::report_error(const DiskId& id) {
  for (const auto& disk : disks_) {
    if (disk->id() == id) disk->report_error();
  }
}

void Pool::report_read_error(const DiskId& id) {
  for (const auto& disk : disks_) {
    if (disk->id() == id) disk->report_read_error();
  }
}

Pool::DiskList Pool::disk_list() const {
  DiskList disks;
  for (const auto& disk : disks_) disks.push_back(disk.get());
  return disks;
}

Pool::DiskList Pool::current_disks() const {
  DiskList disks = disk_list();
  std::erase_if(disks, [](const MemberDisk* disk) { return !disk->is_current(); });
  return disks;
}

Result<std::unique_ptr<PackHandle>> Pool::open_pack(const Digest& name, const PackHint& hint,
                                                    const std::optional<DiskId>& left_out) {
  std::vector<MemberDisk*> asked = disk_list();
  std::erase_if(asked, [&](const MemberDisk* disk) { return left_out && disk->id() == *left_out; });
  ShardSet shards(std::move(asked), label_.record.pool, name);
  HF_TRY(shards.open(hint));
  return std::make_unique<StripeReader>(std::move(shards));
}

Result<Buffer> Pool::read_whole(const Digest& name, const PackHint& hint) {
  HF_TRY(const auto pack, open_pack(name, hint));
  return pack->read_whole();
}

Result<void> Pool::list_packs(const std::function<Result<void>(const FoundPack&)>& visit) {
  for (unsigned first_byte = 0; first_byte < 256; ++first_byte) {
    HF_TRY(list_directory(static_cast<std::uint8_t>(first_byte), visit));
  }
  return {};
}

Result<void> Pool::list_directory(std::uint8_t first_byte,
                                  const std::function<Result<void>(const FoundPack&)>& visit) {
  std::map<Digest, std::vector<ShardPlace>> packs;
  HF_TRY(for_each_shard_in(first_byte, [&](const ShardFileName& name, MemberDisk& disk) {
    packs[name.pack].push_back({name.generation, name.index, &disk});
  }));
  for (const auto& [name, places] : packs) {
    HF_TRY(const auto shapes, rank_shapes(label_.record.pool, name, places, {}));
    if (shapes.empty()) continue;
    const ShardHeader& best = shapes.front();
    const PackHint hint = {best.geometry, best.generation, best.pack_size};
    HF_TRY(visit({name, hint, best.pack_size, best.pack_header}));
  }
  return {};
}

Result<ShardCensus> Pool::census(std::uint8_t first_byte) {
  ShardCensus census;
  HF_TRY(for_each_shard_in(first_byte, [&](const ShardFileName& name, const MemberDisk& disk) {
    census.add(name, disk.id(), disk.is_home());
  }));
  return census;
}

Result<void> Pool::for_each_shard_in(
    std::uint8_t first_byte, const std::function<void(const ShardFileName&, MemberDisk&)>& visit) {
  Digest any;
  any.bytes[0] = first_byte;
  for (MemberDisk* disk : disk_list()) {
    const auto entries = disk->disk().list(shard_directory(any));
    if (!entries) {
      if (entries.error().is_of_process()) return entries.error();
      disk->note_read_failure(entries.error());
      continue;
    }
    for (const ports::DirectoryEntry& entry : *entries) {
      const auto name = parse_shard_file_name(entry.name);
      if (name && name->pack.bytes[0] == first_byte) visit(*name, *disk);
    }
  }
  return {};
}

}  // namespace holdfast::pool
