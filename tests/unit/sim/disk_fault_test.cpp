// SPDX-License-Identifier: Apache-2.0
// What happens to disks short of a power cut: pulled, full, read-only, rotten.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "hal/sim/disk.h"

namespace holdfast::sim {

TEST_CASE("a disk that is pulled fails alone and comes back as it was") {
  World world(1);
  SimDisk pulled(world, "/one");
  SimDisk other(world, "/two");
  REQUIRE(ports::store(pulled, "a", view_of("bytes")));
  const auto open_file = *pulled.open("a");
  static_cast<void>(*pulled.create("unsynced"));
  pulled.vanish({CrashPolicy::drop_unsynced, 0});
  CHECK(pulled.open("a").error().code == ErrorCode::io);
  CHECK(pulled.space().error().code == ErrorCode::io);
  CHECK(ports::store(other, "a", view_of("newer")));

  pulled.return_();
  CHECK(text_of(*ports::load(pulled, "a", kMiB)) == "bytes");
  CHECK_FALSE(pulled.contents("unsynced"));
  Bytes out(1);
  CHECK(open_file->read(0, out).error().code == ErrorCode::io);
}

TEST_CASE("a full disk takes what fits and says so") {
  World world(1);
  SimDisk disk(world, "/disk");
  disk.set_capacity(100);
  const auto file = *disk.create("a");
  REQUIRE(file->append(Bytes(60, 'x')));
  CHECK(disk.space()->free == 40);
  CHECK(file->append(Bytes(41, 'y')).error().code == ErrorCode::no_space);
  CHECK(disk.contents("a")->size() == 100);
  REQUIRE(disk.remove("a"));
  CHECK(disk.space()->free == 100);
}

TEST_CASE("a read-only disk is read and not written") {
  World world(1);
  SimDisk disk(world, "/disk");
  disk.plant("d/a", view_of("bytes"));
  const auto file = *disk.open_append("d/a");
  CHECK_FALSE(disk.space()->is_read_only);
  disk.set_read_only(true);
  CHECK(disk.space()->is_read_only);
  CHECK(ports::load(disk, "d/a", kMiB));
  CHECK(file->append(view_of("x")).error().code == ErrorCode::read_only);
  CHECK(disk.create("b").error().code == ErrorCode::read_only);
  CHECK(disk.open_append("d/a").error().code == ErrorCode::read_only);
  CHECK(disk.rename("d/a", "d/b").error().code == ErrorCode::read_only);
  CHECK(disk.remove("d/a").error().code == ErrorCode::read_only);
  CHECK(disk.make_directory("e").error().code == ErrorCode::read_only);
  CHECK(disk.make_directory("d"));
}

TEST_CASE("tests may flip a bit, plant a file and erase one") {
  World world(1);
  SimDisk disk(world, "/disk");
  disk.plant("a/b/c", view_of("bytes"));
  disk.flip_bit("a/b/c", 1, 5);
  CHECK(text_of(*disk.contents("a/b/c")) == "bYtes");
  disk.plant("a/b/copy", *disk.contents("a/b/c"));
  disk.erase("a/b/c");
  world.crash({CrashPolicy::drop_unsynced, 0});
  CHECK_FALSE(disk.contents("a/b/c"));
  CHECK(text_of(*disk.contents("a/b/copy")) == "bYtes");
}

TEST_CASE("each disk is a device of its own unless it is told otherwise") {
  World world(1);
  SimDisk first(world, "/one");
  SimDisk second(world, "/two");
  CHECK(*first.device() != *second.device());
  second.set_device(*first.device());
  CHECK(*first.device() == *second.device());
}

namespace {

// A disk on which each call goes wrong in one way, with a file that was there before.
class FaultyDisk {
 public:
  explicit FaultyDisk(const DiskFaults& faults, std::uint64_t seed = 1) : world(seed) {
    disk.plant("old", view_of(kOld));
    disk.set_faults(faults, &clock);
  }
  static constexpr std::string_view kOld = "some old bytes";

  Result<void> write(std::string_view text) {
    HF_TRY(const auto file, disk.create("new"));
    HF_TRY(file->append(view_of(text)));
    return file->sync();
  }
  std::string text(std::string_view path) { return std::string(text_of(*disk.contents(path))); }

  World world;
  SimClock clock{Timestamp{0}, 0};
  SimDisk disk{world, "/disk"};
};

// By different seeds different things go wrong.
template <class Look>
std::set<std::string> all_outcomes(const DiskFaults& faults, Look look) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FaultyDisk faulty(faults, seed);
    seen.insert(look(faulty));
  }
  return seen;
}

}  // namespace

TEST_CASE("errors that the caller is told come where they are asked for") {
  FaultyDisk reads({.read_error = 1});
  CHECK(reads.disk.open("old").error().code == ErrorCode::io);
  CHECK(reads.write("x"));
  FaultyDisk changes({.change_error = 1});
  CHECK(changes.write("x").error().code == ErrorCode::io);
  CHECK(changes.disk.open("old"));
  FaultyDisk syncs({.sync_error = 1});
  const auto file = *syncs.disk.create("new");
  REQUIRE(file->append(view_of("x")));
  REQUIRE_FALSE(file->sync());
  syncs.disk.set_faults({});
  REQUIRE_FALSE(file->sync());
  syncs.world.crash({CrashPolicy::drop_unsynced, 1});
  CHECK_FALSE(syncs.disk.contents("new"));
}

