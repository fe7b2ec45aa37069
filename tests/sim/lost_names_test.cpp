// SPDX-License-Identifier: Apache-2.0
// A pack with tree nodes is lost: the names in them cannot be had back, all others can, and the
// report says from which name on how many are missing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>

#include "firmware/job/browse.h"
#include "firmware/job/verify.h"
#include "tests/sim/lossy_box.h"

namespace holdfast::test {

namespace {

constexpr int kFolders = 8;
constexpr int kFiles = 10;  // in each

// A tree of many nodes in several packs. Each snapshot has one of its own; of deltas over a lost
// tree: delta_test.cpp.
class WideBox : public LossyBox {
 public:
  WideBox() {
    full_interval_ns = 0;
    for (int folder = 0; folder < kFolders; ++folder) {
      for (int file = 0; file < kFiles; ++file) {
        write("day" + std::to_string(folder) + "/" + std::to_string(file) + ".wav",
              noise(static_cast<std::size_t>(folder)));
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

  struct Shard {
    std::size_t disk;
    std::string path;
    Bytes bytes;
  };
  // All packs of tree nodes.
  std::vector<Shard> take_names() {
    std::vector<Shard> shards;
    for (const catalog::PackRow& row : packs()) {
      if (row.pack.kind != pack::PackKind::meta) continue;
      std::ranges::move(take(row.pack.name), std::back_inserter(shards));
    }
    return shards;
  }
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

 private:
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

TEST_CASE("A backup takes in what lost names hid, and says that it may not know all") {
  WideBox box;
  box.lose_some_names();
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->has_gap);
  CHECK(report->problems.count > 0);
  CHECK(report->problems.kept.front().error.code == ErrorCode::names_lost);
  CHECK(report->counts.items_gone == 0);
  CHECK(box.newest().head.number == report->snapshot.number);
  CHECK_FALSE(box.newest().body.complete);
  CHECK(*box.restore() == box.source());

  // All names were still at the source, so the lost nodes were written once more, as they were.
  const auto again = box.backup();
  REQUIRE(again);
  CHECK_FALSE(again->has_gap);
  CHECK(again->problems.count == 0);
  CHECK(box.newest().body.complete);
}

TEST_CASE("A gap stays until somebody says that what is lost will never come back") {
  WideBox box;
  box.files.remove("/calls/day3/5.wav");
  REQUIRE(box.backup());
  box.take_names();
  const auto first = box.backup();
  REQUIRE(first);
  CHECK(first->has_gap);
  const auto again = box.backup();
  REQUIRE(again);
  CHECK(again->has_gap);
  CHECK_FALSE(again->entry_written);
  CHECK(again->bytes_read == 0);

  box.accept_loss = true;
  const auto accepted = box.backup();
  REQUIRE(accepted);
  CHECK_FALSE(accepted->has_gap);
  CHECK(box.newest().body.complete);
  box.accept_loss = false;
  const auto after = box.backup();
  REQUIRE(after);
  CHECK(after->problems.count == 0);
  CHECK_FALSE(after->entry_written);
}

TEST_CASE("What only lost names told of is in the list again when their disks are back") {
  WideBox box;
  box.files.remove("/calls/day3/5.wav");
  REQUIRE(box.backup());
  const auto shards = box.take_names();
  box.write("brief.wav", "there for one night");
  REQUIRE(box.backup()->has_gap);
  box.files.remove("/calls/brief.wav");
  box.write("new.wav", "new");
  REQUIRE(box.backup()->has_gap);
  box.put_back(shards);

  const auto whole = box.backup();
  REQUIRE(whole);
  CHECK_FALSE(whole->has_gap);
  CHECK(whole->problems.count == 0);
  CHECK(box.newest().body.complete);
  job::RestoreRequest request;
  request.selection.snapshot = box.newest();
  request.selection.gone = true;
  request.target = "/target";
  const auto report = job::run_restore(box.business(), box.files, request);
  REQUIRE(report);
  CHECK(report->lost.count == 0);
  Contents expected = box.source();
  expected["day3/5.wav"] = {};
  expected["brief.wav"] = {};
  const Contents restored = box.target("/target");
  CHECK(restored.size() == expected.size());
  for (const auto& [path, bytes] : expected) CHECK(restored.contains(path));
}

TEST_CASE("What could only be named while names were lost keeps the content it had before") {
  WideBox box;
  const std::string content = box.noise(50);
  box.write("late.wav", content);
  REQUIRE(box.backup());
  const auto shards = box.take_names();
  box.files.set_unreadable("/calls/late.wav");
  const auto gap = box.backup();
  REQUIRE(gap);
  REQUIRE(gap->has_gap);
  REQUIRE(gap->counts.items_unreadable == 1);
  box.put_back(shards);
  const bool deleted = GENERATE(true, false);
  if (deleted) box.files.remove("/calls/late.wav");

  const auto whole = box.backup();
  REQUIRE(whole);
  CHECK_FALSE(whole->has_gap);
  job::RestoreRequest request;
  request.selection.snapshot = box.newest();
  request.selection.gone = true;
  request.target = "/target";
  const auto report = job::run_restore(box.business(), box.files, request);
  REQUIRE(report);
  CHECK(report->unread.no_content == 0);
  CHECK(box.target("/target").at("late.wav") == Bytes(content.begin(), content.end()));
  // It is gone if the source says so, and only then.
  request.selection.gone = false;
  request.selection.paths = {"calls/late.wav"};
  request.target = "/there";
  const auto there = job::run_restore(box.business(), box.files, request);
  CHECK(there.has_value() != deleted);
}

TEST_CASE("A snapshot with a gap is the latest only if all that the sources had was looked at") {
  WideBox box;
  box.files.remove("/calls/day3/5.wav");  // only the list names it
  REQUIRE(box.backup());
  const std::uint64_t whole = box.newest().head.number;
  box.take_names();
  SECTION("stopped") {
    box.stop = true;
    const auto report = box.backup();
    REQUIRE(report);
    REQUIRE(report->has_gap);
    CHECK(report->partial);
  }
  SECTION("a folder could not be read") {
    box.files.set_unreadable("/calls/day3");
    REQUIRE(box.backup()->has_gap);
  }
  CHECK(box.newest().head.number == whole);
  box.stop = false;
  box.files.set_unreadable("/calls/day3", false);

  const auto gap = box.backup();
  REQUIRE(gap);
  REQUIRE(gap->has_gap);
  CHECK(box.newest().head.number == gap->snapshot.number);
  // A later one that was stopped does not hide it.
  box.write("new.wav", "new");
  box.stop = true;
  const auto stopped = box.backup();
  REQUIRE(stopped);
  REQUIRE(stopped->has_gap);
  CHECK(box.newest().head.number == gap->snapshot.number);
}

TEST_CASE("A snapshot with a gap is not the latest once the names are back") {
  WideBox box;
  const std::uint64_t whole = box.newest().head.number;
  const auto shards = box.take_names();
  REQUIRE(box.backup()->has_gap);
  box.put_back(shards);
  box.stop = true;
  const auto stopped = box.backup();
  REQUIRE(stopped);
  REQUIRE(stopped->partial);
  REQUIRE_FALSE(stopped->has_gap);
  CHECK(box.newest().head.number == whole);
}

TEST_CASE("A mirror that read everything waits for no lost names") {
  WideBox box;
  box.kind = source::BusinessKind::mirror;
  const auto shards = box.take_names();
  box.files.remove("/calls/day3/5.wav");
  const bool blind = GENERATE(false, true);
  if (blind) box.files.set_unreadable("/calls/day1");
  const auto report = box.backup();
  REQUIRE(report);
  CHECK(report->names_lost);
  CHECK(report->has_gap == blind);
  CHECK((box.newest().head.number == report->snapshot.number) == !blind);
  box.put_back(shards);
  if (blind) {
    box.files.set_unreadable("/calls/day1", false);
    CHECK(box.backup()->problems.count == 0);
  } else {
    // What was seen to be gone stays so, though nobody can look there now.
    box.files.set_unreadable("/calls/day3");
    const auto after = box.backup();
    REQUIRE(after);
    CHECK_FALSE(after->names_lost);
  }
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A source that is empty is not believed while names are lost") {
  WideBox box;
  box.take_names();
  box.files.remove("/calls");
  box.files.add_folder("/calls");
  const auto report = box.backup();
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::source_empty);
}

TEST_CASE("Nothing is said of names that were not asked for") {
  WideBox box;
  box.lose_some_names();
  const auto all = box.restore_all("/all");
  REQUIRE(all);
  std::size_t intact = 0;
  for (const auto& [path, bytes] : box.target("/all")) {
    const auto report = box.restore_all("/one", {"calls/" + path});
    REQUIRE(report);
    CHECK(report->files == 1);
    CHECK(report->lost.count == 0);
    box.files.remove("/one");
    ++intact;
  }
  CHECK(intact == all->files);
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
