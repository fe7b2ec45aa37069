// SPDX-License-Identifier: Apache-2.0
// The sentences of hal/ports/disk.h that need no crash, on both bodies.
#include <catch2/catch.hpp>

#include "tests/conformance/disk_fixture.h"

namespace holdfast::test {

using Names = std::vector<std::string>;

TEMPLATE_TEST_CASE("a new file is empty and takes what is appended", "[disk]", LinuxDisk,
                   SimulatedDisk) {
  DiskFixture<TestType> fixture;
  auto file = *fixture.disk().create("a");
  CHECK(file->size() == 0);
  const Bytes first = bytes_of("one ");
  const Bytes second = bytes_of("two");
  const std::vector<ByteView> pieces = {first, {}, second};
  REQUIRE(file->append(pieces));
  CHECK(file->size() == 7);
  REQUIRE(file->append(std::span<const ByteView>{}));
  REQUIRE(file->sync());
  CHECK(fixture.read("a") == "one two");
  CHECK(*fixture.disk().size_of("a") == 7);
}

TEMPLATE_TEST_CASE("more pieces than one call of the system takes arrive in order", "[disk]",
                   LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  std::string expected;
  std::vector<Bytes> owned;
  for (int i = 0; i < 1500; ++i) owned.push_back(bytes_of(std::to_string(i) + ","));
  for (const Bytes& bytes : owned) expected += text_of(bytes);
  const std::vector<ByteView> pieces(owned.begin(), owned.end());
  REQUIRE((*fixture.disk().create("a"))->append(pieces));
  CHECK(fixture.read("a") == expected);
}

TEMPLATE_TEST_CASE("create takes a free name only", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  fixture.write("a", "old");
  CHECK(outcome(fixture.disk().create("a")) == "already_exists");
  CHECK(fixture.read("a") == "old");
  CHECK(outcome(fixture.disk().create("missing/a")) == "not_found");
  CHECK(outcome(fixture.disk().create("a/b")) == "not_a_directory");
  CHECK(outcome(fixture.disk().create(std::string(300, 'n'))) == "name_too_long");
}

TEMPLATE_TEST_CASE("an error names the full path", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  const auto opened = fixture.disk().open("no/such");
  CHECK(outcome(opened) == "not_found");
  CHECK(opened.error().where == fixture.disk().name() + "/no/such");
}

TEMPLATE_TEST_CASE("open_append goes on at the end", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  fixture.write("a", "one");
  auto file = *fixture.disk().open_append("a");
  CHECK(file->size() == 3);
  REQUIRE(file->append(view_of(" two")));
  CHECK(file->size() == 7);
  CHECK(fixture.read("a") == "one two");
  CHECK(outcome(fixture.disk().open_append("b")) == "not_found");
}

TEMPLATE_TEST_CASE("a read ends with the file", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  fixture.write("a", "0123456789");
  auto file = *fixture.disk().open("a");
  CHECK(file->size() == 10);
  Bytes out(4);
  CHECK(*file->read(2, out) == 4);
  CHECK(text_of(out) == "2345");
  CHECK(*file->read(8, out) == 2);
  CHECK(*file->read(10, out) == 0);
  CHECK(*file->read(5000, out) == 0);
  CHECK(*file->read(0, {}) == 0);
  CHECK(outcome(file->read_all(6, out)) == "ok");
  CHECK(outcome(file->read_all(7, out)) == "truncated");
}

TEMPLATE_TEST_CASE("an open file keeps its bytes when its name goes", "[disk]", LinuxDisk,
                   SimulatedDisk) {
  DiskFixture<TestType> fixture;
  fixture.write("a", "kept");
  auto file = *fixture.disk().open("a");
  REQUIRE(fixture.disk().remove("a"));
  Bytes out(4);
  CHECK(outcome(file->read_all(0, out)) == "ok");
  CHECK(text_of(out) == "kept");
}

TEMPLATE_TEST_CASE("rename moves a file and replaces one in a single step", "[disk]", LinuxDisk,
                   SimulatedDisk) {
  DiskFixture<TestType> fixture;
  fixture.write("new", "new");
  fixture.write("old", "old");
  REQUIRE(fixture.disk().rename("new", "old"));
  CHECK(fixture.names("") == Names{"old"});
  CHECK(fixture.read("old") == "new");
  REQUIRE(fixture.disk().rename("old", "old"));
  CHECK(fixture.read("old") == "new");
  CHECK(outcome(fixture.disk().rename("no", "x")) == "not_found");
}

TEMPLATE_TEST_CASE("rename stays in one directory and never mixes files and directories", "[disk]",
                   LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  fixture.write("file", "bytes");
  REQUIRE(fixture.disk().make_directory("folder"));
  CHECK(outcome(fixture.disk().rename("file", "folder/file")) == "invalid_argument");
  CHECK(outcome(fixture.disk().rename("file", "folder")) == "is_a_directory");
  CHECK(outcome(fixture.disk().rename("folder", "file")) == "not_a_directory");
  CHECK(fixture.names("") == Names{"file", "folder/"});
}

TEMPLATE_TEST_CASE("remove takes a file or an empty directory", "[disk]", LinuxDisk,
                   SimulatedDisk) {
  DiskFixture<TestType> fixture;
  REQUIRE(fixture.disk().make_directory("d"));
  fixture.write("d/a", "bytes");
  CHECK(outcome(fixture.disk().remove("d")) == "io");
  REQUIRE(fixture.disk().remove("d/a"));
  CHECK(outcome(fixture.disk().remove("d/a")) == "not_found");
  REQUIRE(fixture.disk().remove("d"));
  CHECK(fixture.names("").empty());
  CHECK(outcome(fixture.disk().remove("")) == "is_a_directory");
}

TEMPLATE_TEST_CASE("make_directory is content with one that is there", "[disk]", LinuxDisk,
                   SimulatedDisk) {
  DiskFixture<TestType> fixture;
  REQUIRE(fixture.disk().make_directory("d"));
  REQUIRE(fixture.disk().make_directory("d"));
  REQUIRE(fixture.disk().make_directory(""));
  fixture.write("a", "");
  CHECK(outcome(fixture.disk().make_directory("a")) == "not_a_directory");
  CHECK(outcome(fixture.disk().make_directory("x/y")) == "not_found");
}

TEMPLATE_TEST_CASE("names come in byte order, whatever their bytes", "[disk]", LinuxDisk,
                   SimulatedDisk) {
  DiskFixture<TestType> fixture;
  for (const char* name : {"b", "\xff\xfe", "B", "a b\n", "\xe5\xbd\x95"}) fixture.write(name, "");
  REQUIRE(fixture.disk().make_directory("a"));
  CHECK(fixture.names("") == Names{"B", "a/", "a b\n", "b", "\xe5\xbd\x95", "\xff\xfe"});
  CHECK(fixture.names("a").empty());
  CHECK(outcome(fixture.disk().list("b")) == "not_a_directory");
  CHECK(outcome(fixture.disk().list("no")) == "not_found");
}

TEMPLATE_TEST_CASE("a directory is no file", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  REQUIRE(fixture.disk().make_directory("d"));
  CHECK(outcome(fixture.disk().open("d")) == "is_a_directory");
  CHECK(outcome(fixture.disk().open("")) == "is_a_directory");
  CHECK(outcome(fixture.disk().open_append("d")) == "is_a_directory");
  CHECK(outcome(fixture.disk().create("d")) == "already_exists");
  CHECK(outcome(fixture.disk().size_of("d")) == "is_a_directory");
  CHECK(outcome(fixture.disk().size_of("no")) == "not_found");
}

TEMPLATE_TEST_CASE("no path leads out of the disk", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  REQUIRE(fixture.disk().make_directory("d"));
  for (const char* path : {"../a", "/a", "d/../a", "./a", "d//a", "a/"}) {
    CAPTURE(path);
    CHECK(outcome(fixture.disk().create(path)) == "invalid_argument");
    CHECK(outcome(fixture.disk().open(path)) == "invalid_argument");
    CHECK(outcome(fixture.disk().list(path)) == "invalid_argument");
  }
}

TEMPLATE_TEST_CASE("sync_directory takes any directory", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  REQUIRE(fixture.disk().make_directory("d"));
  CHECK(outcome(fixture.disk().sync_directory("d")) == "ok");
  CHECK(outcome(fixture.disk().sync_directory("")) == "ok");
  CHECK(outcome(fixture.disk().sync_directory("no")) == "not_found");
}

TEMPLATE_TEST_CASE("what is durable is read afresh as it was written", "[disk]", LinuxDisk,
                   SimulatedDisk) {
  DiskFixture<TestType> fixture;
  const std::string text(100'000, 'a');
  auto file = *fixture.disk().create("a");
  REQUIRE(file->append(view_of(text)));
  REQUIRE(file->sync());
  const auto fresh = fixture.disk().open_fresh("a");
  REQUIRE(fresh);
  CHECK((*fresh)->size() == text.size());
  Bytes read(text.size());
  REQUIRE((*fresh)->read_all(0, read));
  CHECK(text_of(read) == text);
  CHECK(outcome(fixture.disk().open_fresh("b")) == "not_found");
  REQUIRE(fixture.disk().make_directory("d"));
  CHECK(outcome(fixture.disk().open_fresh("d")) == "is_a_directory");
}

TEMPLATE_TEST_CASE("a disk tells its space and its device", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  const ports::Space space = *fixture.disk().space();
  CHECK(space.total > 0);
  CHECK(space.free <= space.total);
  CHECK_FALSE(space.is_read_only);
  CHECK(*fixture.disk().device() == *fixture.again().device());
}

TEMPLATE_TEST_CASE("store replaces what was there, also after a crash half way", "[disk]",
                   LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  REQUIRE(fixture.disk().make_directory("d"));
  fixture.write("d/a", "old");
  fixture.write("d/a.tmp", "left by a crash");
  REQUIRE(ports::store(fixture.disk(), "d/a", view_of("new")));
  CHECK(fixture.names("d") == Names{"a"});
  CHECK(fixture.read("d/a") == "new");
  CHECK(outcome(ports::load(fixture.disk(), "d/a", 2)) == "limit_exceeded");
}

TEMPLATE_TEST_CASE("make_directories makes every missing one", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  REQUIRE(ports::make_directories(fixture.disk(), "a/b/c"));
  REQUIRE(ports::make_directories(fixture.disk(), "a/b/c"));
  CHECK(fixture.names("a/b") == Names{"c/"});
  fixture.write("a/file", "");
  CHECK(outcome(ports::make_directories(fixture.disk(), "a/file/x")) == "not_a_directory");
}

}  // namespace holdfast::test
