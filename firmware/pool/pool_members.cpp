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
// pool was opened.
Result<void> check_not_ahead(ports::Disk& disk, const LabelRecord& record) {
  for (const std::string_view copy : kLabelCopies) {
    const auto bytes = ports::load(disk, copy, kLabelSizeMax);
    if (!bytes && bytes.error().is_of_process()) return bytes.error();
    if (!bytes) continue;
    const auto epoch = peek_epoch(*bytes, record.pool);
    if (epoch && *epoch > record.epoch) return make_error(ErrorCode::not_newest, disk.name());
  }
  return {};
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

Result<void> Pool::level_labels(const keys::Signer& signer) {
  if (labels_are_level() || record_signer(label_.record_bytes) != signer.public_key()) return {};
  HF_TRY(writable());
  DiskList behind = current_disks();
  for (const MemberDisk* disk : behind) HF_TRY(check_not_ahead(disk->disk(), label_.record));
  std::erase_if(behind,
                [&](const MemberDisk* disk) { return disk->label() == label_.record_digest; });
  const std::size_t level = current_disks().size() - behind.size();
  HF_TRY(const std::size_t written, write_label(label_, behind, signer));
  const std::size_t needed = copies_needed(label_.record);
  if (level + written < needed) return too_few(label_.record.pool, level + written, needed);
  return {};
}

Result<std::uint64_t> Pool::room_on(const DiskId& id) {
  for (const auto& disk : disks_) {
    if (disk->id() != id || !disk->takes_shards()) continue;
    return disk->room(true);
  }
  return std::uint64_t{0};
}

}  // namespace holdfast::pool
