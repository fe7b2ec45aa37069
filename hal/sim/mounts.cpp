// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/mounts.h"

#include <algorithm>

namespace holdfast::sim {

Result<std::vector<ports::BlockDisk>> SimMounts::disks() {
  std::vector<ports::BlockDisk> found = disks_;
  std::erase_if(found, [](const ports::BlockDisk& disk) { return disk.size == 0; });
  std::ranges::sort(found, {}, &ports::BlockDisk::name);
  for (ports::BlockDisk& disk : found) {
    disk.is_used =
        disk.is_used || std::ranges::any_of(lines_, [&](const ports::MountLine& line) {
          return std::ranges::find(line.mount.disks, disk.name) != line.mount.disks.end();
        });
  }
  return found;
}

// What was mounted of it is still told by the system, which has no disk for it any more.
void SimMounts::unplug(const std::string& name) {
  std::erase_if(disks_, [&](const ports::BlockDisk& disk) { return disk.name == name; });
  for (ports::MountLine& line : lines_) {
    const bool was_there = std::erase(line.mount.disks, name) > 0;
    if (was_there && line.mount.disks.empty()) line.is_local = false;
  }
}

Result<std::vector<ports::Mount>> SimMounts::mounts() {
  return ports::reachable_mounts(lines_);
}

Result<std::vector<ports::Mount>> SimMounts::all_mounts() {
  return ports::mounts_of(lines_);
}

}  // namespace holdfast::sim
