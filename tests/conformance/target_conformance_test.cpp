// SPDX-License-Identifier: Apache-2.0
// The writing half of hal/ports/files.h, on both bodies.
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <thread>

#include "hal/ports/file_owner.h"
#include "tests/conformance/files_fixture.h"

namespace holdfast::test {

using Names = std::vector<std::string>;
using ports::FileType;

namespace {

// What the process may give to its own file.
ports::FileMetadata own_metadata() {
  ports::FileMetadata metadata;
  metadata.uid = ::getuid();
  metadata.gid = ::getgid();
  metadata.mtime_ns = 1'234'567'890'123'456'000;
  return metadata;
}

}  // namespace

TEMPLATE_TEST_CASE("open_target makes the folder and its parents", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  for (int times = 0; times < 2; ++times) {
    const auto folder = fixture.files().open_target(fixture.path("a/b/c"));
    REQUIRE(outcome(folder) == "ok");
  }
  CHECK(*fixture.files().resolve(fixture.path("a/b/c")) == fixture.path("a/b/c"));
  fixture.write("file", "");
  CHECK(outcome(fixture.files().open_target(fixture.path("file"))) == "not_a_directory");
  CHECK(outcome(fixture.files().open_target(fixture.path("file/x"))) == "not_a_directory");
}

TEMPLATE_TEST_CASE("a new file or folder takes a free name only", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "old");
  CHECK(outcome(fixture.target().create_file("file")) == "already_exists");
  CHECK(outcome(fixture.target().make_symlink("file", "x")) == "already_exists");
  CHECK(outcome(fixture.target().make_folder("file")) == "not_a_directory");
  CHECK(fixture.read("file") == "old");

  const auto first = *fixture.target().make_folder("folder");
  REQUIRE(first->create_file("inside"));
  const auto second = *fixture.target().make_folder("folder");
  CHECK(outcome(second->status_of("inside")) == "ok");
  CHECK(outcome(fixture.target().open_target("folder")) == "ok");
  CHECK(outcome(fixture.target().open_target("no")) == "not_found");
}

TEMPLATE_TEST_CASE("a file is written at any offset and resized", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  auto file = *fixture.target().create_file("file");
  REQUIRE(file->write(4, view_of("tail")));
  REQUIRE(file->write(0, view_of("he")));
  REQUIRE(file->write(1, view_of("")));
  CHECK(fixture.read("file") == std::string("he\0\0tail", 8));
  REQUIRE(file->resize(5));
  CHECK(fixture.read("file") == std::string("he\0\0t", 5));
  REQUIRE(file->resize(7));
  CHECK(fixture.read("file") == std::string("he\0\0t\0\0", 7));
}

TEMPLATE_TEST_CASE("a file gets its mode, time and attributes", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  const ports::ExtendedAttributes attributes = {{"user.b", bytes_of("two")},
                                                {"user.c", Bytes(3000, 'x')}};
  auto metadata = own_metadata();
  metadata.mode = 04444;  // not writable, and setuid, which a change of owner would clear
  metadata.attributes = &attributes;
  auto file = *fixture.target().create_file("file");
  REQUIRE(file->write(0, view_of("bytes")));
  REQUIRE(outcome(file->apply(metadata)) == "ok");

  const ports::FileStatus status = *fixture.source().status_of("file");
  CHECK(status.mode == 04444);
  CHECK(status.uid == metadata.uid);
  CHECK(status.gid == metadata.gid);
  CHECK(status.mtime_ns == metadata.mtime_ns);
  CHECK(*fixture.source().extended_attributes_of("file") == attributes);
  CHECK(*(*fixture.source().open_file("file"))->extended_attributes() == attributes);
}

