// SPDX-License-Identifier: Apache-2.0
// Restore and verify on simulated ports: names of one file, names that others took, and what was
// never stored.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "firmware/job/verify.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/path.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

class TwoWorkers final : public ports::Workers {
 public:
  std::size_t count() const override { return 2; }
  Result<void> run(const std::function<Result<void>(std::size_t)>& task) override {
    Result<void> second;
    std::thread thread([&] { second = task(1); });
    Result<void> first = task(0);
    thread.join();
    return first ? second : first;
  }
  void give_way() override {}
};

class ZeroRandom final : public ports::Random {
 public:
  void fill(ByteSpan out) override { std::fill(out.begin(), out.end(), std::uint8_t{0}); }
};

struct Site : ReadyBox {
  Site() {
    write("a.wav", "first");
    write("b.wav", "second");
  }
  void link(const std::string& from, const std::string& to) {
    const auto folder = files.open_target("/calls/" + std::string(parent_of(from)));
    REQUIRE(folder);
    REQUIRE((*folder)->link(**folder, last_name_of(from), last_name_of(to)));
  }
  // Makes the source show both as names of one file.
  void share_inode(const std::string& one, const std::string& other) {
    ports::FileStatus& status = files.node("/calls/" + one).status;
    status.links = 2;
    files.node("/calls/" + other).status.links = 2;
    files.node("/calls/" + other).status.inode = status.inode;
  }
  job::RestoreReport restore_with(ports::Workers& with_workers, ports::Random& with_random,
                                  bool gone = false) {
    vault::VaultPorts ports{clock,
                            with_random,
                            with_workers,
                            home,
                            [this](const std::string& path) { return open_disk(path); },
                            "test"};
    const auto box = vault::Box::open(
        ports, settings, [] { return Result<std::optional<SecretBytes>>(std::nullopt); });
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    const auto snapshot = (*business)->find_snapshot({});
    REQUIRE(snapshot);
    job::RestoreRequest request;
    request.selection.snapshot = *snapshot;
    request.selection.gone = gone;
    request.target = "/target";
    const auto report = job::run_restore(**business, files, request);
    REQUIRE(report);
    CHECK(report->lost.count == 0);
    CHECK(report->failed.count == 0);
    return *report;
  }
  job::VerifyReport verify() {
    const auto box = open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    const auto snapshot = (*business)->find_snapshot({});
    REQUIRE(snapshot);
    job::VerifyRequest request;
    request.snapshot = *snapshot;
    const auto report = job::run_verify(**business, request);
    REQUIRE(report);
    return *report;
  }
  std::string restored(const std::string& name) {
    const auto bytes = files.contents("/target/calls/" + name);
    REQUIRE(bytes);
    return std::string(bytes->begin(), bytes->end());
  }
  std::uint64_t restored_inode(const std::string& name) {
    return files.node("/target/calls/" + name).status.inode;
  }
};

}  // namespace

TEST_CASE("Names of one file are names of one file again") {
  Site site;
  site.link("a.wav", "c.wav");
  REQUIRE(site.backup());
  site.restore_with(site.workers, site.random);
  CHECK(site.restored("c.wav") == "first");
  CHECK(site.restored_inode("a.wav") == site.restored_inode("c.wav"));
  CHECK(site.restored_inode("a.wav") != site.restored_inode("b.wav"));
}

TEST_CASE("Two files that had one inode at different times stay two files") {
  Site site;
  site.share_inode("a.wav", "b.wav");
  REQUIRE(site.backup());
  site.restore_with(site.workers, site.random);
  CHECK(site.restored("a.wav") == "first");
  CHECK(site.restored("b.wav") == "second");
}

TEST_CASE("A name that is gone is not linked to one that is there") {
  Site site;
  site.link("a.wav", "c.wav");
  REQUIRE(site.backup());
  const ports::FileStatus before = site.files.node("/calls/a.wav").status;
  site.files.remove("/calls/c.wav");
  site.files.node("/calls/a.wav").status = before;
  REQUIRE(site.backup());
  site.restore_with(site.workers, site.random, true);
  CHECK(site.restored("c.wav") == "first");
  CHECK(site.restored_inode("a.wav") != site.restored_inode("c.wav"));
}

