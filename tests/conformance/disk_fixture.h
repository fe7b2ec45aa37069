// SPDX-License-Identifier: Apache-2.0
// The two bodies of ports::Disk, each fresh, and the calls that most tests make.
#pragma once

#include "hal/linux/disk.h"
#include "hal/sim/disk.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

class LinuxDisk {
 public:
  ports::Disk& disk() { return *disk_; }
  // The same tree, as another process would open it.
  ports::Disk& again() { return *again_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ports::Disk> disk_ = *linux::PosixDisk::open_root(folder_.path());
  std::unique_ptr<ports::Disk> again_ = *linux::PosixDisk::open_root(folder_.path());
};

// A simulated disk is its own medium, so another process sees the same object.
class SimulatedDisk {
 public:
  ports::Disk& disk() { return disk_; }
  ports::Disk& again() { return disk_; }

 private:
  sim::World world_{1};
  sim::SimDisk disk_{world_, "/disk"};
};

template <class Body>
class DiskFixture : public Body {
 public:
  void write(std::string_view path, std::string_view text) {
    auto file = *this->disk().create(path);
    *file->append(view_of(text));
  }
  std::string read(std::string_view path) {
    return std::string(text_of(*ports::load(this->disk(), path, kMiB)));
  }
  std::vector<std::string> names(std::string_view path) {
    std::vector<std::string> names;
    const auto entries = *this->disk().list(path);
    for (const ports::DirectoryEntry& entry : entries) {
      names.push_back(entry.is_directory ? entry.name + "/" : entry.name);
    }
    return names;
  }
};

}  // namespace holdfast::test
