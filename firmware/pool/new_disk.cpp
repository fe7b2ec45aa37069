// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/new_disk.h"

#include <algorithm>
#include <set>

#include "firmware/pool/election.h"
#include "firmware/pool/geometry.h"
#include "firmware/pool/label.h"

namespace holdfast::pool {

namespace {

constexpr std::string_view kProbe = "probe.tmp";
constexpr std::array<std::string_view, 3> kFolders = {"packs", "journal", "wraps"};

std::string temporary(std::string_view name) {
  return std::string(name) + ".tmp";
}

// What a cut leaves is ours, and the next making takes it over.
Result<bool> is_left_by_cut(ports::Disk& disk, const ports::DirectoryEntry& entry) {
  if (!entry.is_directory) {
    return entry.name == kProbe || std::ranges::any_of(kLabelCopies, [&](std::string_view copy) {
             return entry.name == temporary(copy);
           });
  }
  if (std::ranges::find(kFolders, entry.name) == kFolders.end()) return false;
  HF_TRY(const auto entries, disk.list(entry.name));
  return entries.empty();
}

bool is_label(std::string_view name) {
  return std::ranges::find(kLabelCopies, name) != kLabelCopies.end();
}

// A pool that came to life has more than its first labels: a keyring on each disk at once, and
// later packs. So one of these alone protects nothing, whatever an older home knows of it.
Result<bool> is_label_of_cut(ports::Disk& disk, std::string_view copy, const CreateOptions& maker) {
  if (maker.trusted.empty()) return false;
  const auto bytes = ports::load(disk, copy, kLabelSizeMax);
  if (!bytes && bytes.error().code == ErrorCode::limit_exceeded) return false;
  if (!bytes) return bytes.error();
  const auto label = parse_label(*bytes, maker.trusted);
  return label && label->record.box == maker.box &&
         label->record.incarnation == maker.incarnation && label->record.epoch == 1;
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

Error told_member(const ports::Disk& disk, const Label& label, const LabelRecord& record) {
  const Member* member = record.find(label.disk);
  if (member == nullptr || !is_current(member->state)) {
    return make_error(ErrorCode::disk_is_member, disk.name(), {{"left", label.disk.hex()}});
  }
  return make_error(ErrorCode::disk_is_member, disk.name(), {{"place", member->place}});
}

}  // namespace

Result<void> check_no_member(ports::Disk& disk, const LabelRecord& record,
                             keys::TrustedSigners trusted) {
  bool has_label = false;
  for (const std::string_view copy : kLabelCopies) {
    const auto bytes = ports::load(disk, copy, kLabelSizeMax);
    if (!bytes && bytes.error().is_of_process()) return bytes.error();
    const auto pool = bytes ? peek_pool(*bytes) : Result<PoolId>(bytes.error());
    if (!pool || *pool != record.pool) continue;
    has_label = true;
    const auto label = parse_label(*bytes, trusted);
    if (label) return told_member(disk, *label, record);
  }
  if (has_label) return make_error(ErrorCode::disk_is_member, disk.name());
  return {};
}

Result<void> check_device(ports::Disk& disk, std::uint64_t device) {
  HF_TRY(const std::uint64_t now, disk.device());
  if (now == device) return {};
  return make_error(ErrorCode::disk_not_offered, disk.name());
}

Result<void> check_empty(ports::Disk& disk, const CreateOptions& maker) {
  HF_TRY(const auto entries, disk.list(""));
  bool has_label = false;
  for (const ports::DirectoryEntry& entry : entries) {
    if (!is_label(entry.name)) continue;
    has_label = true;
    HF_TRY(const bool left, is_label_of_cut(disk, entry.name, maker));
    if (!left) return make_error(ErrorCode::disk_foreign, disk.name());
  }
  for (const ports::DirectoryEntry& entry : entries) {
    if (is_label(entry.name) || entry.name == "lost+found") continue;
    HF_TRY(const bool left, is_left_by_cut(disk, entry));
    if (left) continue;
    return make_error(has_label ? ErrorCode::disk_foreign : ErrorCode::disk_not_empty, disk.name());
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

Result<void> check_writable(ports::Disk& disk) {
  auto removed = disk.remove(kProbe);
  if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  HF_TRY(const auto file, disk.create(kProbe));
  auto appended = file->append(view_of("holdfast"));
  auto taken_away = disk.remove(kProbe);
  return appended ? std::move(taken_away) : std::move(appended);
}

Result<std::uint64_t> check_space(ports::Disk& disk, const PoolSettings& settings) {
  HF_TRY(const ports::Space space, disk.space());
  const std::uint64_t reserve = reserve_of(space.total, settings.disk_reserve);
  if (space.free <= reserve) {
    return make_error(ErrorCode::no_space, disk.name(), {{"reserve", std::to_string(reserve)}});
  }
  return space.total;
}

Result<void> make_folders(ports::Disk& disk) {
  for (const std::string_view folder : kFolders) HF_TRY(ports::make_directories(disk, folder));
  return {};
}

void give_back(ports::Disk& disk) {
  for (const std::string_view copy : kLabelCopies) {
    (void)disk.remove(temporary(copy));
    (void)disk.remove(copy);
  }
  for (const std::string_view folder : kFolders) (void)disk.remove(folder);
  (void)disk.sync_directory("");
}

}  // namespace holdfast::pool
