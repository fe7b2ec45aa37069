// SPDX-License-Identifier: Apache-2.0
// Which disks may be taken into a pool, and that whatever fails while they are looked at is told.
#include "firmware/pool/new_disk.h"

#include <catch2/catch.hpp>
#include <functional>

#include "hal/sim/disk.h"
#include "hal/sim/world.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

struct Drawer {
  sim::World world{1};
  sim::SimDisk disk{world, "/new"};

  [[nodiscard]] ErrorCode emptiness() {
    const auto empty = check_empty(disk);
    REQUIRE_FALSE(empty);
    CHECK(empty.error().where == "/new");
    return empty.error().code;
  }
};

// What a making that was cut may leave.
void leave_remains(Drawer& drawer) {
  for (const char* name : {"probe.tmp", "label.a.tmp", "label.b.tmp"}) {
    drawer.disk.plant(name, Bytes(8, 1));
  }
  for (const char* folder : {"packs", "journal", "wraps", "lost+found"}) {
    REQUIRE(drawer.disk.make_directory(folder));
  }
}

}  // namespace

TEST_CASE("A disk is empty if nothing is on it but what a cut may have left") {
  Drawer drawer;
  CHECK(check_empty(drawer.disk));
  leave_remains(drawer);
  CHECK(check_empty(drawer.disk));
}

TEST_CASE("A disk with anything else on it is not taken, whoever it is") {
  Drawer drawer;
  leave_remains(drawer);
  ErrorCode code = ErrorCode::disk_not_empty;
  SECTION("a label") {
    drawer.disk.plant("label.b", Bytes(8, 1));
    code = ErrorCode::disk_foreign;
  }
  SECTION("a file") {
    drawer.disk.plant("holidays.jpg", Bytes(8, 1));
  }
  SECTION("a folder") {
    REQUIRE(drawer.disk.make_directory("holidays"));
  }
  SECTION("something in a folder of ours") {
    drawer.disk.plant("packs/00/pack.shard", Bytes(8, 1));
  }
  const auto before = drawer.disk.files();
  CHECK(drawer.emptiness() == code);
  CHECK(drawer.disk.files() == before);
}

TEST_CASE("A disk that cannot be written is told, and no probe stays on it") {
  Drawer drawer;
  drawer.disk.plant("probe.tmp", Bytes(8, 1));  // of a check that was cut
  CHECK(check_writable(drawer.disk));
  CHECK(drawer.disk.files().empty());
  SECTION("full") {
    drawer.disk.set_capacity(4);
    CHECK(check_writable(drawer.disk).error().code == ErrorCode::no_space);
    CHECK(drawer.disk.files().empty());
  }
  SECTION("read-only") {
    drawer.disk.set_read_only(true);
    CHECK(check_writable(drawer.disk).error().code == ErrorCode::read_only);
  }
}

TEST_CASE("Whatever operation fails while a new disk is looked at, that is told") {
  const std::vector<std::pair<const char*, std::function<Result<void>(Drawer&)>>> calls{
      {"empty", [](Drawer& drawer) { return check_empty(drawer.disk); }},
      {"writable", [](Drawer& drawer) { return check_writable(drawer.disk); }},
      {"folders", [](Drawer& drawer) { return make_folders(drawer.disk); }},
      {"space",
       [](Drawer& drawer) -> Result<void> {
         HF_TRY(const std::uint64_t bytes, check_space(drawer.disk, {}));
         CHECK(bytes > 0);
         return {};
       }},
  };
  for (const auto& [name, call] : calls) {
    Drawer whole;
    leave_remains(whole);
    const std::uint64_t before = whole.world.operations();
    REQUIRE(call(whole));
    const std::uint64_t total = whole.world.operations() - before;
    for (std::uint64_t at = 1; at <= total; ++at) {
      CAPTURE(name, at);
      Drawer drawer;
      leave_remains(drawer);
      drawer.world.fail_at(drawer.world.operations() + at, ErrorCode::io);
      const auto done = call(drawer);
      REQUIRE_FALSE(done);
      CHECK(done.error().code == ErrorCode::io);
      CHECK(call(drawer));
      CHECK(check_empty(drawer.disk));
    }
  }
}
