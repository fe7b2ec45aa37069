// SPDX-License-Identifier: Apache-2.0
// What a listing shows, in which order, and what it says of what it could not look at.
#include "firmware/source/directory.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "hal/base/path.h"
#include "tests/unit/source/source_fixture.h"

namespace holdfast::source {

using Paths = std::vector<std::string>;
using ports::FileType;

TEST_CASE("a listing has every path, in path order") {
  Server server;
  Paths expected = {"calls", "calls/empty", "calls/a"};
  for (const std::string name : {"a/b", "a/b!", "a!b", "a b", "a\nb", "ab", "a/\xff\xfe", "\xff",
                                 "z", "a/c", "a/eight888", "a/eight8889", "a/eight88"}) {
    server.add(name);
    expected.push_back("calls/" + name);
  }
  server.files.add_folder("/srv/empty");
  std::ranges::sort(expected, PathLess());

  const Paths paths = server.paths();

  CHECK(paths == expected);
  CHECK(paths.front() == "calls");
}

TEST_CASE("an item carries what the status tells, and nothing of the item before") {
  Server server;
  server.add("call.wav", "0123456789");
  ports::FileStatus& status = server.files.node("/srv/call.wav").status;
  status.mode = 0640;
  status.uid = 1000;
  status.gid = 1001;
  server.files.add_folder("/srv/day");
  server.files.node("/srv/day").status.size = 4096;
  server.files.node("/srv/day").status.links = 7;

  const auto listed = server.list();

  vault::Item expected;
  expected.path = "calls/call.wav";
  expected.mode = 0640;
  expected.uid = 1000;
  expected.gid = 1001;
  expected.mtime_ns = status.mtime_ns;
  expected.ctime_ns = status.ctime_ns;
  expected.inode = status.inode;
  expected.device = status.device;
  expected.size = 10;
  CHECK(only(listed, "calls/call.wav").item == expected);
  const vault::Item day = only(listed, "calls/day").item;
  CHECK(day.type == FileType::directory);
  CHECK(day.size == 0);
  CHECK(day.links == 1);
  CHECK(day.uid == 0);
}

TEST_CASE("links, fifos, sockets and devices are listed and not entered or opened") {
  Server server;
  server.add("day/call.wav");
  server.files.add_symlink("/srv/again", "day");
  server.files.add_symlink("/srv/out", "/");
  server.files.add_special("/srv/pipe", FileType::fifo);
  server.files.add_special("/srv/plug", FileType::socket);
  server.files.add_special("/srv/tty", FileType::char_device);
  server.files.node("/srv/tty").status.device_major = 4;

  const auto listed = server.list();

  CHECK(paths_of(listed) == Paths{"calls", "calls/again", "calls/day", "calls/day/call.wav",
                                  "calls/out", "calls/pipe", "calls/plug", "calls/tty"});
  CHECK(only(listed, "calls/again").item.type == FileType::symlink);
  CHECK(only(listed, "calls/again").item.size == 3);
  CHECK(only(listed, "calls/pipe").item.type == FileType::fifo);
  CHECK(only(listed, "calls/plug").item.type == FileType::socket);
  CHECK(only(listed, "calls/tty").item.device_major == 4);
}

TEST_CASE("excluded names are neither listed nor entered") {
  Server server;
  for (const std::string name : {"a.part", "day/b.part", "day/c.wav", "day/old/d.wav", "tmp/e.wav",
                                 "day/tmp/f.wav", "x[1", "\xff.part"}) {
    server.add(name);
  }
  SECTION("a pattern without a slash is for any name at any depth") {
    server.definition.exclude = {"*.part", "old"};
    CHECK(server.paths() == Paths{"calls", "calls/day", "calls/day/c.wav", "calls/day/tmp",
                                  "calls/day/tmp/f.wav", "calls/tmp", "calls/tmp/e.wav",
                                  "calls/x[1"});
  }
  SECTION("a pattern with a slash is for the path below the source") {
    server.definition.exclude = {"/tmp", "day/*.wav", "*/old", "*.part"};
    CHECK(server.paths() ==
          Paths{"calls", "calls/day", "calls/day/tmp", "calls/day/tmp/f.wav", "calls/x[1"});
  }
}

TEST_CASE("another file system is listed and entered only when told") {
  Server server;
  server.add("usb/call.wav");
  server.files.node("/srv/usb").status.device = 77;
  server.files.node("/srv/usb/call.wav").status.device = 77;

  CHECK(server.paths() == Paths{"calls", "calls/usb"});
  server.definition.cross_file_systems = true;
  CHECK(server.paths() == Paths{"calls", "calls/usb", "calls/usb/call.wav"});
}

TEST_CASE("our own disks inside the source are listed and not entered") {
  Server server;
  server.add("disk1/label");
  server.add("disk2/label");
  server.files.add_symlink("/mnt/second", "/srv/disk2");
  server.definition.exclude_paths = {"/srv/disk1", "/mnt/second", "/srv/not/there"};
  CHECK(server.paths() == Paths{"calls", "calls/disk1", "calls/disk2"});

  server.definition.exclude_paths = {"/srv"};
  const auto opened = open_directory(server.definition, server.files, server.scratch);
  CHECK(opened.error().code == ErrorCode::disk_inside_source);
}

TEST_CASE("a source inside one of our own folders is refused, behind a link, too") {
  Server server;
  server.add("disk1/packs/one");
  server.files.add_symlink("/mnt/second", "/srv/disk1/packs");
  server.definition.exclude_paths = {"/srv/disk1"};
  for (const char* path : {"/srv/disk1/packs", "/mnt/second"}) {
    server.definition.path = path;
    const auto opened = open_directory(server.definition, server.files, server.scratch);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::disk_inside_source);
  }
}