TEST_CASE("a file that keeps its maker as owner is no program of his", "[files]") {
  FilesFixture<LinuxFiles> fixture;
  auto metadata = own_metadata();
  metadata.mode = 07755;
  SECTION("its owner may be given") {
    REQUIRE((*fixture.target().create_file("file"))->apply(metadata));
    CHECK(fixture.source().status_of("file")->mode == 07755);
  }
  SECTION("its owner may not") {
    metadata.uid += 1;
    std::thread([&] {
      // Of this thread alone. For somebody who is not root it changes nothing.
      __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
      std::array<__user_cap_data_struct, 2> none{};
      static_cast<void>(::syscall(SYS_capset, &header, none.data()));
      static_cast<void>((*fixture.target().create_file("file"))->apply(metadata).has_value());
      static_cast<void>(fixture.target().make_folder("folder").has_value());
      static_cast<void>(fixture.target().apply("folder", metadata).has_value());
    }).join();
    for (const char* name : {"file", "folder"}) {
      CHECK(fixture.source().status_of(name)->uid == ::getuid());
      CHECK(fixture.source().status_of(name)->mode == 01755);
    }
  }
}

TEMPLATE_TEST_CASE("an owner that is left as it is stays, and makes no program of his", "[files]",
                   LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  const auto file = fixture.target().create_file("file");
  REQUIRE(file);
  REQUIRE(fixture.target().make_folder("folder"));
  const std::uint32_t maker = fixture.source().status_of("file")->uid;
  auto metadata = own_metadata();
  metadata.uid = ports::kOwnerAsIs;
  metadata.gid = ports::kOwnerAsIs;
  metadata.mode = 07754;
  REQUIRE((*file)->apply(metadata));
  REQUIRE(fixture.target().apply("folder", metadata));
  for (const char* name : {"file", "folder"}) {
    CHECK(fixture.source().status_of(name)->uid == maker);
    CHECK(fixture.source().status_of(name)->mode == 01754);
  }
}

TEMPLATE_TEST_CASE("attributes come sorted by name, none where there are none", "[files]",
                   LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  const ports::ExtendedAttributes unsorted = {{"user.z", {}}, {"user.a", bytes_of("1")}};
  auto metadata = own_metadata();
  metadata.mode = 0600;
  metadata.attributes = &unsorted;
  auto file = *fixture.target().create_file("file");
  REQUIRE(file->apply(metadata));
  const ports::ExtendedAttributes sorted = {{"user.a", bytes_of("1")}, {"user.z", {}}};
  CHECK(*fixture.source().extended_attributes_of("file") == sorted);
  fixture.write("plain", "");
  CHECK((*fixture.source().extended_attributes_of("plain")).empty());
  CHECK(outcome(fixture.source().extended_attributes_of("no")) == "not_found");
}

TEMPLATE_TEST_CASE("folders, links and this folder get their metadata by name", "[files]",
                   LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("pointed_at", "");
  const ports::FileStatus before = *fixture.source().status_of("pointed_at");
  REQUIRE(fixture.target().make_folder("folder"));
  REQUIRE(fixture.target().make_symlink("link", "pointed_at"));
  const ports::ExtendedAttributes attributes = {{"user.a", bytes_of("1")}};

  auto metadata = own_metadata();
  metadata.mode = 0750;
  metadata.type = FileType::directory;
  metadata.attributes = &attributes;
  CHECK(outcome(fixture.target().apply("folder", metadata)) == "ok");
  CHECK((*fixture.source().status_of("folder")).mode == 0750);
  CHECK((*fixture.source().status_of("folder")).mtime_ns == metadata.mtime_ns);
  CHECK(*fixture.source().extended_attributes_of("folder") == attributes);

  metadata.type = FileType::symlink;
  metadata.mode = 0777;
  metadata.attributes = nullptr;
  CHECK(outcome(fixture.target().apply("link", metadata)) == "ok");
  CHECK((*fixture.source().status_of("link")).mtime_ns == metadata.mtime_ns);
  CHECK((*fixture.source().status_of("pointed_at")).mtime_ns == before.mtime_ns);
  CHECK((*fixture.source().status_of("pointed_at")).mode == before.mode);

  metadata.type = FileType::directory;
  metadata.mode = 0710;
  metadata.attributes = &attributes;
  CHECK(outcome(fixture.target().apply("", metadata)) == "ok");
  CHECK(*fixture.source().extended_attributes_of("") == attributes);
  CHECK((*fixture.source().status()).mode == 0710);
  CHECK((*fixture.source().status()).mtime_ns == metadata.mtime_ns);
  CHECK(outcome(fixture.target().apply("no", metadata)) == "not_found");
}

