// SPDX-License-Identifier: Apache-2.0
// What happens to disks short of a power cut: pulled, full, read-only, rotten.
#include <catch2/catch.hpp>

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
  disk.set_read_only(true);
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

}  // namespace holdfast::sim
