// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/disk_watch_note.h"

#include <catch2/catch.hpp>

#include "firmware/vault/checked_line.h"
#include "hal/sim/disk.h"

namespace holdfast::vault {

namespace {

constexpr Timestamp kTime{1'767'225'600'000'000'000};  // 2026-01-01

policy::WatchedDisk noted_disk() {
  policy::WatchedDisk disk{.away_since = kTime, .strikes = 2, .struck = kTime};
  disk.disk.bytes.fill(7);
  disk.clean_looks = 1;
  disk.clean_since = kTime;
  disk.slow = kTime;
  disk.read_only = kTime;
  disk.healed = kTime;
  disk.well_since = kTime;
  disk.visits = 3;
  disk.given_up = kTime;
  disk.returns = 4;
  return disk;
}

}  // namespace

TEST_CASE("What is noted of a disk is had back, and an empty line of it as well") {
  sim::World world{1};
  sim::SimDisk home{world, "/home"};
  policy::WatchedDisk other;
  other.disk.bytes.fill(8);
  const std::vector disks = {noted_disk(), other};
  REQUIRE(store_disk_watch(home, disks));
  CHECK(*load_disk_watch(home) == disks);
}

TEST_CASE("Lines of programs that knew fewer words are read, and those with more are left out") {
  sim::World world{1};
  sim::SimDisk home{world, "/home"};
  const policy::WatchedDisk noted = noted_disk();
  const std::string time = kTime.rfc3339();
  const auto load = [&](const std::string& words) {
    const std::string line = checked_line(noted.disk.hex() + " " + words);
    REQUIRE(ports::store(home, "disks", view_of(line)));
    return *load_disk_watch(home);
  };
  const std::string six = time + " 2 " + time + " 1 " + time;
  const std::string ten = six + " " + time + " " + time + " " + time + " " + time;
  policy::WatchedDisk expected = noted;
  expected.visits = 0;
  expected.given_up.reset();
  expected.returns = 0;
  CHECK(load(ten) == std::vector{expected});
  expected.well_since.reset();
  expected.healed.reset();
  expected.read_only.reset();
  expected.slow.reset();
  CHECK(load(six) == std::vector{expected});
  CHECK(load(ten + " 3 " + time + " 4") == std::vector{noted});
  CHECK(load(ten + " 3 " + time + " 4 5").empty());
  CHECK(load(ten + " 3 - -").empty());
}

}  // namespace holdfast::vault