TEST_CASE("What lay in a folder that is a file now comes back beside the file") {
  Site site;
  site.write("day/x.wav", "in the folder");
  site.write("day/sub/z.wav", "deep");
  site.write("day.folder", "takes the name");
  REQUIRE(site.backup());
  site.files.remove("/calls/day");
  site.write("day", "a file");
  REQUIRE(site.backup());
  // Without --gone there is nothing that could collide.
  const auto there = site.restore();
  REQUIRE(there);
  CHECK(*there == site.source());
  const auto report = site.restore_with(site.workers, site.random, true);
  CHECK(site.restored("day") == "a file");
  CHECK(site.restored("day.folder") == "takes the name");
  CHECK(site.restored("day.folder.2/x.wav") == "in the folder");
  CHECK(site.restored("day.folder.2/sub/z.wav") == "deep");
  CHECK(report.moved.items == 3);  // two files and the folder of one
  CHECK(report.moved.folders ==
        std::map<std::string, std::string>{{"calls/day", "calls/day.folder.2"}});
}

TEST_CASE("A folder in a folder that both became files comes back beside both") {
  Site site;
  site.write("day/sub/z.wav", "deep");
  REQUIRE(site.backup());
  site.files.remove("/calls/day/sub");
  site.files.add_symlink("/calls/day/sub", "nowhere");
  REQUIRE(site.backup());
  site.files.remove("/calls/day");
  site.write("day", "a file");
  REQUIRE(site.backup());
  const auto report = site.restore_with(site.workers, site.random, true);
  CHECK(site.restored("day") == "a file");
  CHECK(site.files.node("/target/calls/day.folder/sub").link_target == "nowhere");
  CHECK(site.restored("day.folder/sub.folder/z.wav") == "deep");
  CHECK(report.moved.folders ==
        std::map<std::string, std::string>{{"calls/day", "calls/day.folder"},
                                           {"calls/day/sub", "calls/day.folder/sub.folder"}});
}

TEST_CASE("Names of one file are linked where they were put") {
  Site site;
  site.write("day/x.wav", "twice");
  site.link("a.wav", "c.wav");
  site.link("day/x.wav", "day/y.wav");
  REQUIRE(site.backup());
  site.files.remove("/calls/day");
  site.write("day", "a file");
  REQUIRE(site.backup());
  site.restore_with(site.workers, site.random, true);
  CHECK(site.restored("day.folder/y.wav") == "twice");
  CHECK(site.restored_inode("day.folder/x.wav") == site.restored_inode("day.folder/y.wav"));
}

TEST_CASE("A file whose place a folder took is told as gone, and is in the snapshot before") {
  Site site;
  site.write("day", "a file");
  const auto first = site.backup();
  REQUIRE(first);
  site.files.remove("/calls/day");
  site.write("day/x.wav", "in the folder");
  const auto second = site.backup();
  REQUIRE(second);
  CHECK(second->counts.items_gone == 1);
  CHECK(second->counts.items_new == 1);
  const auto report = site.restore_with(site.workers, site.random, true);
  CHECK(report.moved.items == 0);
  CHECK(site.restored("day/x.wav") == "in the folder");
  const auto before = site.restore(first->snapshot.number);
  REQUIRE(before);
  CHECK(before->at("day") == Bytes{'a', ' ', 'f', 'i', 'l', 'e'});
}

