// SPDX-License-Identifier: Apache-2.0
// The two bodies of ports::Mounts, and a machine that a few words describe: on one it is the
// system's files as the kernel writes them, on the other it is told directly.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "hal/linux/mounts.h"
#include "hal/sim/mounts.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

using ports::BlockDisk;
using ports::Mount;

class LinuxMachine {
 public:
  LinuxMachine() {
    for (const char* folder : {"class/block", "dev/block", "devices/bus"}) {
      std::filesystem::create_directories(sys(folder));
    }
    std::filesystem::create_directory(folder_.file("notes"));
    write(folder_.file("mounts"), "");
  }
  ports::Mounts& mounts() { return mounts_; }

  // With one partition, which is what is mounted.
  void plug(const BlockDisk& disk) {
    const std::string number = std::to_string(++devices_);
    const std::string home = "devices/bus/" + disk.name + "/block/" + disk.name;
    const std::string partition = home + "/" + disk.name + "1";
    std::filesystem::create_directories(sys(partition));
    std::filesystem::create_directories(sys("devices/bus/" + disk.name + "/about"));
    link("../../about", home + "/device");
    write(sys(home + "/size"), std::to_string(disk.size / 512) + "\n");
    write(sys(home + "/dev"), "8:" + number + "0\n");
    write(sys(home + "/device/model"), disk.model + "   \n");
    write(sys(home + "/device/serial"), disk.serial + "\n");
    write(sys(partition + "/partition"), "1\n");
    link("../../" + home, "class/block/" + disk.name);
    link("../../" + partition, "class/block/" + disk.name + "1");
    link("../../" + home, "dev/block/8:" + number + "0");
    link("../../" + partition, "dev/block/8:" + number + "1");
    write(folder_.file("notes/b8:" + number + "0"), "S:disk/x\nE:ID_PATH=" + disk.by_path + "\n");
    numbers_[disk.name] = "8:" + number + "1";
  }
  void unplug(const std::string& name) {
    for (const std::string& link :
         {"class/block/" + name, "class/block/" + name + "1", "dev/block/" + numbers_.at(name)}) {
      std::filesystem::remove(sys(link));
    }
    std::filesystem::remove_all(sys("devices/bus/" + name));
  }
  void mount_disk(const std::string& disk, const std::string& path, bool is_read_only = false) {
    add(numbers_.at(disk), "/", path, is_read_only, "ext4", "/dev/" + disk + "1");
  }
  void mount_part(const std::string& disk, const std::string& path) {
    add(numbers_.at(disk), "/part", path, false, "ext4", "/dev/" + disk + "1");
  }
  void mount_other(const std::string& file_system, const std::string& path) {
    add("0:99", "/", path, false, file_system, "server:/share");
  }

  void swap_to(const std::string& file) {
    write(folder_.file("swaps"),
          "Filename\t\t\tType\t\tSize\tUsed\tPriority\n" + file + " partition\t9\t0\t-2\n");
  }

  void add(const std::string& device, const std::string& root, const std::string& path,
           bool is_read_only, const std::string& file_system, const std::string& source) {
    std::ofstream(folder_.file("mounts"), std::ios::app)
        << "36 25 " << device << " " << root << " " << escaped(path) << " "
        << (is_read_only ? "ro" : "rw") << ",relatime shared:1 - " << file_system << " " << source
        << " rw,errors=remount-ro\n";
  }
  [[nodiscard]] std::string sys(const std::string& name) const {
    return folder_.file("sys/" + name);
  }
  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, sys(name));
  }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }

 private:
  // As the kernel does (seq_path).
  static std::string escaped(const std::string& path) {
    std::string out;
    for (const char c : path) {
      switch (c) {
        case ' ':
          out += "\\040";
          break;
        case '\t':
          out += "\\011";
          break;
        case '\n':
          out += "\\012";
          break;
        case '\\':
          out += "\\134";
          break;
        default:
          out += c;
      }
    }
    return out;
  }

  TemporaryFolder folder_;
  linux::KernelMounts mounts_{
      {folder_.file("mounts"), folder_.file("sys"), folder_.file("notes"), folder_.file("swaps")}};
  int devices_ = 0;
  std::map<std::string, std::string> numbers_;  // of the partition
};

class SimulatedMachine {
 public:
  ports::Mounts& mounts() { return mounts_; }
  void plug(const BlockDisk& disk) { mounts_.plug(disk); }
  void unplug(const std::string& name) { mounts_.unplug(name); }
  void mount_disk(const std::string& disk, const std::string& path, bool is_read_only = false) {
    mounts_.mount({{path, "ext4", is_read_only, {disk}}, true});
  }
  void mount_part(const std::string& disk, const std::string& path) {
    mounts_.mount({{path, "ext4", false, {disk}}, true, false});
  }
  void mount_other(const std::string& file_system, const std::string& path) {
    mounts_.mount({{path, file_system, false, {}}, false});
  }

 private:
  sim::SimMounts mounts_;
};

}  // namespace holdfast::test
