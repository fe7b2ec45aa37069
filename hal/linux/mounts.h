// SPDX-License-Identifier: Apache-2.0
// The kernel's list of mounts (proc(5)), its tree of devices (/sys), and of what udev notes of a
// disk which plug it is in. Reads only.
#pragma once

#include <optional>
#include <string_view>

#include "hal/ports/mounts.h"

namespace holdfast::linux {

// Where the system tells it; a test has folders of its own.
struct MountPaths {
  std::string mounts = "/proc/self/mountinfo";
  std::string devices = "/sys";
  std::string notes = "/run/udev/data";
  std::string swaps = "/proc/swaps";
};

class KernelMounts final : public ports::Mounts {
 public:
  explicit KernelMounts(MountPaths paths = {}) : paths_(std::move(paths)) {}

  [[nodiscard]] Result<std::vector<ports::BlockDisk>> disks() override;
  [[nodiscard]] Result<std::vector<ports::Mount>> mounts() override;
  [[nodiscard]] Result<std::vector<ports::Mount>> all_mounts() override;

 private:
  [[nodiscard]] Result<std::vector<ports::MountLine>> lines() const;
  // Names of the whole disks that something mounted or swapped to lies on.
  [[nodiscard]] Result<std::vector<std::string>> used_disks() const;
  // Something is made of it, or of a part of it: a volume, an array.
  [[nodiscard]] bool is_held(const std::string& name) const;
  [[nodiscard]] std::optional<ports::BlockDisk> look_at(const std::string& name) const;
  // Adds the whole disks of a device, whose folder it is.
  void add_disks(const std::string& folder, unsigned depth, std::vector<std::string>& out) const;

  MountPaths paths_;
};

// A line of the kernel's list, its escapes undone.
struct KernelMount {
  std::string device;  // "8:17"
  std::string root;    // which part of the file system is mounted: "/" is all of it
  std::string path;
  std::string options;  // "ro,relatime"
  std::string file_system;
  std::string source;  // "/dev/sdb1"
  bool operator==(const KernelMount&) const = default;
};
// Nothing of what is no such line.
[[nodiscard]] std::optional<KernelMount> parse_mount(std::string_view line);

}  // namespace holdfast::linux