TEMPLATE_TEST_CASE("times before 1970 are kept", "[files]", LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "");
  auto metadata = own_metadata();
  metadata.mtime_ns = -1'500'000'000;
  REQUIRE(fixture.target().apply("file", metadata));
  CHECK((*fixture.source().status_of("file")).mtime_ns == -1'500'000'000);
}

TEMPLATE_TEST_CASE("special files are made as what they are", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  ports::FileStatus what;
  for (const FileType type : {FileType::fifo, FileType::socket}) {
    what.type = type;
    const std::string name = std::to_string(static_cast<int>(type));
    REQUIRE(outcome(fixture.target().make_special(name, what)) == "ok");
    CHECK((*fixture.source().status_of(name)).type == type);
    CHECK(outcome(fixture.target().make_special(name, what)) == "already_exists");
  }
  what.type = FileType::directory;
  CHECK(outcome(fixture.target().make_special("x", what)) == "invalid_argument");
}

TEMPLATE_TEST_CASE("a second name shows the same file", "[files]", LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "bytes");
  const auto folder = *fixture.target().make_folder("folder");
  REQUIRE(outcome(folder->link(fixture.target(), "file", "second")) == "ok");
  const ports::FileStatus first = *fixture.source().status_of("file");
  const ports::FileStatus second = *folder->status_of("second");
  CHECK(first.inode == second.inode);
  CHECK(second.links == 2);
  CHECK(outcome(folder->link(fixture.target(), "file", "second")) == "already_exists");
  CHECK(outcome(folder->link(fixture.target(), "no", "third")) == "not_found");
  // A second name for a link is one for the link, not for what it points at.
  REQUIRE(fixture.target().make_symlink("link", "file"));
  REQUIRE(fixture.target().link(fixture.target(), "link", "link too"));
  CHECK(*fixture.source().read_link("link too") == "file");
}

TEMPLATE_TEST_CASE("rename replaces only when it is told to", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("new", "new");
  fixture.write("old", "old");
  CHECK(outcome(fixture.target().rename("new", "old", false)) == "already_exists");
  CHECK(fixture.read("old") == "old");
  CHECK(outcome(fixture.target().rename("new", "free", false)) == "ok");
  CHECK(outcome(fixture.target().rename("free", "old", true)) == "ok");
  CHECK(fixture.names() == Names{"old"});
  CHECK(fixture.read("old") == "new");
  CHECK(outcome(fixture.target().rename("no", "x", true)) == "not_found");
}

TEMPLATE_TEST_CASE("remove takes everything but a folder that holds something", "[files]",
                   LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "");
  REQUIRE(fixture.target().make_symlink("link", "file"));
  const auto folder = *fixture.target().make_folder("folder");
  REQUIRE(folder->create_file("inside"));
  CHECK(outcome(fixture.target().remove("folder")) == "io");
  CHECK(outcome(fixture.target().remove("link")) == "ok");
  CHECK(fixture.names() == Names{"file", "folder"});
  REQUIRE(folder->remove("inside"));
  CHECK(outcome(fixture.target().remove("folder")) == "ok");
  CHECK(outcome(fixture.target().remove("file")) == "ok");
  CHECK(outcome(fixture.target().remove("file")) == "not_found");
  CHECK(fixture.names().empty());
}

TEMPLATE_TEST_CASE("what was written can be made durable", "[files]", LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "bytes");
  CHECK(outcome(fixture.target().sync_file_system()) == "ok");
}

}  // namespace holdfast::test
