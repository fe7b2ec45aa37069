// SPDX-License-Identifier: Apache-2.0
// What only the kernel's files can say.
#include "tests/conformance/mounts_fixture.h"

namespace holdfast::test {
namespace {

// A device that is made of others.
void make_of(LinuxMachine& machine, const std::string& name, const std::string& number,
             const std::vector<std::string>& parts) {
  const std::string home = "devices/virtual/block/" + name;
  std::filesystem::create_directories(machine.sys(home + "/slaves"));
  for (const std::string& part : parts)
    machine.link("x", std::string(home).append("/slaves/").append(part));
  LinuxMachine::write(machine.sys(home + "/size"), "8192\n");
  machine.link("../../" + home, "class/block/" + name);
  machine.link("../../" + home, "dev/block/" + number);
}

std::vector<std::string> disks_of_only_mount(LinuxMachine& machine) {
  const auto mounts = machine.mounts().mounts();
  REQUIRE(mounts);
  REQUIRE(mounts->size() == 1);
  return mounts->front().disks;
}

LinuxMachine& with_disks(LinuxMachine& machine) {
  machine.plug({.name = "sdb", .size = 1 << 20});
  machine.plug({.name = "sdc", .size = 1 << 20});
  return machine;
}

}  // namespace

TEST_CASE("Below volumes and arrays the whole disks are found") {
  LinuxMachine machine;
  with_disks(machine);
  make_of(machine, "md0", "9:0", {"sdc1", "sdb1"});
  make_of(machine, "dm-0", "253:0", {"md0"});
  machine.add("253:0", "/", "/mnt/volume", false, "xfs", "/dev/mapper/volume");
  CHECK(disks_of_only_mount(machine) == std::vector<std::string>{"sdb", "sdc"});
  CHECK(machine.mounts().disks()->size() == 2);
}

TEST_CASE("Devices that are made of each other end somewhere") {
  LinuxMachine machine;
  make_of(machine, "dm-0", "253:0", {"dm-1"});
  make_of(machine, "dm-1", "253:1", {"dm-0"});
  machine.add("253:0", "/", "/mnt/volume", false, "xfs", "/dev/mapper/volume");
  CHECK(machine.mounts().mounts()->empty());
}

TEST_CASE("Btrfs has numbers of its own, and trees that are disks") {
  LinuxMachine machine;
  with_disks(machine).add("0:41", "/@", "/mnt/one", false, "btrfs", "/dev/sdb1");
  CHECK(disks_of_only_mount(machine) == std::vector<std::string>{"sdb"});
}

TEST_CASE("Block devices of other machines and of programs are no disks of this one") {
  LinuxMachine machine;
  make_of(machine, "nbd0", "43:0", {});
  machine.add("43:0", "/", "/mnt/nbd", false, "ext4", "/dev/nbd0");
  with_disks(machine).add("8:11", "/", "/mnt/ntfs", false, "fuseblk", "/dev/sdb1");
  CHECK(machine.mounts().mounts()->empty());
}

TEST_CASE("A disk that something other than a mount uses is in use") {
  LinuxMachine machine;
  with_disks(machine);
  SECTION("swap") {
    machine.swap_to("/dev/sdb1");
  }
  SECTION("a file system of a program") {
    machine.add("0:77", "/", "/mnt/ntfs", false, "fuseblk", "/dev/sdb1");
  }
  SECTION("a volume of which nothing is mounted") {
    std::filesystem::create_directories(machine.sys("class/block/sdb/sdb1/holders/dm-0"));
  }
  SECTION("an array of whole disks") {
    std::filesystem::create_directories(machine.sys("class/block/sdb/holders/md0"));
  }
  CHECK(machine.mounts().disks()->front().is_used);
  CHECK_FALSE(machine.mounts().disks()->back().is_used);
}

TEST_CASE("Lines that nobody understands are passed over") {
  LinuxMachine machine;
  machine.plug({.name = "sdb", .size = 1 << 20});
  CHECK_FALSE(linux::parse_mount(""));
  CHECK_FALSE(linux::parse_mount("36 25 8:11 / /mnt rw - ext4"));
  CHECK_FALSE(linux::parse_mount("36 25 8:11 / /mnt rw shared:1 ext4 /dev/sdb1 rw"));
  CHECK_FALSE(linux::parse_mount("36 25 8:11 / mnt rw - ext4 /dev/sdb1 rw"));
  CHECK(linux::parse_mount("36 25 8:11 / /mnt\\04 rw - ext4 x rw")->path == "/mnt\\04");
  CHECK(linux::parse_mount("36 25 8:11 / /mnt\\777 rw - ext4 x rw")->path == "/mnt\\777");
}

TEST_CASE("Discs, floppies and second ways to a disk are no disks") {
  LinuxMachine machine;
  for (const char* name : {"sr0", "fd0", "nvme0c0n1"}) {
    machine.plug({.name = name, .size = 1 << 20});
  }
  LinuxMachine::write(machine.sys("class/block/nvme0c0n1/hidden"), "1\n");
  CHECK(machine.mounts().disks()->empty());
}

TEST_CASE("A disk's serial number is found wherever its kind has it") {
  LinuxMachine machine;
  machine.plug({.name = "sdb", .size = 1 << 20});
  const std::string page("\0\x80\0\x08  VDH123", 12);
  LinuxMachine::write(machine.sys("class/block/sdb/device/vpd_pg80"), page);
  CHECK(machine.mounts().disks()->front().serial == "VDH123");
}

TEST_CASE("The list that cannot be read is an error, and the running system's can be") {
  linux::KernelMounts none({"/nowhere/mountinfo", "/nowhere", "/nowhere"});
  CHECK(outcome(none.mounts()) == "not_found");
  linux::KernelMounts here;
  CHECK(outcome(here.mounts()) == "ok");
  CHECK(outcome(here.disks()) == "ok");
}

}  // namespace holdfast::test
