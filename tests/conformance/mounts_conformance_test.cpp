// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/mounts_fixture.h"

namespace holdfast::test {
namespace {

const BlockDisk kFirst = {"sdb", 4096 * 512, "WDC WD80", "VDH123", "pci-0000:00:17.0-ata-3"};
const BlockDisk kSecond = {"sdc", 8192 * 512, "ST8000", "ZA1", ""};

template <class Machine>
std::vector<std::string> paths_of(Machine& machine) {
  const auto mounts = machine.mounts().mounts();
  REQUIRE(mounts);
  std::vector<std::string> paths;
  for (const Mount& mount : *mounts) paths.push_back(mount.path);
  return paths;
}

using Paths = std::vector<std::string>;

}  // namespace

TEMPLATE_TEST_CASE("Disks tell what they are, in order, as long as they are plugged in", "",
                   LinuxMachine, SimulatedMachine) {
  TestType machine;
  CHECK(machine.mounts().disks()->empty());
  machine.plug(kSecond);
  machine.plug(kFirst);
  CHECK(*machine.mounts().disks() == std::vector<BlockDisk>{kFirst, kSecond});
  machine.unplug("sdb");
  CHECK(*machine.mounts().disks() == std::vector<BlockDisk>{kSecond});
}

TEMPLATE_TEST_CASE("What has no medium is no disk", "", LinuxMachine, SimulatedMachine) {
  TestType machine;
  machine.plug({.name = "sdd", .size = 0, .model = "card reader"});
  CHECK(machine.mounts().disks()->empty());
}

TEMPLATE_TEST_CASE("A mounted file system tells its path, kind and disk", "", LinuxMachine,
                   SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  machine.plug(kSecond);
  machine.mount_disk("sdc", "/mnt/two", true);
  machine.mount_disk("sdb", "/mnt/one");
  CHECK(*machine.mounts().mounts() == std::vector<Mount>{{"/mnt/two", "ext4", true, {"sdc"}},
                                                         {"/mnt/one", "ext4", false, {"sdb"}}});
}

TEMPLATE_TEST_CASE("Odd names of mount points come as they are", "", LinuxMachine,
                   SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  const std::string name = GENERATE("/mnt/a b", "/mnt/line\nend", "/mnt/back\\slash", "/mnt/\\040",
                                    "/mnt/tab\t", "/mnt/\xff\xfe", "/mnt/通话", "/mnt/ - ext4 x");
  machine.mount_disk("sdb", name);
  CHECK(paths_of(machine) == Paths{name});
}

TEMPLATE_TEST_CASE("Mounts of other machines, of memory and of programs are not told", "",
                   LinuxMachine, SimulatedMachine) {
  TestType machine;
  for (const char* kind : {"nfs4", "cifs", "fuse.sshfs", "9p", "tmpfs", "proc", "autofs", "ceph"}) {
    machine.mount_other(kind, std::string("/mnt/") + kind);
  }
  CHECK(paths_of(machine).empty());
}

TEMPLATE_TEST_CASE("No path is told that leads through what may never answer", "", LinuxMachine,
                   SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  machine.plug(kSecond);
  SECTION("a disk that is mounted within a share") {
    machine.mount_other("nfs4", "/mnt/share");
    machine.mount_disk("sdb", "/mnt/share/deep/disk");
    CHECK(paths_of(machine).empty());
  }
  SECTION("beside it, though its name begins alike") {
    machine.mount_other("nfs4", "/mnt/share");
    machine.mount_disk("sdb", "/mnt/share2");
    CHECK(paths_of(machine) == Paths{"/mnt/share2"});
  }
  SECTION("a share that was mounted over the disk, or over the folder above it") {
    machine.mount_disk("sdb", "/mnt/one");
    machine.mount_disk("sdc", "/data/two");
    machine.mount_other("nfs4", "/mnt/one");
    machine.mount_other("nfs4", "/data");
    CHECK(paths_of(machine).empty());
  }
  SECTION("memory that was mounted over the folder above hides the disk") {
    machine.mount_disk("sdb", "/data/one");
    machine.mount_other("tmpfs", "/data");
    CHECK(paths_of(machine).empty());
  }
  SECTION("within memory and other disks all answers at once") {
    machine.mount_other("tmpfs", "/run");
    machine.mount_disk("sdb", "/run/one");
    machine.mount_disk("sdc", "/run/one/two");
    CHECK(paths_of(machine) == Paths{"/run/one", "/run/one/two"});
  }
}

TEMPLATE_TEST_CASE("What lies under another mount is not seen, and is not told", "", LinuxMachine,
                   SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  machine.plug(kSecond);
  machine.mount_disk("sdb", "/mnt/one");
  machine.mount_disk("sdc", "/mnt/one");
  // The one below is still on its disk.
  CHECK(machine.mounts().all_mounts()->size() == 2);
  for (const BlockDisk& disk : *machine.mounts().disks()) CHECK(disk.is_used);
  CHECK(machine.mounts().mounts()->size() == 1);
  CHECK(machine.mounts().mounts()->front().disks == std::vector<std::string>{"sdc"});
}

TEMPLATE_TEST_CASE("A part of a file system is no disk, and hides nothing below it", "",
                   LinuxMachine, SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  machine.plug(kSecond);
  machine.mount_part("sdb", "/mnt");
  machine.mount_disk("sdc", "/mnt/bay1");
  CHECK(paths_of(machine) == Paths{"/mnt/bay1"});
}

TEMPLATE_TEST_CASE("A disk of which only a part is mounted, or behind a share, is in use", "",
                   LinuxMachine, SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  machine.plug(kSecond);
  CHECK_FALSE(machine.mounts().disks()->front().is_used);
  SECTION("a part") {
    machine.mount_part("sdb", "/mnt");
  }
  SECTION("where nobody may look") {
    machine.mount_other("nfs4", "/mnt/share");
    machine.mount_disk("sdb", "/mnt/share/one");
  }
  CHECK(machine.mounts().disks()->front().is_used);
  CHECK_FALSE(machine.mounts().disks()->back().is_used);
}

TEMPLATE_TEST_CASE("What a path lies in is the mount that was made last of those that hold it", "",
                   LinuxMachine, SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  machine.plug(kSecond);
  machine.mount_disk("sdb", "/mnt");
  machine.mount_disk("sdc", "/mnt/one");
  const auto disk_of = [&](std::string_view path) {
    const auto all = machine.mounts().all_mounts();
    REQUIRE(all);
    const Mount* mount = ports::mount_holding(*all, path);
    return mount == nullptr || mount->disks.empty() ? "" : mount->disks.front();
  };
  CHECK(disk_of("/mnt/one/pool") == "sdc");
  CHECK(disk_of("/mnt/one2") == "sdb");
  CHECK(disk_of("/mnt") == "sdb");
  CHECK(disk_of("/srv") == "");
  machine.mount_other("tmpfs", "/mnt");
  CHECK(disk_of("/mnt/one/pool") == "");
}

TEMPLATE_TEST_CASE("A disk that is gone takes its mounts from the list", "", LinuxMachine,
                   SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  machine.mount_disk("sdb", "/mnt/one");
  machine.unplug("sdb");
  CHECK(paths_of(machine).empty());
}

TEMPLATE_TEST_CASE("A thousand mounts are told, each once", "", LinuxMachine, SimulatedMachine) {
  TestType machine;
  machine.plug(kFirst);
  for (int i = 0; i < 1000; ++i) machine.mount_disk("sdb", "/mnt/" + std::to_string(i));
  CHECK(paths_of(machine).size() == 1000);
}

}  // namespace holdfast::test