TEST_CASE("a lost write is zeros that were said to be done") {
  FaultyDisk faulty({.lost_append = 1});
  REQUIRE(faulty.write("abc"));
  CHECK(faulty.text("new") == std::string(3, '\0'));
  CHECK(faulty.text("old") == FaultyDisk::kOld);
}

TEST_CASE("a hidden write is seen as it was made until the system has forgotten it") {
  FaultyDisk faulty({.hidden_append = 1});
  REQUIRE(faulty.write("abc"));
  CHECK(faulty.text("new") == "abc");
  REQUIRE(faulty.disk.open_fresh("old"));
  CHECK(faulty.text("new") == "abc");
  SECTION("by reading past it") {
    REQUIRE(faulty.disk.open_fresh("new"));
  }
  SECTION("by a crash") {
    faulty.world.crash({CrashPolicy::keep_all, 1});
  }
  CHECK(faulty.text("new") == std::string(3, '\0'));
  CHECK(faulty.text("old") == FaultyDisk::kOld);
}

TEST_CASE("a stray write is not where it belongs and may be where it does not") {
  const auto look = [](FaultyDisk& faulty) {
    REQUIRE(faulty.write("abc"));
    CHECK(faulty.text("new") == std::string(3, '\0'));
    return faulty.text("old");
  };
  CHECK(all_outcomes({.stray_append = 1}, look) ==
        std::set<std::string>{std::string(FaultyDisk::kOld), "abce old bytes"});
}

TEST_CASE("a repeated write is where it belongs and may be elsewhere too") {
  const auto look = [](FaultyDisk& faulty) {
    REQUIRE(faulty.write("abc"));
    CHECK(faulty.text("new") == "abc");
    return faulty.text("old");
  };
  CHECK(all_outcomes({.repeated_append = 1}, look).contains("abce old bytes"));
}

TEST_CASE("a wrong read leaves the disk as it is") {
  FaultyDisk flips({.flipped_read = 1});
  const Bytes read = *ports::load(flips.disk, "old", kMiB);
  CHECK(text_of(read) != FaultyDisk::kOld);
  CHECK(read.size() == FaultyDisk::kOld.size());
  CHECK(flips.text("old") == FaultyDisk::kOld);
  const auto look = [](FaultyDisk& faulty) {
    faulty.disk.plant("other", view_of("other bytes 14"));
    return std::string(text_of(*ports::load(faulty.disk, "old", kMiB)));
  };
  CHECK(all_outcomes({.stray_read = 1}, look) ==
        std::set<std::string>{std::string(FaultyDisk::kOld), "other bytes 14"});
}

TEST_CASE("a slow disk takes its time") {
  FaultyDisk slow({.delay_ns = 1'000'000'000});
  REQUIRE(slow.disk.open("old"));
  CHECK(slow.clock.now().ns == 1'000'000'000);
}

TEST_CASE("a spoilt file is unreadable until another one has its name") {
  World world(1);
  SimDisk disk(world, "/disk");
  disk.plant("a", view_of("bytes"));
  disk.spoil("a");
  CHECK(ports::load(disk, "a", kMiB).error().code == ErrorCode::io);
  REQUIRE(ports::store(disk, "a", view_of("newer")));
  CHECK(ports::load(disk, "a", kMiB));
}

TEST_CASE("a disk can become what it was, or what another one is") {
  World world(1);
  SimDisk disk(world, "/disk");
  disk.plant("d/a", view_of("bytes"));
  const NodePointer before = disk.image();
  disk.plant("d/a", view_of("newer"));
  disk.plant("b", view_of("new"));
  const auto open_file = *disk.open("d/a");
  disk.become(*before);
  CHECK(disk.files() == std::vector<std::string>{"d/a"});
  CHECK(text_of(*disk.contents("d/a")) == "bytes");
  Bytes out(1);
  CHECK(open_file->read(0, out).error().code == ErrorCode::io);
  SimDisk clone(world, "/clone");
  clone.become(*before);
  clone.flip_bit("d/a", 0);
  CHECK(text_of(*disk.contents("d/a")) == "bytes");
}

TEST_CASE("a plan spares all disks but so many, and is the same for the same seed") {
  std::size_t most = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Generator generator(seed);
    const FaultPlan plan = FaultPlan::draw(generator, 6, 2);
    const auto faulty = static_cast<std::size_t>(std::ranges::count_if(
        plan.disks, [](const DiskFaults& faults) { return faults != DiskFaults{}; }));
    most = std::max(most, faulty);
    CHECK(faulty <= 2);
    Generator again(seed);
    CHECK(FaultPlan::draw(again, 6, 2).disks == plan.disks);
  }
  CHECK(most == 2);
}

}  // namespace holdfast::sim
