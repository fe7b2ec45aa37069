// SPDX-License-Identifier: Apache-2.0
// A pack with tree nodes is lost: the names in them cannot be had back, all others can, and the
// report says from which name on how many are missing.
#include <algorithm>
#include <catch2/catch.hpp>

#include "firmware/job/browse.h"
#include "firmware/job/verify.h"
#include "tests/sim/lossy_box.h"

namespace holdfast::test {

namespace {

constexpr int kFolders = 8;
constexpr int kFiles = 10;  // in each

// A tree of many nodes in several packs.
class WideBox : public LossyBox {
 public:
  WideBox() {
    for (int folder = 0; folder < kFolders; ++folder) {
      for (int file = 0; file < kFiles; ++file) {
        write("day" + std::to_string(folder) + "/" + std::to_string(file) + ".wav", noise(folder));
      }
    }
    REQUIRE(backup());
  }

  catalog::SnapshotRow newest() {
    const auto snapshot = business().find_snapshot({});
    REQUIRE(snapshot);
    return *snapshot;
  }
  vault::Business& business() {
    business_.reset();
    box_.reset();
    auto opened = open();
    REQUIRE(opened);
    box_ = std::move(*opened);
    auto business = box_->open_business("calls", vault::Access::read);
    REQUIRE(business);
    business_ = std::move(*business);
    return *business_;
  }
  // Takes a pack of tree nodes away so that some names stay and some do not: not the one that
  // holds the root, which is written last.
  void lose_some_names() {
    for (const catalog::PackRow& row : packs()) {
      if (row.pack.kind != pack::PackKind::meta) continue;
      const auto report = restore_all("/probe");
      REQUIRE(report);
      REQUIRE(report->lost.count == 0);
      files.remove("/probe");
      const auto shards = take(row.pack.name);
      const auto after = restore_all("/probe");
      REQUIRE(after);
      files.remove("/probe");
      if (after->lost.count > 0 && after->files > 0) return;
      put_back(shards);
    }
    FAIL("no pack of tree nodes is worth losing");
  }
  Result<job::RestoreReport> restore_all(const std::string& target,
                                         std::vector<std::string> paths = {}) {
    job::RestoreRequest request;
    request.selection.snapshot = newest();
    request.selection.paths = std::move(paths);
    request.target = target;
    return job::run_restore(business(), files, request);
  }
  Contents target(const std::string& path) { return read_tree(path + "/calls"); }

 private:
  struct Shard {
    std::size_t disk;
    std::string path;
    Bytes bytes;
  };
  std::vector<Shard> take(const Digest& pack) {
    std::vector<Shard> shards;
    const std::string folder = "packs/" + pack.hex().substr(0, 2);
    for (std::size_t i = 0; i < disks.size(); ++i) {
      const auto entries = disks[i]->list(folder);
      if (!entries) continue;
      for (const auto& entry : *entries) {
        const auto name = pool::parse_shard_file_name(entry.name);
        if (!name || name->pack != pack) continue;
        const std::string path = folder + "/" + entry.name;
        shards.push_back({i, path, *disks[i]->contents(path)});
      }
    }
    lose(pack);
    return shards;
  }
  void put_back(const std::vector<Shard>& shards) {
    for (const Shard& shard : shards) disks[shard.disk]->plant(shard.path, shard.bytes);
  }

  std::unique_ptr<vault::Box> box_;
  std::unique_ptr<vault::Business> business_;
};

}  // namespace

TEST_CASE("A restore steps over lost names, counts them and brings all the others") {
  WideBox box;
  box.lose_some_names();
  const auto report = box.restore_all("/target");
  REQUIRE(report);
  CHECK_FALSE(report->ended);
  CHECK(report->failed.count == 0);
  REQUIRE_FALSE(report->lost.kept.empty());
  const Error& error = report->lost.kept.front().error;
  CHECK(error.code == ErrorCode::names_lost);
  // Folders and files, the root and the two files at the top included.
  CHECK(report->items + report->lost.count == kFolders * (kFiles + 1) + 3);
  const Contents source = box.source();
  const Contents restored = box.target("/target");
  CHECK(restored.size() == report->files);
  for (const auto& [path, bytes] : restored) CHECK(source.at(path) == bytes);
}

TEST_CASE("Verification counts lost names and goes on behind them") {
  WideBox box;
  box.lose_some_names();
  job::VerifyRequest request;
  request.snapshot = box.newest();
  const auto report = job::run_verify(box.business(), request);
  REQUIRE(report);
  CHECK(report->lost.count > 0);
  CHECK(report->items > 0);
}

TEST_CASE("A backup reads what lost names hid, says so, and the next one has nothing to say") {
  WideBox box;
  box.lose_some_names();
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->problems.count > 0);
  CHECK(report->problems.kept.front().error.code == ErrorCode::names_lost);
  CHECK(report->counts.items_gone == 0);
  CHECK(*box.restore() == box.source());
  const auto again = box.backup();
  REQUIRE(again);
  CHECK(again->problems.count == 0);
  CHECK_FALSE(again->entry_written);
}

TEST_CASE("Looking steps over lost names too, and counts them") {
  WideBox box;
  box.lose_some_names();
  const catalog::SnapshotRow snapshot = box.newest();
  std::uint64_t seen = 0;
  const auto count = [&](const vault::Item& /*item*/) -> Result<void> {
    ++seen;
    return {};
  };
  const auto listed = job::list_items(box.business(), snapshot, "", true, nullptr, count);
  REQUIRE(listed);
  CHECK(listed->count > 0);
  CHECK(seen + listed->count == kFolders * (kFiles + 1) + 3);
  seen = 0;
  const auto found = job::find_items(box.business(), snapshot, "*", nullptr, count);
  REQUIRE(found);
  CHECK(found->count == listed->count);
  CHECK(seen > 0);
}

TEST_CASE("A path that is not there is told before anything is written") {
  WideBox box;
  const auto report = box.restore_all("/target", {"calls/a.wav", "calls/nowhere.wav"});
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::no_item);
  CHECK(report.error().where == "calls/nowhere.wav");
  CHECK_FALSE(box.files.contents("/target/calls/a.wav"));
}

TEST_CASE("A path that is gone at the source is told, not passed over") {
  WideBox box;
  box.files.remove("/calls/a.wav");
  REQUIRE(box.backup());
  const auto report = box.restore_all("/target", {"calls/a.wav"});
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::item_gone);
}

TEST_CASE("A path that may lie among lost names is told as lost") {
  WideBox box;
  box.lose_some_names();
  const auto all = box.restore_all("/all");
  REQUIRE(all);
  const Contents restored = box.target("/all");
  for (const auto& [path, bytes] : box.source()) {
    if (restored.contains(path)) continue;
    const auto report = box.restore_all("/one", {"calls/" + path});
    REQUIRE(report);
    CHECK(report->files == 0);
    CHECK(report->lost.count > 0);
  }
}

}  // namespace holdfast::test
