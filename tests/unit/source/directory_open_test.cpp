// SPDX-License-Identifier: Apache-2.0
// Reading items of a source while its listing goes on, and how many folders that keeps open.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "tests/support/forwarding_files.h"
#include "tests/unit/source/source_fixture.h"

namespace holdfast::source {

namespace {

vault::Item item_at(const std::string& path, ports::FileType type = ports::FileType::regular) {
  vault::Item item;
  item.path = path;
  item.type = type;
  return item;
}

std::string content_of(Source& source, const vault::Item& item) {
  const auto file = source.open(item);
  if (!file) return std::string(name_of(file.error().code));
  Bytes bytes(64);
  bytes.resize((*file)->read(0, bytes).value());
  return std::string(text_of(bytes));
}

// Counts the folders that are open.
class CountedFolder final : public test::ForwardingFolder {
 public:
  struct Count {
    int now = 0;
    int most = 0;
  };
  CountedFolder(std::unique_ptr<ports::Folder> folder, Count& count)
      : ForwardingFolder(std::move(folder)), count_(count) {
    count_.most = std::max(count_.most, ++count_.now);
  }
  ~CountedFolder() override { --count_.now; }
  CountedFolder(const CountedFolder&) = delete;
  CountedFolder& operator=(const CountedFolder&) = delete;

  Result<std::unique_ptr<ports::Folder>> open_folder(std::string_view name) override {
    HF_TRY(auto folder, ForwardingFolder::open_folder(name));
    return std::make_unique<CountedFolder>(std::move(folder), count_);
  }

 private:
  Count& count_;
};

}  // namespace

TEST_CASE("a regular file opens by its item") {
  Server server;
  server.add("call.wav", "top");
  server.add("2024/05/call.wav", "below");
  const auto source = server.source();
  CHECK(content_of(*source, item_at("calls/call.wav")) == "top");
  CHECK(content_of(*source, item_at("calls/2024/05/call.wav")) == "below");
  CHECK(content_of(*source, item_at("calls/2024/05/call.wav")) == "below");
}

TEST_CASE("what is no regular file any more has vanished") {
  Server server;
  server.add("day/call.wav");
  server.add("gone/call.wav");
  server.add("linked/call.wav");
  server.add("secret.wav");
  server.files.add_special("/srv/pipe", ports::FileType::fifo);
  server.add("going.wav");
  const auto source = server.source();
  server.files.remove("/srv/gone");
  server.files.remove("/srv/linked");
  server.files.add_symlink("/srv/linked", "day");
  server.files.vanish_when_opened("/srv/going.wav");
  server.files.set_unreadable("/srv/secret.wav");

  for (const std::string path :
       {"calls/day", "calls/gone/call.wav", "calls/linked/call.wav", "calls/pipe",
        "calls/going.wav", "calls/linked", "calls", "other/x", "callsX/day/call.wav"}) {
    CAPTURE(path);
    CHECK(content_of(*source, item_at(path)) == "source_vanished");
  }
  CHECK(content_of(*source, item_at("calls/secret.wav")) == "permission_denied");
  CHECK(content_of(*source, item_at("calls/../srv/secret.wav")) == "invalid_argument");
}

TEST_CASE("link targets and attributes are read when asked for") {
  Server server;
  server.files.add_symlink("/srv/day/link", "../elsewhere");
  server.files.add_folder("/srv/acl");
  server.files.node("/srv/acl").attributes["user.note"] = {1, 2, 3};
  server.add("file");
  const auto source = server.source();

  vault::Item link = item_at("calls/day/link", ports::FileType::symlink);
  REQUIRE(source->read_metadata(link));
  CHECK(link.link_target == "../elsewhere");
  vault::Item folder = item_at("calls/acl", ports::FileType::directory);
  REQUIRE(source->read_metadata(folder));
  CHECK(folder.attributes == ports::ExtendedAttributes{{"user.note", {1, 2, 3}}});

  vault::Item root = item_at("calls", ports::FileType::directory);
  CHECK(source->read_metadata(root));
  vault::Item was_link = item_at("calls/file", ports::FileType::symlink);
  CHECK(source->read_metadata(was_link).error().code == ErrorCode::source_vanished);
  vault::Item gone = item_at("calls/gone", ports::FileType::symlink);
  CHECK(source->read_metadata(gone).error().code == ErrorCode::source_vanished);
}

TEST_CASE("a source may be read by several threads while it is listed") {
  Server server;
  for (int i = 0; i < 400; ++i) {
    const std::string name = std::to_string(i % 40) + "/" + std::to_string(i);
    server.add(name, name);
  }
  const auto source = server.source();
  std::atomic<int> right = 0;
  const auto read_all = [&](int first) {
    for (int i = 0; i < 400; ++i) {
      const int number = (i * 7 + first) % 400;
      const std::string name = std::to_string(number % 40) + "/" + std::to_string(number);
      if (content_of(*source, item_at("calls/" + name)) == name) ++right;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read_all, i * 100);
  const std::size_t listed = rest_of(*source->list().value()).size();
  for (std::thread& reader : readers) reader.join();
  CHECK(right == 1200);
  CHECK(listed == 441);
}

TEST_CASE("a tree of any depth is listed with few folders open and few names in memory") {
  constexpr int kDepth = 5000;
  Server server;
  std::string folder = "/srv";
  std::vector<std::string> expected = {"calls"};
  for (int i = 0; i < kDepth; ++i) expected.push_back(expected.back() + "/d");
  server.files.add_folder("/srv" + expected.back().substr(5));
  // Files beyond the folders, so that the way back needs folders that were closed on the way down.
  for (int depth = 4900; depth >= 0; depth -= 490) {
    const std::string path = expected[static_cast<std::size_t>(depth)] + "/e";
    server.add(path.substr(6));
    expected.push_back(path);
  }
  server.definition.names_in_memory_max = GENERATE(200'000U, 3U);
  CountedFolder::Count count;
  test::WrappedFiles counted(server.files, [&](auto opened) {
    return std::make_unique<CountedFolder>(std::move(opened), count);
  });
  const auto source = open_directory(server.definition, counted, server.scratch).value();

  const auto listed = rest_of(*source->list().value());

  CHECK((paths_of(listed) == expected));
  CHECK(std::ranges::none_of(listed, [](const Listed& step) { return step.error.has_value(); }));
  CHECK(count.most <= 70);
  CHECK(server.scratch_files() == 0);
}

}  // namespace holdfast::source