TEST_CASE("Two workers lose no link") {
  Site site;
  constexpr int kFiles = 20;
  constexpr std::size_t kSize = 200'000;
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = "pair" + std::to_string(i);
    // Long enough that the other worker comes to the second name while the first is written.
    site.write(name, std::string(kSize, static_cast<char>('a' + i)));
    site.link(name, name + ".too");
  }
  REQUIRE(site.backup());
  TwoWorkers two;
  const auto report = site.restore_with(two, site.random);
  CHECK(report.files == 2 * kFiles + 2);
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = "pair" + std::to_string(i);
    CHECK(site.restored_inode(name) == site.restored_inode(name + ".too"));
    CHECK(site.restored(name + ".too") == std::string(kSize, static_cast<char>('a' + i)));
  }
}

TEST_CASE("A file that has the temporary name is left alone") {
  Site site;
  site.files.add_symlink("/calls/link", "a.wav");
  site.link("a.wav", "c.wav");
  REQUIRE(site.backup());
  const std::string text = "somebody else's";
  // One in the way of each kind of thing that is made.
  const std::array names = {".holdfast-0.part", ".holdfast-0000000000000000-0.part",
                            ".holdfast-0000000000000000-3.part",
                            ".holdfast-0000000000000000-5.part"};
  for (const char* name : names) {
    site.files.write_file("/target/calls/" + std::string(name), view_of(text));
  }
  ZeroRandom zeros;
  site.restore_with(site.workers, zeros);
  for (const char* name : names) CHECK(site.restored(name) == text);
  CHECK(site.restored("a.wav") == "first");
  CHECK(site.restored("b.wav") == "second");
  CHECK(site.restored("c.wav") == "first");
  CHECK(site.files.node("/target/calls/link").link_target == "a.wav");
  CHECK(site.files.node("/target/calls").children.size() == 4 + names.size());
}

TEST_CASE("Nothing is left beside the files of a restore") {
  Site site;
  REQUIRE(site.backup());
  site.restore_with(site.workers, site.random);
  CHECK(site.files.node("/target/calls").children.size() == 2);
}

TEST_CASE("With two disks missing a reader keeps little of what it decoded") {
  Site site;
  constexpr int kFiles = 24;
  for (int i = 0; i < kFiles; ++i) {
    std::string noise(900, '\0');
    site.random.fill({reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()});
    site.write("noise" + std::to_string(i), noise);
  }
  REQUIRE(site.backup());
  site.missing[site.disks[0]->name()] = true;
  site.missing[site.disks[1]->name()] = true;
  const std::uint64_t decoded_bytes_max = GENERATE(0U, 4096U);
  site.settings.decoded_bytes_max = decoded_bytes_max;
  const auto box = site.open();
  REQUIRE(box);
  const auto business = (*box)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  const auto snapshot = (*business)->find_snapshot({});
  REQUIRE(snapshot);
  const auto reader = vault::ContentReader::open(**business);
  REQUIRE(reader);

  std::vector<vault::Item> items;
  vault::TreeCursor cursor(**reader, vault::tree_of(*snapshot));
  for (auto item = cursor.peek(); item && *item != nullptr; item = cursor.peek()) {
    items.push_back(**item);
    cursor.advance();
  }
  REQUIRE(items.size() > kFiles);
  std::uint64_t most = 0;
  for (const vault::Item& item : items) {
    if (item.type != ports::FileType::regular) continue;
    Bytes bytes;
    REQUIRE((*reader)->read_item(item, [&](std::uint64_t, ByteView piece) -> Result<void> {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
      return {};
    }));
    CHECK(sha256(bytes) == item.digest);
    most = std::max(most, (*reader)->decoded_bytes());
  }
  CHECK(most > 0);
  CHECK(most <= decoded_bytes_max + site.settings.pack_size);
}

TEST_CASE("What was never stored is not proven") {
  Site site;
  site.files.set_unreadable("/calls/a.wav");
  REQUIRE(site.backup());
  const auto report = site.verify();
  CHECK(report.items == 1);
  CHECK(report.bytes == 6);
  CHECK(report.unread.no_content == 1);
  CHECK(report.unread.older == 0);
  CHECK(report.lost.count == 0);
}

