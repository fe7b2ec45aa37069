// SPDX-License-Identifier: Apache-2.0
// The reading half of hal/ports/files.h, on both bodies.
#include <sys/stat.h>
#include <catch2/catch.hpp>

#include "tests/conformance/files_fixture.h"

namespace holdfast::test {

using Names = std::vector<std::string>;
using ports::FileType;

TEMPLATE_TEST_CASE("a folder lists every name, whatever its bytes", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  for (const char* name : {"b", ".hidden", "a\nb", "\xff\xfe"}) fixture.write(name, "");
  REQUIRE(fixture.target().make_folder("folder"));
  CHECK(fixture.names() == Names{".hidden", "a\nb", "b", "folder", "\xff\xfe"});
  CHECK(fixture.names().size() == 5);  // a listing starts anew each time
}

TEMPLATE_TEST_CASE("an error of the visitor ends the listing", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("a", "");
  fixture.write("b", "");
  int visits = 0;
  const auto result = fixture.source().list([&](std::string_view) -> Result<void> {
    ++visits;
    return make_error(ErrorCode::interrupted);
  });
  CHECK(outcome(result) == "interrupted");
  CHECK(visits == 1);
}

TEMPLATE_TEST_CASE("a visitor may open what it is shown", "[files]", LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("a", "bytes");
  const auto result = fixture.source().list([&](std::string_view name) -> Result<void> {
    HF_TRY(const auto file, fixture.source().open_file(name));
    CHECK((*file->status()).size == 5);
    return {};
  });
  CHECK(outcome(result) == "ok");
}

TEMPLATE_TEST_CASE("a status tells the type, size and identity of a name", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "12345");
  REQUIRE(fixture.target().make_folder("folder"));
  REQUIRE(fixture.target().make_symlink("link", "file"));

  const ports::FileStatus file = *fixture.source().status_of("file");
  CHECK(file.type == FileType::regular);
  CHECK(file.mode == 0600);
  CHECK(file.size == 5);
  CHECK(file.links == 1);
  CHECK(file.mtime_ns > 0);
  CHECK(file.device == (*fixture.source().status()).device);

  const ports::FileStatus folder = *fixture.source().status_of("folder");
  CHECK(folder.type == FileType::directory);
  CHECK(folder.mode == 0700);
  CHECK(folder.inode != file.inode);

  const ports::FileStatus link = *fixture.source().status_of("link");
  CHECK(link.type == FileType::symlink);
  CHECK(link.size == 4);
  CHECK(*fixture.source().read_link("link") == "file");
  CHECK(outcome(fixture.source().read_link("file")) == "io");
  CHECK(outcome(fixture.source().status_of("no")) == "not_found");
}

TEMPLATE_TEST_CASE("an open file is read at any offset", "[files]", LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "0123456789");
  const auto file = *fixture.source().open_file("file");
  CHECK((*file->status()).size == 10);
  Bytes out(4);
  CHECK(*file->read(3, out) == 4);
  CHECK(text_of(out) == "3456");
  CHECK(*file->read(8, out) == 2);
  CHECK(*file->read(10, out) == 0);
}

TEMPLATE_TEST_CASE("an open file stays what it was when its name goes", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "old");
  const auto file = *fixture.source().open_file("file");
  REQUIRE(fixture.target().remove("file"));
  fixture.write("file", "newer");
  CHECK((*file->status()).size == 3);
  CHECK((*file->status()).links == 0);
  CHECK(file->first_status().size == 3);
  CHECK(file->first_status().links == 1);
  CHECK(fixture.read("file") == "newer");
}

TEMPLATE_TEST_CASE("only regular files are opened, and nothing blocks", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "");
  REQUIRE(fixture.target().make_folder("folder"));
  REQUIRE(fixture.target().make_symlink("link", "file"));
  ports::FileStatus fifo;
  fifo.type = FileType::fifo;
  REQUIRE(fixture.target().make_special("fifo", fifo));
  for (const char* name : {"folder", "link", "fifo"}) {
    CAPTURE(name);
    CHECK(outcome(fixture.source().open_file(name)) == "io");
  }
  CHECK(outcome(fixture.source().open_file("no")) == "not_found");
  CHECK((*fixture.source().status_of("fifo")).type == FileType::fifo);
}

TEMPLATE_TEST_CASE("a link is not followed to a folder", "[files]", LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  REQUIRE(fixture.target().make_folder("folder"));
  REQUIRE(fixture.target().make_symlink("link", "folder"));
  fixture.write("file", "");
  CHECK(outcome(fixture.source().open_folder("folder")) == "ok");
  CHECK(outcome(fixture.source().open_folder("link")) == "not_a_directory");
  CHECK(outcome(fixture.source().open_folder("file")) == "not_a_directory");
  CHECK(outcome(fixture.target().open_target("link")) == "not_a_directory");
  CHECK(outcome(fixture.target().make_folder("link")) == "not_a_directory");
  CHECK(outcome(fixture.source().open_folder("no")) == "not_found");
}

