// SPDX-License-Identifier: Apache-2.0
// A watched file system that is taken off and put back.
#include <sys/mount.h>

#include "tests/conformance/watch_fixture.h"

namespace holdfast::test {

TEST_CASE("a file system may be taken off while it is watched, and comes back", "[watch]") {
  WatchFixture<LinuxWatches> fixture;
  const std::string root = fixture.body.root();
  REQUIRE(::mount("none", root.c_str(), "tmpfs", 0, "size=1m") == 0);
  fixture.watch_from_now();
  fixture.body.write(fixture.at("a.wav"));
  REQUIRE(fixture.is_told(FileEventKind::closed, "a.wav"));

  fixture.heard.clear();
  REQUIRE(::umount(root.c_str()) == 0);
  // The empty folder below it stands in its place.
  REQUIRE(fixture.is_told(FileEventKind::scan, ""));

  fixture.heard.clear();
  REQUIRE(::mount("none", root.c_str(), "tmpfs", 0, "size=1m") == 0);
  REQUIRE(fixture.is_told(FileEventKind::scan, ""));
  fixture.body.write(fixture.at("b.wav"));
  CHECK(fixture.is_told(FileEventKind::closed, "b.wav"));
  fixture.watched.reset();
  REQUIRE(::umount(root.c_str()) == 0);
}

TEST_CASE("what is mounted below a watched folder later is watched too, if it is to be",
          "[watch]") {
  WatchFixture<LinuxWatches> fixture;
  const std::string below = fixture.at("below");
  fixture.body.make_folder(below);
  fixture.watch_from_now({.cross_file_systems = true});
  REQUIRE(::mount("none", below.c_str(), "tmpfs", 0, "size=1m") == 0);
  REQUIRE(fixture.is_told(FileEventKind::scan, ""));
  fixture.heard.clear();
  fixture.body.write(below + "/a.wav");
  CHECK(fixture.is_told(FileEventKind::closed, "below/a.wav"));
  fixture.watched.reset();
  REQUIRE(::umount(below.c_str()) == 0);
}

TEST_CASE("a folder that two ways lead to is not watched by one of them alone", "[watch]") {
  WatchFixture<LinuxWatches> fixture;
  fixture.body.make_folder(fixture.at("one"));
  fixture.body.make_folder(fixture.at("two"));
  REQUIRE(::mount(fixture.at("one").c_str(), fixture.at("two").c_str(), nullptr, MS_BIND,
                  nullptr) == 0);
  fixture.watch({.cross_file_systems = true});
  CHECK(fixture.is_at(WatchState::too_many));
  fixture.watched.reset();
  REQUIRE(::umount(fixture.at("two").c_str()) == 0);
}

// Of a file system whose server says nothing.
TEST_CASE("a look at a mount that hangs holds up nobody, and ends with it", "[watch]") {
  WatchFixture<LinuxWatches> fixture;
  const std::string root = fixture.body.root();
  linux::Descriptor server = linux::open_at(AT_FDCWD, "/dev/fuse", O_RDWR);
  REQUIRE(server.is_open());
  const std::string options =
      "fd=" + std::to_string(server.number()) + ",rootmode=40000,user_id=0,group_id=0";
  REQUIRE(::mount("hangs", root.c_str(), "fuse", 0, options.c_str()) == 0);
  auto look = fixture.body.watches().look_at(fixture.at("done.flag"), fixture.body.bell());
  look->ask();
  fixture.body.write(fixture.body.outside("near"));
  const auto near =
      fixture.body.watches().look_at(fixture.body.outside("near"), fixture.body.bell());
  near->ask();
  std::optional<Result<ports::FileStatus>> found;
  while (!(found = near->take())) REQUIRE(fixture.body.wait());
  CHECK(found->value().size == 1);
  CHECK_FALSE(look->take());
  look->ask();
  CHECK_FALSE(look->take());
  look.reset();  // waits for nothing
  server = linux::Descriptor();
  REQUIRE(::umount2(root.c_str(), MNT_DETACH) == 0);
}

}  // namespace holdfast::test
