// SPDX-License-Identifier: Apache-2.0
// Changing the members of a pool, and bringing their labels level.
#include <algorithm>

#include "firmware/pool/election.h"
#include "firmware/pool/member_disk.h"
#include "firmware/pool/new_disk.h"

namespace holdfast::pool {

namespace {

Error too_few(const PoolId& pool, std::size_t present, std::size_t needed) {
  return make_error(ErrorCode::too_few_disks, pool.hex(),
                    {{"present", std::to_string(present)}, {"needed", std::to_string(needed)}});
}

Result<void> store_label(ports::Disk& disk, ByteView label) {
  for (const std::string_view copy : kLabelCopies) HF_TRY(ports::store(disk, copy, label));
  return {};
}

// A disk that shows a newer label than the record in force was changed by somebody else since the
// pool was opened. What does not prove is rot, and says nothing.
Result<void> check_not_ahead(ports::Disk& disk, const LabelRecord& record,
                             keys::TrustedSigners trusted) {
  for (const std::string_view copy : kLabelCopies) {
    const auto bytes = ports::load(disk, copy, kLabelSizeMax);
    if (!bytes && bytes.error().is_of_process()) return bytes.error();
    if (!bytes) continue;
    const auto label = parse_label(*bytes, trusted);
    if (label && label->record.pool == record.pool && label->record.epoch > record.epoch) {
      return make_error(ErrorCode::not_newest, disk.name());
    }
  }
  return {};
}

Result<void> sync_folders(ports::Disk& disk) {
  constexpr std::string_view kPacks = "packs";
  HF_TRY(const auto folders, disk.list(kPacks));
  for (const ports::DirectoryEntry& folder : folders) {
    HF_TRY(disk.sync_directory(std::string(kPacks) + "/" + folder.name));
  }
  return disk.sync_directory(kPacks);
}

}  // namespace

Result<LabelRecord> Pool::plan_change(const MemberChange& change) const {
  return next_record(label_, change, {});
}

Result<std::uint64_t> Pool::check_new_disk(ports::Disk& disk, bool same_device_allowed,
                                           bool for_plan) {
  HF_TRY(const std::uint64_t device, disk.device());
  for (const auto& member : disks_) {
    if (member->disk().name() == disk.name()) {
      return make_error(ErrorCode::disk_is_member, disk.name());
    }
    const auto other = member->disk().device();
    if (!other && other.error().is_of_process()) return other.error();
    if (other && *other == device && !same_device_allowed && !label_.record.same_device_allowed) {
      return make_error(ErrorCode::disk_same_device, disk.name(),
                        {{"other", member->disk().name()}});
    }
  }
  HF_TRY(check_empty(disk));
  HF_TRY(const std::uint64_t capacity, check_space(disk, settings_));
  if (!for_plan) HF_TRY(check_writable(disk));
  return capacity;
}

Result<Label> Pool::change(const MemberChange& change, ports::Disk* joining,
                           const keys::Signer& signer, ports::Random& random) {
  HF_CHECK(change.joins.has_value() == (joining != nullptr));
  HF_TRY(writable());
  HF_TRY(const LabelRecord record, next_record(label_, change, random.array<32>()));
  const Bytes bytes = encode_record(record, signer);
  const keys::TrustedSigners trusted(&signer.public_key(), 1);
  HF_TRY(Label next, parse_record(bytes, trusted));

  if (joining != nullptr) {
    auto made = make_folders(*joining);
    if (made) made = store_label(*joining, encode_label(bytes, change.joins->disk, signer));
    if (!made) {
      if (!made.error().is_of_process()) give_back(*joining);
      return std::move(made.error());
    }
  }
  HF_TRY(const std::size_t members, write_label(next, current_disks(), signer));
  const std::size_t needed = copies_needed(label_.record);
  if (members < needed) return too_few(record.pool, members, needed);
  const auto stays = [&](const MemberDisk* disk) {
    const Member* member = record.find(disk->id());
    return member != nullptr && is_current(member->state) && disk->label() == next.record_digest;
  };
  const DiskList before = current_disks();
  const auto staying =
      static_cast<std::size_t>(std::ranges::count_if(before, stays)) + (joining != nullptr ? 1 : 0);
  if (staying < copies_needed(record)) {
    return too_few(record.pool, staying, copies_needed(record));
  }
  return next;
}

// The members stay, and with them all that the disks were opened with. If the record in force is a
// change that was cut, the quorum of the one before it must hold this one as well.
Result<void> Pool::take_over(std::uint32_t incarnation, const keys::Signer& signer,
                             keys::TrustedSigners trusted, ports::Random& random) {
  for (const MemberDisk* disk : current_disks()) {
    HF_TRY(check_not_ahead(disk->disk(), label_.record, trusted));
  }
  HF_TRY(Label next, change({.incarnation = incarnation}, nullptr, signer, random));
  const auto before = std::move(former_);
  former_ = label_.record;
  label_ = std::move(next);
  if (before) HF_TRY(check_holders(*before));
  return {};
}

// On how many of them it is now.
Result<std::size_t> Pool::write_label(const Label& label, const DiskList& disks,
                                      const keys::Signer& signer) {
  std::size_t written = 0;
  for (MemberDisk* disk : disks) {
    auto done = store_label(disk->disk(), encode_label(label.record_bytes, disk->id(), signer));
    if (done) {
      disk->set_label(label.record_digest);
      ++written;
      continue;
    }
    if (done.error().is_of_process()) return std::move(done.error());
    disk->note_write_failure(done.error());
  }
  return written;
}

bool Pool::labels_are_level() const {
  return std::ranges::all_of(current_disks(), [&](const MemberDisk* disk) {
    return disk->label() == label_.record_digest;
  });
}

Result<void> Pool::level_labels(const keys::Signer& signer, keys::TrustedSigners trusted) {
  if (record_signer(label_.record_bytes) != signer.public_key()) return {};
  if (!labels_are_level()) {
    HF_TRY(writable());
    DiskList behind = current_disks();
    for (const MemberDisk* disk : behind) {
      HF_TRY(check_not_ahead(disk->disk(), label_.record, trusted));
    }
    std::erase_if(behind,
                  [&](const MemberDisk* disk) { return disk->label() == label_.record_digest; });
    HF_TRY(const std::size_t written, write_label(label_, behind, signer));
    static_cast<void>(written);
  }
  HF_TRY(check_holders(label_.record));
  // Those who go by the record before must not be enough to write without us.
  if (former_) HF_TRY(check_holders(*former_));
  return {};
}

// Of the current members by that record enough have the label in force.
Result<void> Pool::check_holders(const LabelRecord& record) const {
  std::size_t level = 0;
  for (const auto& disk : disks_) {
    const Member* member = record.find(disk->id());
    const bool counts = member != nullptr && pool::is_current(member->state);
    if (counts && disk->label() == label_.record_digest) ++level;
  }
  const std::size_t needed = copies_needed(record);
  if (level < needed) return too_few(record.pool, level, needed);
  return {};
}

Result<ProbedDisk> Pool::probe(const DiskId& id) const {
  const std::string text = id.hex() + "\n";
  const auto done = ports::store(find_disk(id).disk(), kProbePath, view_of(text));
  if (done) return ProbedDisk::takes_writes;
  if (done.error().is_of_process()) return done.error();
  if (done.error().code == ErrorCode::no_space) return ProbedDisk::full;
  return done.error().code == ErrorCode::read_only ? ProbedDisk::read_only : ProbedDisk::failed;
}

Result<bool> Pool::sync_shard_folders() {
  bool all = true;
  for (MemberDisk* disk : disk_list()) {
    if (!disk->is_home()) continue;
    auto synced = sync_folders(disk->disk());
    if (synced) continue;
    if (synced.error().is_of_process()) return std::move(synced.error());
    disk->note_write_failure(synced.error());
    all = false;
  }
  return all;
}

bool Pool::plain_members_are_here() const {
  const bool has_failed = std::ranges::any_of(
      disks_, [](const auto& disk) { return disk->is_home() && !disk->takes_shards(); });
  return !has_failed && plain_members_away().empty();
}

std::vector<DiskId> Pool::plain_members_away() const {
  std::vector<DiskId> away;
  for (const Member& member : label_.record.members) {
    if (member.state != MemberState::member) continue;
    const bool is_at_home = std::ranges::any_of(
        disks_, [&](const auto& disk) { return disk->id() == member.disk && disk->is_home(); });
    if (!is_at_home) away.push_back(member.disk);
  }
  return away;
}

Result<std::uint64_t> Pool::room_on(const DiskId& id) {
  for (const auto& disk : disks_) {
    if (disk->id() != id || !disk->takes_shards()) continue;
    return disk->room(true);
  }
  return std::uint64_t{0};
}

}  // namespace holdfast::pool