TEST_CASE("a folder that cannot be read is said, and the listing goes on") {
  Server server;
  server.add("closed/call.wav");
  server.add("next.wav");
  server.files.set_unreadable("/srv/closed");

  const auto listed = server.list();

  CHECK(paths_of(listed) == Paths{"calls", "calls/closed", "calls/next.wav"});
  CHECK(listed[1].error->code == ErrorCode::permission_denied);
  CHECK(listed[1].item.type == FileType::directory);
  CHECK(listed[1].item.inode != 0);
  CHECK_FALSE(listed[2].error.has_value());
}

TEST_CASE("what goes between its name and its status is said to have vanished") {
  Server server;
  server.add("a.wav");
  server.add("b/c.wav");
  server.add("d.wav");
  const auto source = server.source();
  const auto listing = source->list().value();
  Listed root;
  CHECK(listing->next(root).value());
  server.files.remove("/srv/a.wav");
  server.files.remove("/srv/b");

  const auto listed = rest_of(*listing);

  CHECK(paths_of(listed) == Paths{"calls/a.wav", "calls/b", "calls/d.wav"});
  CHECK(listed[0].error->code == ErrorCode::source_vanished);
  CHECK(listed[1].error->code == ErrorCode::source_vanished);
  CHECK_FALSE(listed[2].error.has_value());
}

TEST_CASE("every single failure of the server or the scratch disk is told, and the rest listed") {
  const auto prepare = [](Server& server) {
    for (const std::string name : {"a/b", "a/c/d", "e/f", "g", "h"}) server.add(name);
    server.definition.names_in_memory_max = 1;
  };
  Server good;
  prepare(good);
  const Paths all = good.paths();
  for (std::uint64_t at = 1; at <= good.world.operations(); ++at) {
    Server server;
    prepare(server);
    server.world.fail_at(at, ErrorCode::io);
    auto opened = open_directory(server.definition, server.files, server.scratch);
    if (!opened) continue;
    std::optional<Error> failure;
    const auto listed = rest_of(*(*opened)->list().value(), &failure);
    CAPTURE(at);
    int failed = 0;
    for (const Listed& step : listed) {
      if (!step.error) continue;
      ++failed;
      // Our own disk's failure is no fault of the folder that was being sorted.
      CHECK_FALSE(step.error->where.starts_with("scratch"));
    }
    // Never less than there is without a word.
    CHECK(failed + (failure ? 1 : 0) == 1);
    CHECK(std::ranges::includes(all, paths_of(listed), PathLess()));
  }
}

TEST_CASE("a source without a folder does not open") {
  Server server;
  server.add("file");
  const auto code_for = [&](const std::string& path) {
    server.definition.path = path;
    return open_directory(server.definition, server.files, server.scratch).error().code;
  };
  CHECK(code_for("/nowhere") == ErrorCode::source_missing);
  CHECK(code_for("/srv/file") == ErrorCode::source_not_directory);
  server.files.set_unreadable("/srv");
  CHECK(code_for("/srv") == ErrorCode::permission_denied);
  server.definition.name = "calls/2024";
  CHECK(code_for("/srv") == ErrorCode::invalid_argument);
}

}  // namespace holdfast::source
