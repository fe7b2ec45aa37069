// SPDX-License-Identifier: Apache-2.0
// What disks are plugged in, and which of their file systems are mounted where. Only the system is
// asked, never a disk or a file system: a mount of another machine that does not answer holds up
// nothing, and neither does a disk that dies meanwhile.
//
// Texts are raw bytes, and those of a disk are what it says of itself: nobody has looked at them.
// Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/result.h"

namespace holdfast::ports {

// A whole disk. A text is empty, and the size zero, where nobody tells.
struct BlockDisk {
  std::string name;        // of the system: "sdb". Another one after the next start
  std::uint64_t size = 0;  // bytes
  std::string model = {};
  std::string serial = {};
  std::string by_path = {};  // which plug it is in: its name in /dev/disk/by-path
  // Something of it is mounted wherever it may be, or swapped to, or part of a device that is made
  // of others. A file system that tells the system nothing of its disks (ZFS) is not seen.
  bool is_used = false;
  bool operator==(const BlockDisk&) const = default;
};

struct Mount {
  std::string path;         // absolute, without links
  std::string file_system;  // "ext4"
  bool is_read_only = false;
  std::vector<std::string> disks = {};  // names of the whole disks that it lies on, in order
  bool operator==(const Mount&) const = default;
};

class Mounts {
 public:
  virtual ~Mounts() = default;
  // Those that are plugged in, with a medium, in order of their names: no partitions, and nothing
  // that is made of other disks or of files.
  [[nodiscard]] virtual Result<std::vector<BlockDisk>> disks() = 0;
  // Whole file systems on disks of this machine, mounted where their path can be opened without
  // asking anybody else, in the order in which they were mounted. Errors: io, limit_exceeded.
  [[nodiscard]] virtual Result<std::vector<Mount>> mounts() = 0;
  // Every line that the system has, in the same order, whatever it is of and whether or not it can
  // be reached: to know what lies on what. The same errors.
  [[nodiscard]] virtual Result<std::vector<Mount>> all_mounts() = 0;
};

// One of all mounts of the system.
struct MountLine {
  Mount mount;
  bool is_local = false;  // of a file system on this machine's disks
  bool is_whole = true;   // and not a part of it, mounted once more
};

// What mounts() tells, of all there are in the order in which they were made: what another one was
// mounted over is not seen any more, and a path that leads through a file system which may wait for
// another machine, or for a program, is left out.
[[nodiscard]] std::vector<Mount> reachable_mounts(const std::vector<MountLine>& lines);
// What all_mounts() tells of them.
[[nodiscard]] std::vector<Mount> mounts_of(const std::vector<MountLine>& lines);
// Of what all_mounts() told: the one that `path`, absolute and without links, lies in. The last one
// that holds it was mounted over the others. nullptr: there is none.
[[nodiscard]] const Mount* mount_holding(const std::vector<Mount>& all, std::string_view path);

}  // namespace holdfast::ports
