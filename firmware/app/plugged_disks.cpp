// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/plugged_disks.h"

#include <algorithm>

#include "firmware/app/definition.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

bool is_at_work(const pool::DiskStatus& disk) {
  return disk.state != pool::DiskState::foreign && disk.state != pool::DiskState::missing;
}

void write_text(JsonWriter& json, const std::string& key, const std::string& text) {
  if (text.empty()) return json.null(key);
  json.path(key, text);
}

}  // namespace

bool share_a_disk(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  return std::ranges::any_of(
      left, [&](const std::string& disk) { return std::ranges::find(right, disk) != right.end(); });
}

const ports::BlockDisk* Plugged::disk(const std::string& name) const {
  const auto found = std::ranges::find(disks, name, &ports::BlockDisk::name);
  return found == disks.end() ? nullptr : &*found;
}

const ports::Mount* Plugged::mount_at(const std::string& path) const {
  const auto found = std::ranges::find(mounts, path, &ports::Mount::path);
  return found == mounts.end() ? nullptr : &*found;
}

std::vector<std::string> Plugged::disks_below(const std::string& path) const {
  const ports::Mount* mount = ports::mount_holding(all, path);
  return mount == nullptr ? std::vector<std::string>() : mount->disks;
}

Result<Plugged> look_at_plugged(Session& session) {
  ports::Mounts& mounts = session.ports().mounts;
  Plugged plugged;
  HF_TRY(plugged.disks, mounts.disks());
  HF_TRY(plugged.mounts, mounts.mounts());
  HF_TRY(plugged.all, mounts.all_mounts());
  return plugged;
}

Result<std::vector<ports::Mount>> spare_mounts(Session& session, const Plugged& plugged,
                                               const std::vector<std::string>& members) {
  HF_TRY(const std::string home, session.home_path());
  std::vector<std::string> taken = plugged.disks_below(home);
  const std::vector<std::string> system = plugged.disks_below("/");
  taken.insert(taken.end(), system.begin(), system.end());
  std::vector<ports::Mount> spare;
  for (const ports::Mount& mount : plugged.mounts) {
    const bool is_member = std::ranges::find(members, mount.path) != members.end();
    if (!is_member && !share_a_disk(mount.disks, taken)) spare.push_back(mount);
  }
  return spare;
}

std::vector<ports::BlockDisk> unmounted_disks(const Plugged& plugged) {
  std::vector<ports::BlockDisk> disks = plugged.disks;
  std::erase_if(disks, [](const ports::BlockDisk& disk) { return disk.is_used; });
  return disks;
}

std::vector<std::string> places_at_work(const pool::Pool& pool) {
  std::vector<std::string> places;
  for (const pool::DiskStatus& disk : pool.status()) {
    if (is_at_work(disk)) places.push_back(disk.path);
  }
  return places;
}

Result<void> check_no_disk_shared(const Plugged& plugged, const std::vector<std::string>& folders,
                                  std::size_t joining) {
  for (std::size_t i = joining; i < folders.size(); ++i) {
    const std::vector<std::string> below = plugged.disks_below(folders[i]);
    for (std::size_t j = 0; j < i; ++j) {
      if (!share_a_disk(below, plugged.disks_below(folders[j]))) continue;
      return make_error(ErrorCode::disk_same_device, folders[i], {{"other", folders[j]}});
    }
  }
  return {};
}

Result<std::string> resolve_disk(Session& session, const std::string& word) {
  auto there = session.ports().files.resolve(word);
  if (there || word.find('\\') == std::string::npos) return there;
  const auto raw = unescape_path(word);
  if (!raw) return there;
  auto unescaped = session.ports().files.resolve(*raw);
  return unescaped ? std::move(unescaped) : std::move(there);
}

std::string place_of(Session& session, const pool::Pool& pool, const std::string& word) {
  ports::Files& files = session.ports().files;
  if (auto there = files.resolve(word)) return std::move(*there);
  const auto gone = resolve_future(files, word);
  const auto& members = pool.label().record.members;
  const bool was_there =
      gone && std::ranges::find(members, *gone, &pool::Member::place) != members.end();
  return was_there ? *gone : word;
}

void write_hardware(JsonWriter& json, const ports::BlockDisk& disk) {
  json.path("name", disk.name);
  json.field("bytes", disk.size);
  write_text(json, "model", disk.model);
  write_text(json, "serial", disk.serial);
  write_text(json, "by_path", disk.by_path);
}

std::string hardware_text(const ports::BlockDisk& disk) {
  std::string text = escape_path(disk.name);
  for (const std::string* fact : {&disk.model, &disk.serial, &disk.by_path}) {
    if (!fact->empty()) text += " · " + escape_path(*fact);
  }
  return text;
}

}  // namespace holdfast::app
