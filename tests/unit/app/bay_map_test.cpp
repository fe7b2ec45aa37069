// SPDX-License-Identifier: Apache-2.0
// Who stands before the box pulls the disk that the map names.
#include "firmware/app/bay_map.h"

#include <catch2/catch.hpp>

namespace holdfast::app {
namespace {

using pool::DiskState;
using pool::DiskStatus;

DiskStatus disk_at(const std::string& path, DiskState state = DiskState::present) {
  DiskStatus disk;
  disk.id.bytes[0] = static_cast<std::uint8_t>(path.back());
  disk.path = path;
  disk.state = state;
  return disk;
}

// "1 1 1 member /mnt/a": number, row, column, state, path.
std::vector<std::string> lines_of(const BayMap& map) {
  std::vector<std::string> lines;
  for (const Bay& bay : map.bays) {
    const std::string number = bay.number ? std::to_string(*bay.number) : "-";
    lines.push_back(number + " " + std::to_string(bay.row) + " " + std::to_string(bay.column) +
                    " " + std::string(name_of(bay.state)) + " " + bay.path);
  }
  return lines;
}

using Lines = std::vector<std::string>;

Plugged two_plugs() {
  const ports::Mount mount{"/mnt/a", "ext4", false, {"sdb"}};
  return {{{"sdb", 1000, "WD", "1", "pci-ata-1"}, {"sdc", 1000, "WD", "2", "pci-ata-2"}},
          {mount},
          {mount}};
}

}  // namespace

TEST_CASE("Without a plan the disks stand in one row, by the numbers in their paths") {
  const BayMap map = map_bays(
      {},
      {disk_at("/mnt/disk10"), disk_at("/mnt/disk9"), disk_at("/mnt/disk1", DiskState::missing)},
      {});
  CHECK(lines_of(map) ==
        Lines{"1 1 1 member /mnt/disk1", "2 1 2 member /mnt/disk9", "3 1 3 member /mnt/disk10"});
  CHECK(map.columns == 3);
}

TEST_CASE("Bays are numbered beside each other, or below each other") {
  BayPlan plan{.rows = 2, .columns = 3, .places = {"/a", "/b", "/c", "/d"}};
  CHECK(lines_of(map_bays(plan, {disk_at("/d")}, {})) == Lines{"1 1 1 empty /a", "2 1 2 empty /b",
                                                               "3 1 3 empty /c", "4 2 1 member /d",
                                                               "5 2 2 empty ", "6 2 3 empty "});
  plan.goes_down = true;
  plan.first = 0;
  CHECK(lines_of(map_bays(plan, {disk_at("/d")}, {})) == Lines{"0 1 1 empty /a", "1 2 1 empty /b",
                                                               "2 1 2 empty /c", "3 2 2 member /d",
                                                               "4 1 3 empty ", "5 2 3 empty "});
}

TEST_CASE("A disk that is gone keeps its bay, by its folder") {
  const BayPlan plan{.columns = 2, .places = {"/mnt/a", "/mnt/b"}};
  const BayMap map = map_bays(plan, {disk_at("/mnt/b", DiskState::missing)}, two_plugs());
  CHECK(lines_of(map) == Lines{"1 1 1 mounted /mnt/a", "2 1 2 member /mnt/b"});
  CHECK(map.bays[0].hardware.front().serial == "1");
  CHECK(map.bays[1].hardware.empty());
}

TEST_CASE("By its plug a disk is found wherever it is mounted, and also where it is not") {
  const BayPlan plan{.columns = 3,
                     .places = {"/dev/disk/by-path/pci-ata-2", "/dev/disk/by-path/pci-ata-1",
                                "/dev/disk/by-path/pci-ata-3"}};
  const BayMap map = map_bays(plan, {disk_at("/mnt/a")}, two_plugs());
  CHECK(lines_of(map) == Lines{"1 1 1 plugged ", "2 1 2 member /mnt/a", "3 1 3 empty "});
  CHECK(map.bays[0].hardware.front().serial == "2");
  CHECK(map.bays[1].hardware.front().serial == "1");
}

TEST_CASE("A bay whose disk is gone is not taken for that of the disk which took its mount point") {
  const BayPlan plan{.columns = 1, .places = {"/dev/disk/by-path/pci-ata-1"}};
  const auto missing = disk_at("/mnt/a", DiskState::missing);
  CHECK(lines_of(map_bays(plan, {missing}, two_plugs())) ==
        Lines{"1 1 1 mounted /mnt/a", "- 0 0 member /mnt/a"});
}

TEST_CASE("No disk is left out, and none stands in two bays") {
  const BayPlan plan{.columns = 2, .places = {"/mnt/a", "/dev/disk/by-path/pci-ata-1"}};
  const BayMap map =
      map_bays(plan, {disk_at("/mnt/x"), disk_at("/mnt/a"), disk_at("/mnt/b", DiskState::foreign)},
               two_plugs());
  CHECK(lines_of(map) == Lines{"1 1 1 member /mnt/a", "2 1 2 mounted /mnt/a", "- 0 0 member /mnt/b",
                               "- 0 0 member /mnt/x"});
}

TEST_CASE("A disk that was found by its plug is not found again by its folder") {
  const BayPlan plan{.columns = 2, .places = {"/dev/disk/by-path/pci-ata-1", "/mnt/a"}};
  CHECK(lines_of(map_bays(plan, {disk_at("/mnt/a")}, two_plugs())) ==
        Lines{"1 1 1 member /mnt/a", "2 1 2 mounted /mnt/a"});
}

TEST_CASE("Numbers in paths are compared as numbers, whatever their length") {
  CHECK(comes_before("/d9", "/d10"));
  CHECK_FALSE(comes_before("/d10", "/d9"));
  CHECK(comes_before("/d10/a", "/d10/b"));
  CHECK(comes_before("/d2", "/d02b"));
  CHECK(comes_before("/d99999999999999999999", "/d100000000000000000000"));
  CHECK_FALSE(comes_before("/d1", "/d1"));
  CHECK(comes_before("", "/"));
  CHECK_FALSE(comes_before("/", ""));
}

}  // namespace holdfast::app