TEMPLATE_TEST_CASE("a name is one name and leads nowhere else", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  REQUIRE(fixture.target().make_folder("folder"));
  const std::string with_nul("a\0b", 3);
  for (const std::string& name : {std::string("."), std::string(".."), std::string("folder/a"),
                                  std::string("/etc"), std::string(), with_nul}) {
    CAPTURE(name);
    CHECK(outcome(fixture.source().status_of(name)) == "invalid_argument");
    CHECK(outcome(fixture.source().open_folder(name)) == "invalid_argument");
    CHECK(outcome(fixture.source().open_file(name)) == "invalid_argument");
    CHECK(outcome(fixture.target().create_file(name)) == "invalid_argument");
    CHECK(outcome(fixture.target().make_symlink(name, "x")) == "invalid_argument");
    CHECK(outcome(fixture.target().remove(name)) == "invalid_argument");
  }
  CHECK(outcome(fixture.target().create_file(std::string(300, 'n'))) == "name_too_long");
}

TEMPLATE_TEST_CASE("next_data shows data and passes over holes", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  {
    auto file = *fixture.target().create_file("sparse");
    const Bytes block(8192, 'x');
    REQUIRE(file->write(kMiB, block));
    REQUIRE(file->write(3 * kMiB, block));
    REQUIRE(file->resize(4 * kMiB));
  }
  const auto file = *fixture.source().open_file("sparse");
  const auto first = *file->next_data(0);
  REQUIRE(first);
  CHECK(first->offset == kMiB);
  CHECK(first->length == 8192);
  const auto inside = *file->next_data(kMiB + 100);
  REQUIRE(inside);
  CHECK(inside->offset == kMiB + 100);
  CHECK(inside->length == 8092);
  CHECK((*file->next_data(2 * kMiB))->offset == 3 * kMiB);
  CHECK_FALSE(*file->next_data(3 * kMiB + 8192));
  CHECK_FALSE(*file->next_data(4 * kMiB));

  Bytes out(4096, 'y');
  CHECK(*file->read(2 * kMiB, out) == 4096);
  CHECK(out == Bytes(4096, 0));
}

TEMPLATE_TEST_CASE("a file without holes is one run", "[files]", LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", std::string(10'000, 'x'));
  fixture.write("empty", "");
  const auto file = *fixture.source().open_file("file");
  const auto run = *file->next_data(10);
  REQUIRE(run);
  CHECK(run->offset == 10);
  CHECK(run->length == 9990);
  CHECK_FALSE(*(*fixture.source().open_file("empty"))->next_data(0));
}

TEMPLATE_TEST_CASE("a source must be a folder; its own path may be a link", "[files]", LinuxFiles,
                   SimulatedFiles) {
  FilesFixture<TestType> fixture;
  fixture.write("file", "");
  REQUIRE(fixture.target().make_folder("folder"));
  REQUIRE(fixture.target().make_symlink("link", "folder"));
  REQUIRE(fixture.target().make_symlink("loop", "loop"));
  CHECK(outcome(fixture.files().open_source(fixture.path("link"))) == "ok");
  CHECK(outcome(fixture.files().open_source(fixture.path("file"))) == "not_a_directory");
  CHECK(outcome(fixture.files().open_source(fixture.path("no"))) == "not_found");
  CHECK(outcome(fixture.files().open_source(fixture.path("loop"))) == "io");
}

TEMPLATE_TEST_CASE("resolve shows where a path leads", "[files]", LinuxFiles, SimulatedFiles) {
  FilesFixture<TestType> fixture;
  const auto folder = *fixture.target().make_folder("folder");
  REQUIRE(folder->make_folder("below"));
  REQUIRE(fixture.target().make_symlink("link", "folder/../folder"));
  CHECK(*fixture.files().resolve(fixture.path("link/./below")) == fixture.path("folder/below"));
  CHECK(*fixture.files().resolve(fixture.path("folder/below/..")) == fixture.path("folder"));
  CHECK(outcome(fixture.files().resolve(fixture.path("no"))) == "not_found");
  CHECK(*fixture.files().resolve("/") == "/");
}

TEST_CASE("reading a real source leaves its access time alone", "[files]") {
  FilesFixture<LinuxFiles> fixture;
  fixture.write("file", "bytes");
  // An access time before the change time is what a mount with relatime would bring up to date.
  const std::string path = fixture.path("file");
  const timespec times[2] = {{1'000'000'000, 0}, {0, UTIME_OMIT}};
  REQUIRE(::utimensat(-1, path.c_str(), times, 0) == 0);
  CHECK(fixture.read("file") == "bytes");
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_atim.tv_sec == 1'000'000'000);
}

}  // namespace holdfast::test