TEST_CASE("An older version is proven and told apart") {
  Site site;
  REQUIRE(site.backup());
  site.write("a.wav", "cannot be read");
  site.files.set_unreadable("/calls/a.wav");
  REQUIRE(site.backup());
  const auto report = site.verify();
  CHECK(report.items == 2);
  CHECK(report.bytes == 11);
  CHECK(report.unread.no_content == 0);
  CHECK(report.unread.older == 1);
}

namespace {

std::set<std::string> named(const job::Problems& problems) {
  std::set<std::string> paths;
  for (const job::Problem& problem : problems.kept) paths.insert(problem.path);
  return paths;
}

// What the report owes: every file is there with its bytes, or is named, or the end is. `restored`
// is the whole target, where the source's name comes first.
void check_owed(const Contents& source, const Contents& restored,
                const job::RestoreReport& report) {
  for (const auto& [path, bytes] : restored) CHECK(source.at(path.substr(6)) == bytes);
  if (report.ended) return;
  std::set<std::string> told = named(report.lost);
  told.merge(named(report.failed));
  for (const auto& [path, bytes] : source) {
    CHECK((restored.contains("calls/" + path) || told.contains("calls/" + path)));
  }
}

}  // namespace

TEST_CASE("Whatever operation of a restore fails, what is not there is named") {
  Site site;
  site.write("day/c.wav", "third");
  site.write("day/deep/d.wav", std::string(3000, 'd'));
  REQUIRE(site.backup());
  const auto box = site.open();
  REQUIRE(box);
  const auto business = (*box)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  job::RestoreRequest request;
  request.selection.snapshot = *(*business)->find_snapshot({});
  for (const ErrorCode code : {ErrorCode::io, ErrorCode::no_space}) {
    request.target = "/whole";
    site.files.add_folder("/whole");
    const std::uint64_t before = site.world.operations();
    REQUIRE(job::run_restore(**business, site.files, request));
    const std::uint64_t count = site.world.operations() - before;
    std::size_t reports = 0;
    request.target = "/target";
    for (std::uint64_t n = 1; n <= count; ++n) {
      CAPTURE(n, name_of(code));
      site.files.add_folder("/target");
      site.world.fail_at(site.world.operations() + n, code);
      const auto report = job::run_restore(**business, site.files, request);
      const Contents restored = site.read_tree("/target");
      if (report) {
        ++reports;
        check_owed(site.source(), restored, *report);
      } else {
        CHECK(restored.empty());
      }
      site.files.remove("/target");
    }
    site.files.remove("/whole");
    CHECK(reports > count / 2);
  }
}

TEST_CASE("An item that a tree has no room for is named, and all others come back") {
  Site site;
  auto& attributes = site.files.node("/calls/a.wav").attributes;
  for (int i = 0; i < 17'000; ++i) attributes["user." + std::to_string(i)] = Bytes();
  const auto report = site.backup();
  REQUIRE(report);
  CHECK(report->counts.items_unreadable == 1);
  REQUIRE(report->problems.count == 1);
  CHECK(report->problems.kept.front().path == "calls/a.wav");
  CHECK(report->problems.kept.front().error.code == ErrorCode::limit_exceeded);
  const auto restored = site.restore();
  REQUIRE(restored);
  CHECK(restored->size() == 1);
  CHECK(restored->contains("b.wav"));
}

TEST_CASE("A dry run looks at the target and writes nothing") {
  Site site;
  REQUIRE(site.backup());
  const auto box = site.open();
  const auto business = (*box)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  job::RestoreRequest request;
  request.selection.snapshot = *(*business)->find_snapshot({});
  request.dry_run = true;
  request.target = "/target";
  const auto report = job::run_restore(**business, site.files, request);
  REQUIRE(report);
  CHECK(report->files == 2);
  CHECK_FALSE(site.files.resolve("/target"));
  site.files.write_file("/target/calls/b.wav", view_of("mine"));
  const auto refused = job::run_restore(**business, site.files, request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::target_not_empty);
}

}  // namespace holdfast::test
