// SPDX-License-Identifier: Apache-2.0
#include "hal/ports/mounts.h"

#include <algorithm>
#include <array>
#include <map>

#include "hal/base/path.h"

namespace holdfast::ports {

namespace {

// Beside local disks, what a path may lead through: all is in memory, or what the system runs on.
constexpr std::array<std::string_view, 6> kQuick = {"rootfs",  "ramfs",    "tmpfs",
                                                    "overlay", "devtmpfs", "squashfs"};

bool is_quick(const MountLine& line) {
  return line.is_local || std::ranges::find(kQuick, line.mount.file_system) != kQuick.end();
}

struct Place {
  std::size_t last = 0;  // number of the newest mount there
  bool is_quick = true;  // all that are there
};
using Places = std::map<std::string_view, Place>;

// "/a/b" -> "/a" -> "/" -> "".
std::string_view above(std::string_view path) {
  if (path.size() <= 1) return {};
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

bool is_reachable(const Places& places, const MountLine& line, std::size_t number) {
  if (places.at(line.mount.path).last != number) return false;
  for (std::string_view path = above(line.mount.path); !path.empty(); path = above(path)) {
    const auto place = places.find(path);
    if (place == places.end()) continue;
    if (place->second.last > number || !place->second.is_quick) return false;
  }
  return true;
}

}  // namespace

std::vector<Mount> reachable_mounts(const std::vector<MountLine>& lines) {
  Places places;
  for (std::size_t number = 0; number < lines.size(); ++number) {
    Place& place = places[lines[number].mount.path];
    place.last = number;
    place.is_quick = place.is_quick && is_quick(lines[number]);
  }
  std::vector<Mount> found;
  for (std::size_t number = 0; number < lines.size(); ++number) {
    const MountLine& line = lines[number];
    const bool is_disk = line.is_local && line.is_whole;
    if (is_disk && is_reachable(places, line, number)) found.push_back(line.mount);
  }
  return found;
}

std::vector<Mount> mounts_of(const std::vector<MountLine>& lines) {
  std::vector<Mount> all;
  for (const MountLine& line : lines) all.push_back(line.mount);
  return all;
}

const Mount* mount_holding(const std::vector<Mount>& all, std::string_view path) {
  const auto holds = [&](const Mount& mount) {
    return mount.path == "/" || is_within(path, mount.path);
  };
  const auto last = std::find_if(all.rbegin(), all.rend(), holds);
  return last == all.rend() ? nullptr : &*last;
}

}  // namespace holdfast::ports
