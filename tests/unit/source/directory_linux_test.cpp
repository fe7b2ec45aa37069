// SPDX-License-Identifier: Apache-2.0
// The same source on folders of this system.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "hal/base/path.h"
#include "hal/linux/disk.h"
#include "hal/linux/files.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/source/source_fixture.h"

namespace holdfast::source {

namespace {

namespace fs = std::filesystem;

struct RealServer {
  test::TemporaryFolder folder;
  fs::path root = folder.path();
  fs::path tree = root / "srv";
  linux::PosixFiles files;
  std::unique_ptr<linux::PosixDisk> scratch;

  RealServer() {
    fs::create_directories(tree / "day" / "empty");
    fs::create_directory(root / "scratch");
    scratch = linux::PosixDisk::open_root(root / "scratch").value();
  }

  void add(const std::string& path) { std::ofstream(tree / path) << path; }
  void add_socket(const std::string& path) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = tree / path;
    HF_CHECK(name.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, name.data(), name.size());
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    HF_CHECK(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(socket);
  }
};

}  // namespace

TEST_CASE("a folder of this system is listed and read") {
  RealServer server;
  std::vector<std::string> expected = {"calls",      "calls/day",  "calls/day/empty",
                                       "calls/link", "calls/pipe", "calls/plug"};
  for (const std::string name : {"day/call.wav", "a\nb", "\xff\xfe", "day.wav", "day!"}) {
    server.add(name);
    expected.push_back("calls/" + name);
  }
  fs::create_directory_symlink("day", server.tree / "link");
  REQUIRE(::mkfifo((server.tree / "pipe").c_str(), 0600) == 0);
  server.add_socket("plug");
  std::ranges::sort(expected, PathLess());
  DirectoryDefinition definition = calls_in(server.tree);
  definition.names_in_memory_max = GENERATE(200'000U, 2U);

  const auto source = open_directory(definition, server.files, *server.scratch).value();
  const auto listed = rest_of(*source->list().value());

  CHECK(paths_of(listed) == expected);
  CHECK(std::ranges::none_of(listed, [](const Listed& step) { return step.error.has_value(); }));
  CHECK(only(listed, "calls/pipe").item.type == ports::FileType::fifo);
  CHECK(only(listed, "calls/plug").item.type == ports::FileType::socket);

  const vault::Item call = only(listed, "calls/day/call.wav").item;
  Bytes bytes(call.size);
  CHECK(source->open(call).value()->read(0, bytes).value() == call.size);
  CHECK(text_of(bytes) == "day/call.wav");
  for (const std::string path : {"calls/pipe", "calls/link", "calls/day", "calls/link/call.wav"}) {
    vault::Item item;
    item.path = path;
    CHECK(source->open(item).error().code == ErrorCode::source_vanished);
  }
  vault::Item link = only(listed, "calls/link").item;
  REQUIRE(source->read_metadata(link));
  CHECK(link.link_target == "day");
}

}  // namespace holdfast::source
