// SPDX-License-Identifier: Apache-2.0
// Creating a pool: everything is checked on every disk before the first byte is written; then
// directories everywhere, then labels.
#include <algorithm>
#include <array>
#include <set>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/pool.h"

namespace holdfast::pool {

namespace {

constexpr std::string_view kProbe = "probe.tmp";
constexpr std::array<std::string_view, 2> kLabels = {"label.a", "label.b"};
constexpr std::array<std::string_view, 3> kDirectories = {"packs", "journal", "wraps"};

using DiskViews = std::span<const DiskPointer>;

Result<void> check_empty(ports::Disk& disk) {
  HF_TRY(const auto entries, disk.list(""));
  const auto has = [&](std::string_view name) {
    return std::ranges::find(entries, name, &ports::DirectoryEntry::name) != entries.end();
  };
  for (const std::string_view label : kLabels) {
    if (has(label)) return make_error(ErrorCode::disk_foreign, disk.name());
  }
  // A probe that a crash left is ours and is removed by the next one: see check_writable().
  for (const ports::DirectoryEntry& entry : entries) {
    if (entry.name != "lost+found" && entry.name != kProbe) {
      return make_error(ErrorCode::disk_not_empty, disk.name());
    }
  }
  return {};
}

Result<void> check_distinct(DiskViews disks, bool same_device_allowed) {
  std::set<std::string> names;
  std::vector<std::uint64_t> devices;
  for (const DiskPointer& disk : disks) {
    if (!names.insert(disk->name()).second) {
      return make_error(ErrorCode::disk_given_twice, disk->name());
    }
    HF_TRY(const std::uint64_t device, disk->device());
    const auto other = std::ranges::find(devices, device);
    if (other != devices.end() && !same_device_allowed) {
      const auto number = static_cast<std::size_t>(other - devices.begin());
      return make_error(ErrorCode::disk_same_device, disk->name(),
                        {{"other", disks[number]->name()}});
    }
    devices.push_back(device);
  }
  return {};
}

// Writes a probe on every disk. One that is there already was written by this very call: the same
// directory by another path.
Result<void> probe(DiskViews disks, std::size_t& probed) {
  for (const DiskPointer& disk : disks) {
    const auto file = disk->create(kProbe);
    if (!file && file.error().code == ErrorCode::already_exists) {
      return make_error(ErrorCode::disk_given_twice, disk->name());
    }
    if (!file) return file.error();
    ++probed;
    HF_TRY((*file)->append(view_of("holdfast")));
  }
  return {};
}

Result<void> check_writable(DiskViews disks) {
  for (const DiskPointer& disk : disks) {
    const auto removed = disk->remove(kProbe);
    if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  }
  std::size_t probed = 0;
  auto result = probe(disks, probed);
  for (std::size_t i = 0; i < probed; ++i) {
    auto removed = disks[i]->remove(kProbe);
    if (result) result = std::move(removed);
  }
  return result;
}

// Bytes of each disk.
Result<std::vector<std::uint64_t>> check_space(DiskViews disks, const PoolSettings& settings) {
  std::vector<std::uint64_t> capacities;
  for (const DiskPointer& disk : disks) {
    HF_TRY(const ports::Space space, disk->space());
    if (space.free <= std::min(settings.disk_reserve, space.total / 16)) {
      return make_error(ErrorCode::no_space, disk->name());
    }
    capacities.push_back(space.total);
  }
  return capacities;
}

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
  // Spare is there to heal into: only a disk beyond k + m can take the shards of a lost one.
  if (disks.size() > static_cast<std::size_t>(geometry.total())) {
    record.spare = std::ranges::max(capacities);
  }
  for (std::size_t i = 0; i < disks.size(); ++i) {
    Member member;
    member.disk = random.id<DiskId>();
    member.slot = static_cast<std::uint32_t>(i);
    member.capacity = capacities[i];
    member.joined = record.epoch;
    member.place = disks[i]->name();
    record.members.push_back(std::move(member));
  }
  return record;
}

Result<void> write_labels(DiskViews disks, std::span<const Bytes> labels) {
  for (const DiskPointer& disk : disks) {
    for (const std::string_view directory : kDirectories) {
      HF_TRY(ports::make_directories(*disk, directory));
    }
  }
  for (const std::string_view copy : kLabels) {
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
  Checked checked;
  HF_TRY(checked.geometry, choose_geometry(options.policy, options.fixed, disks.size()));
  HF_TRY(check_distinct(disks, options.same_device_allowed));
  for (const DiskPointer& disk : disks) HF_TRY(check_empty(*disk));
  HF_TRY(checked.capacities, check_space(disks, settings));
  return checked;
}

// The disks were empty: gives them back so, as far as they let us.
void take_back(DiskViews disks) {
  for (const DiskPointer& disk : disks) {
    for (const std::string_view copy : kLabels) {
      (void)disk->remove(std::string(copy) + ".tmp");
      (void)disk->remove(copy);
    }
    for (const std::string_view directory : kDirectories) (void)disk->remove(directory);
  }
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
    if (written.error().code != ErrorCode::power_cut) take_back(disks);
    return std::move(written.error());
  }
  return assemble(labels.front(), std::move(disks), labels, settings);
}

}  // namespace holdfast::pool
