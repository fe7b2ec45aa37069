// SPDX-License-Identifier: Apache-2.0
// Simulated: disks that a test plugs in, and mounts that it makes. One thread.
#pragma once

#include <string>
#include <vector>

#include "hal/ports/mounts.h"

namespace holdfast::sim {

class SimMounts final : public ports::Mounts {
 public:
  [[nodiscard]] Result<std::vector<ports::BlockDisk>> disks() override;
  [[nodiscard]] Result<std::vector<ports::Mount>> mounts() override;
  [[nodiscard]] Result<std::vector<ports::Mount>> all_mounts() override;

  void plug(ports::BlockDisk disk) { disks_.push_back(std::move(disk)); }
  void unplug(const std::string& name);
  void mount(ports::MountLine line) { lines_.push_back(std::move(line)); }

 private:
  std::vector<ports::BlockDisk> disks_;
  std::vector<ports::MountLine> lines_;
};

}  // namespace holdfast::sim
