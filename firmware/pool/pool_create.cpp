// SPDX-License-Identifier: Apache-2.0
// Creating a pool: everything is checked on every disk before the first byte is written; then
// directories everywhere, then labels.
#include "firmware/pool/member_change.h"
#include "firmware/pool/member_disk.h"
#include "firmware/pool/new_disk.h"
#include "firmware/pool/pool.h"

namespace holdfast::pool {

namespace {

LabelRecord first_record(const CreateOptions& options, const PoolSettings& settings,
                         erasure::Geometry geometry, DiskViews disks,
                         std::span<const std::uint64_t> capacities, ports::Random& random) {
  LabelRecord record;
  record.pool = random.id<PoolId>();
  record.box = options.box;
  record.incarnation = options.incarnation;
  record.nonce = random.array<32>();
  record.policy = options.policy;
  record.k = geometry.k;
  record.m = geometry.m;
  record.same_device_allowed = options.same_device_allowed;
  record.disk_reserve = settings.disk_reserve;
  for (std::size_t i = 0; i < disks.size(); ++i) {
    Member member;
    member.disk = random.id<DiskId>();
    member.slot = static_cast<std::uint32_t>(i);
    member.capacity = capacities[i];
    member.joined = record.epoch;
    member.place = disks[i]->name();
    record.members.push_back(std::move(member));
  }
  record.spare = spare_bytes(record);
  return record;
}

Result<void> write_labels(DiskViews disks, std::span<const Bytes> labels) {
  for (const DiskPointer& disk : disks) HF_TRY(make_folders(*disk));
  for (const std::string_view copy : kLabelCopies) {
    for (std::size_t i = 0; i < disks.size(); ++i) {
      HF_TRY(ports::store(*disks[i], copy, labels[i]));
    }
  }
  return {};
}

// What a pool of these disks would be like.
struct Checked {
  erasure::Geometry geometry{0, 0};
  std::vector<std::uint64_t> capacities;  // bytes of each disk
};

// Everything that can be looked at without writing.
Result<Checked> check_disks(DiskViews disks, const CreateOptions& options,
                            const PoolSettings& settings) {
  if (disks.empty()) {
    return make_error(ErrorCode::too_few_disks, {}, {{"present", "0"}, {"needed", "1"}});
  }
  for (std::size_t i = 0; i < options.devices.size(); ++i) {
    HF_TRY(check_device(*disks[i], options.devices[i]));
  }
  Checked checked;
  HF_TRY(checked.geometry, choose_geometry(options.policy, options.fixed, disks.size()));
  HF_TRY(check_distinct(disks, options.same_device_allowed));
  for (const DiskPointer& disk : disks) HF_TRY(check_empty(*disk, options));
  for (const DiskPointer& disk : disks) {
    HF_TRY(checked.capacities.emplace_back(), check_space(*disk, settings));
  }
  return checked;
}

}  // namespace

Result<erasure::Geometry> Pool::check_create(DiskViews disks, const CreateOptions& options,
                                             const PoolSettings& settings) {
  HF_TRY(const Checked checked, check_disks(disks, options, settings));
  return checked.geometry;
}

Result<std::unique_ptr<Pool>> Pool::create(std::vector<DiskPointer> disks,
                                           const CreateOptions& options,
                                           const PoolSettings& settings, const keys::Signer& signer,
                                           ports::Random& random) {
  HF_TRY(const Checked checked, check_disks(disks, options, settings));
  HF_TRY(check_writable(disks));

  const LabelRecord record =
      first_record(options, settings, checked.geometry, disks, checked.capacities, random);
  const Bytes record_bytes = encode_record(record, signer);
  const keys::TrustedSigners trusted(&signer.public_key(), 1);
  std::vector<Bytes> encoded;
  std::vector<Label> labels;
  for (const Member& member : record.members) {
    encoded.push_back(encode_label(record_bytes, member.disk, signer));
    HF_TRY(Label label, parse_label(encoded.back(), trusted));
    labels.push_back(std::move(label));
  }
  auto written = write_labels(disks, encoded);
  if (!written) {
    if (written.error().code != ErrorCode::power_cut)
      for (const DiskPointer& disk : disks) give_back(*disk);
    return std::move(written.error());
  }
  return assemble(labels.front(), std::move(disks), labels, settings);
}

}  // namespace holdfast::pool
