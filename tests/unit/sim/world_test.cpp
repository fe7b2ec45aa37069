// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "hal/sim/disk.h"
#include "hal/sim/files.h"

namespace holdfast::sim {

namespace {

// Something like a small commit, which stops at the first error.
Result<void> write_some(SimDisk& disk) {
  HF_TRY(ports::make_directories(disk, "a/b"));
  HF_TRY(const auto file, disk.create("a/b/data"));
  HF_TRY(file->append(view_of("some bytes")));
  HF_TRY(file->sync());
  HF_TRY(disk.sync_directory("a/b"));
  return ports::store(disk, "head", view_of("a/b/data"));
}

// All names and bytes below `path`, as text.
std::string picture(SimDisk& disk, const std::string& path = {}) {
  std::string text;
  const auto entries = *disk.list(path);
  for (const ports::DirectoryEntry& entry : entries) {
    const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
    text += below + "\n";
    if (entry.is_directory) {
      text += picture(disk, below);
    } else {
      text += to_hex(*disk.contents(below)) + "\n";
    }
  }
  return text;
}

std::string run_and_crash(std::uint64_t cut, CrashChoice choice) {
  World world(1);
  SimDisk disk(world, "/disk");
  world.cut_at(cut);
  static_cast<void>(write_some(disk).has_value());
  world.crash(choice);
  return picture(disk);
}

}  // namespace

TEST_CASE("equal runs have equal traces, different ones do not") {
  World first(1);
  World second(1);
  World third(1);
  SimDisk first_disk(first, "/disk");
  SimDisk second_disk(second, "/disk");
  SimDisk third_disk(third, "/disk");
  REQUIRE(write_some(first_disk));
  REQUIRE(write_some(second_disk));
  REQUIRE(ports::store(third_disk, "head", view_of("other")));
  CHECK(first.operations() == second.operations());
  CHECK(first.trace() == second.trace());
  CHECK(first.trace() != third.trace());
}

TEST_CASE("the power goes at the operation that was told and stays away") {
  World world(1);
  SimDisk disk(world, "/disk");
  REQUIRE(ports::store(disk, "a", view_of("x")));
  world.cut_at(world.operations() + 2);
  CHECK(disk.list(""));
  CHECK_FALSE(world.is_cut());
  for (int i = 0; i < 3; ++i) CHECK(disk.open("a").error().code == ErrorCode::power_cut);
  CHECK(disk.open("no").error().code == ErrorCode::power_cut);
  CHECK(world.is_cut());
  world.crash({});
  CHECK(disk.open("a"));
}

TEST_CASE("every cut of a run leaves the old state or the new one under a stored name") {
  World counted(1);
  SimDisk whole(counted, "/disk");
  REQUIRE(write_some(whole));
  const std::uint64_t operations = counted.operations();
  for (std::uint64_t cut = 1; cut <= operations; ++cut) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      CAPTURE(cut, seed);
      World world(1);
      SimDisk disk(world, "/disk");
      world.cut_at(cut);
      CHECK(write_some(disk).error().code == ErrorCode::power_cut);
      world.crash({CrashPolicy::random, seed});
      if (!disk.contents("head")) continue;
      CHECK(text_of(*disk.contents("head")) == "a/b/data");
      CHECK(text_of(disk.contents("a/b/data").value()) == "some bytes");
    }
  }
  CHECK(run_and_crash(operations + 1, {CrashPolicy::drop_unsynced, 0}) == picture(whole));
}

TEST_CASE("one seed crashes one way, and seeds differ") {
  World counted(1);
  SimDisk whole(counted, "/disk");
  REQUIRE(write_some(whole));
  std::size_t most_pictures = 0;
  for (std::uint64_t cut = 1; cut <= counted.operations(); ++cut) {
    std::set<std::string> pictures;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const CrashChoice choice{CrashPolicy::random, seed};
      const std::string once = run_and_crash(cut, choice);
      CHECK(once == run_and_crash(cut, choice));
      pictures.insert(once);
    }
    most_pictures = std::max(most_pictures, pictures.size());
  }
  CHECK(most_pictures > 3);
}

TEST_CASE("a planned failure hits once or for good") {
  World world(1);
  SimDisk disk(world, "/disk");
  world.fail_at(1, ErrorCode::io);
  world.fail_at(3, ErrorCode::read_only, Repeat::forever);
  CHECK(disk.create("a").error().code == ErrorCode::io);
  CHECK(disk.create("a"));
  CHECK(disk.create("b").error().code == ErrorCode::read_only);
  CHECK(disk.remove("a").error().code == ErrorCode::read_only);
  world.crash({CrashPolicy::keep_all, 0});
  CHECK(disk.list("")->size() == 1);
}

TEST_CASE("file trees count as operations too") {
  World world(1);
  SimFiles files(world);
  files.write_file("/source/a", view_of("bytes"));
  CHECK(world.operations() == 0);
  const auto folder = *files.open_source("/source");
  world.cut_at(2);
  CHECK(folder->status_of("a").error().code == ErrorCode::power_cut);
}

}  // namespace holdfast::sim
