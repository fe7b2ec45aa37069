// SPDX-License-Identifier: Apache-2.0
// Delta snapshots: every reader sees them as it sees full ones, and a backup that makes one is cut
// and failed at every operation (P1, P2, P9; docs/decisions/0017).
#include <catch2/catch.hpp>

#include "firmware/job/browse.h"
#include "firmware/job/verify.h"
#include "tests/sim/lossy_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kMinute_ns = 60'000'000'000;
constexpr std::int64_t kHour_ns = 60 * kMinute_ns;
constexpr std::int64_t kDay_ns = 24 * kHour_ns;

// A day of calls in folders, enough for a tree of several levels.
class DeltaBox : public LossyBox {
 public:
  explicit DeltaBox(source::BusinessKind of_kind = source::BusinessKind::archive) {
    kind = of_kind;
    full_interval_ns = kDay_ns;
    for (int call = 0; call < 60; ++call) {
      write(std::to_string(call % 5) + "/" + std::to_string(call) + ".wav",
            "call " + std::to_string(call));
    }
    clock.advance(2 * kDay_ns);
    next();
  }

  job::BackupReport next() {
    clock.advance(kMinute_ns);
    const auto report = backup();
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    if (report->entry_written) shown[report->snapshot.number] = source();
    return *report;
  }
  // What may happen to a source in a few minutes.
  void change(int step) {
    switch (step % 6) {
      case 0:
        return write("2/new.wav", "new");
      case 1:
        return write("!first.wav", "before all others");
      case 2:
        return write("zz/last.wav", "behind all others");
      case 3:
        return files.remove("/calls/2/new.wav");
      case 4:
        return write("3/3.wav", "another call");
      default:
        files.remove("/calls/zz/last.wav");
        files.remove("/calls/zz");
        return write("0/0.wav", "changed too");
    }
  }
  catalog::SnapshotRow newest() { return rows().back(); }
  std::vector<catalog::SnapshotRow> rows() {
    const auto opened = open_for_reading();
    return *opened.business->snapshots();
  }
  bool newest_is_delta() {
    const catalog::SnapshotRow row = newest();
    CHECK((row.kind == journal::EntryKind::delta) == row.body.delta.has_value());
    return row.body.delta.has_value();
  }
  std::size_t count_packs(pack::PackKind of_kind) {
    return static_cast<std::size_t>(
        std::ranges::count_if(packs(), [&](const auto& row) { return row.pack.kind == of_kind; }));
  }
  void lose_lists() {
    for (const catalog::PackRow& row : packs()) {
      if (row.pack.kind == pack::PackKind::meta) lose(row.pack.name);
    }
  }

  struct Opened {
    std::unique_ptr<vault::Box> box;
    std::unique_ptr<vault::Business> business;
  };
  Opened open_for_reading() {
    auto box = open();
    REQUIRE(box);
    auto business = (*box)->open_business("calls", vault::Access::read);
    INFO((business ? "" : debug_text(business.error())));
    REQUIRE(business);
    return {std::move(*box), std::move(*business)};
  }
  // All that the ways of reading say of the snapshots, by their places in the list: numbers and
  // dates of two boxes differ.
  std::vector<std::string> all_said();
  std::string dump() {
    std::string text;
    const auto opened = open_for_reading();
    REQUIRE(opened.business->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.dump([&](const std::string& line) { text += line + "\n"; });
    }));
    return text;
  }
  void check_promises() {
    std::size_t found = 0;
    for (const catalog::SnapshotRow& row : rows()) {
      const auto restored = restore(row.head.number);
      INFO((restored ? "" : debug_text(restored.error())));
      REQUIRE(restored);
      const auto due = shown.find(row.head.number);
      if (due == shown.end()) continue;
      CHECK(*restored == due->second);
      ++found;
    }
    CHECK(found == shown.size());
  }

  std::map<std::uint64_t, Contents> shown;  // of acknowledged snapshots
};

std::string describe(const vault::Item& item) {
  return item.path + " " + std::to_string(item.size) + " " + item.digest.hex() + " " +
         std::to_string(item.flags) + (item.is_gone() ? " gone" : "");
}

std::vector<std::string> DeltaBox::all_said() {
  std::vector<std::string> said;
  const auto say = [&](const vault::Item& item) -> Result<void> {
    said.push_back(describe(item));
    return {};
  };
  const Opened opened = open_for_reading();
  vault::Business& business = *opened.business;
  const auto snapshots = rows();
  // The first one has not these calls yet.
  for (std::size_t i = 1; i < snapshots.size(); ++i) {
    const catalog::SnapshotRow& row = snapshots[i];
    said.push_back("snapshot " + std::to_string(row.body.counts.items) + " " +
                   std::to_string(row.body.counts.items_gone) + " " +
                   std::to_string(row.body.items ? row.body.items->items : 0));
    for (const bool recursive : {false, true}) {
      for (const char* path : {"", "calls", "calls/2"}) {
        REQUIRE(job::list_items(business, row, path, recursive, nullptr, say)->count == 0);
      }
    }
    REQUIRE(job::find_items(business, row, "*/[0-3]*.wav", nullptr, say)->count == 0);
    const auto print = [&](ByteView bytes) -> Result<void> {
      said.emplace_back(text_of(bytes));
      return {};
    };
    REQUIRE(job::print_item(business, row, "calls/3/3.wav", {}, nullptr, print));
    const auto restored = restore(business, row.head.number);
    REQUIRE(restored);
    for (const auto& [path, bytes] : *restored) {
      said.push_back("restored " + path + " " + std::string(text_of(bytes)));
    }
    for (std::size_t j = 0; j <= i; ++j) {
      REQUIRE(job::compare_snapshots(
          business, snapshots[j], row, nullptr,
          [&](job::Change change, const vault::Item& item) -> Result<void> {
            said.push_back(std::to_string(static_cast<int>(change)) + item.path);
            return {};
          }));
    }
  }
  for (const char* path : {"calls/2/new.wav", "calls/zz", "calls/nowhere"}) {
    said.push_back(std::string(path) + (job::check_known(business, path) ? " known" : " unknown"));
  }
  return said;
}

}  // namespace

TEST_CASE("Deltas say what full trees say, snapshot by snapshot") {
  for (const auto kind : {source::BusinessKind::archive, source::BusinessKind::mirror}) {
    CAPTURE(static_cast<int>(kind));
    DeltaBox deltas(kind);
    DeltaBox fulls(kind);
    fulls.full_interval_ns = 0;
    for (int step = 0; step < 12; ++step) {
      CAPTURE(step);
      for (DeltaBox* box : {&deltas, &fulls}) {
        box->change(step);
        REQUIRE(box->next().entry_written);
      }
      CHECK(deltas.newest_is_delta());
      CHECK_FALSE(fulls.newest_is_delta());
      CHECK(*deltas.restore() == deltas.source());
    }
    CHECK(deltas.all_said() == fulls.all_said());
    deltas.check_promises();
  }
}

TEST_CASE("A delta writes no tree, and stands on the last full snapshot however many there were") {
  DeltaBox box;
  const catalog::SnapshotRow full = box.newest();
  const std::size_t lists = box.count_packs(pack::PackKind::meta);
  for (int step = 0; step < 4; ++step) {
    box.change(step);
    REQUIRE(box.next().entry_written);
    const catalog::SnapshotRow row = box.newest();
    REQUIRE(row.body.delta);
    CHECK(row.body.delta->base == full.head);
    CHECK(row.body.delta->base_items == full.body.items);
    CHECK(row.body.delta->lists == journal::DeltaLists{});  // not in rows
    CHECK(row.body.items != full.body.items);
  }
  CHECK(box.count_packs(pack::PackKind::meta) == lists);
}

TEST_CASE("Nothing changed since a delta: no entry, also when a full tree would be due") {
  DeltaBox box;
  box.change(0);
  REQUIRE(box.next().entry_written);
  REQUIRE(box.newest_is_delta());
  const std::size_t entries = box.rows().size();
  const std::size_t lists = box.count_packs(pack::PackKind::meta);
  CHECK_FALSE(box.next().entry_written);
  box.clock.advance(2 * kDay_ns);
  // The folder's date is old now, but what was written close to the run is read once more.
  CHECK_FALSE(box.next().entry_written);
  CHECK(box.rows().size() == entries);
  CHECK(box.count_packs(pack::PackKind::meta) == lists);
}

TEST_CASE("What came and went leaves a delta without records, and it is read") {
  DeltaBox box(source::BusinessKind::mirror);
  const auto full = box.newest();
  const sim::FileNode& folder = box.files.node("/calls/2");
  const ports::FileStatus status = folder.status;
  box.change(0);
  REQUIRE(box.next().entry_written);
  box.change(3);
  box.files.node("/calls/2").status = status;
  REQUIRE(box.next().entry_written);
  CHECK(box.newest_is_delta());
  CHECK(box.newest().body.items == full.body.items);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("A full tree follows when the last one is old, by a clock that may be set back") {
  DeltaBox box;
  box.change(0);
  box.next();
  REQUIRE(box.newest_is_delta());
  SECTION("old") {
    box.clock.advance(kDay_ns);
  }
  SECTION("of the future") {
    box.full_interval_ns = kDay_ns;
    box.clock.set(Timestamp{box.clock.now().ns - kHour_ns});
  }
  SECTION("no deltas are wanted") {
    box.full_interval_ns = 0;
  }
  box.change(1);
  REQUIRE(box.next().entry_written);
  CHECK_FALSE(box.newest_is_delta());
  box.check_promises();
}

TEST_CASE("With a disk away a full tree is written: it bears what the old one no longer does") {
  DeltaBox box;
  box.missing = {{box.disks[0]->name(), true}};
  box.change(0);
  REQUIRE(box.next().entry_written);
  CHECK_FALSE(box.newest_is_delta());
  box.missing.clear();
  box.change(1);
  REQUIRE(box.next().entry_written);
  CHECK(box.newest_is_delta());
  box.check_promises();
}

TEST_CASE("What differs too much makes a full tree") {
  DeltaBox box;
  SECTION("in records") {
    box.settings.delta_records_max = 2;
  }
  SECTION("in bytes") {
    box.settings.delta_size_max = 150;
  }
  box.change(0);
  box.change(1);
  REQUIRE(box.next().entry_written);
  CHECK_FALSE(box.newest_is_delta());
  box.check_promises();
}

TEST_CASE("Lists that would take more room than the tree's new nodes make a full tree") {
  DeltaBox box;
  int deltas = 0;
  do {
    box.write("3/later" + std::to_string(deltas) + ".wav", "later");
    REQUIRE(box.next().entry_written);
  } while (box.newest_is_delta() && ++deltas < 500);
  CHECK(deltas > 3);
  CHECK(deltas < 200);  // bytes and records alone would allow more than 500
  box.check_promises();
}

TEST_CASE("A catalog made anew has the deltas") {
  DeltaBox box;
  for (int step = 0; step < 3; ++step) {
    box.change(step);
    box.next();
  }
  REQUIRE(box.newest_is_delta());
  const std::string before = box.dump();
  CHECK(before.find("\ndelta ") != std::string::npos);
  REQUIRE(std::remove(box.catalog_file().c_str()) == 0);
  box.check_promises();
  CHECK(box.dump() == before);
}

TEST_CASE("Of a lost full tree a delta still says what it says itself, and what is lost") {
  DeltaBox box;
  box.change(0);
  box.next();
  box.change(4);
  box.next();
  REQUIRE(box.newest_is_delta());
  box.lose_lists();
  const auto opened = box.open_for_reading();
  const auto row = box.newest();
  std::vector<std::string> found;
  const auto lost = job::list_items(*opened.business, row, "", true, nullptr,
                                    [&](const vault::Item& item) -> Result<void> {
                                      if (item.type == ports::FileType::regular) {
                                        found.push_back(item.path);
                                      }
                                      return {};
                                    });
  REQUIRE(lost);
  CHECK(lost->count > 0);
  CHECK(found == std::vector<std::string>{"calls/2/new.wav", "calls/3/3.wav"});
  // The next backup says so too, stores all that the source shows, and does not lean on it.
  const auto report = box.next();
  CHECK(report.names_lost);
  CHECK_FALSE(box.newest_is_delta());
  CHECK(*box.restore() == box.source());
}

TEST_CASE("While some pack is lost each tree is stored") {
  DeltaBox box;
  box.write("2/big.wav", box.noise(3000));
  REQUIRE(box.next().entry_written);
  REQUIRE(box.newest_is_delta());
  box.lose_content();
  const auto report = box.next();
  CHECK(report.entry_written);
  CHECK_FALSE(box.newest_is_delta());
  CHECK(*box.restore() == box.source());
}

namespace {

constexpr Strides kStrides{11, 3, 61, 17};
constexpr Strides kCutStrides{5, 1, 23, 11};

// A full snapshot, a delta, and the next delta to be made.
std::unique_ptr<DeltaBox> box_before_a_delta() {
  auto box = std::make_unique<DeltaBox>();
  box->change(0);
  box->next();
  box->change(1);
  box->change(3);
  box->clock.advance(kMinute_ns);
  return box;
}

Result<job::BackupReport> back_up(DeltaBox& box) {
  return box.backup();
}

void check_after(DeltaBox& box, const Result<job::BackupReport>& cut) {
  // What a report names as not read is not promised yet.
  if (cut && cut->problems.count == 0) box.shown[cut->snapshot.number] = box.source();
  box.check_promises();
  box.next();
  CHECK(*box.restore() == box.source());
  box.check_promises();
}

}  // namespace

TEST_CASE("The power may go at every operation of a backup that makes a delta") {
  const auto good = box_before_a_delta();
  REQUIRE(good->backup());
  REQUIRE(good->newest_is_delta());
  sweep_cuts({stride_of(kCutStrides)}, box_before_a_delta, back_up, check_after);
}

TEST_CASE("An error at any operation of a backup that makes a delta breaks no snapshot") {
  sweep_errors({stride_of(kStrides)}, box_before_a_delta, back_up, check_after);
}

}  // namespace holdfast::test
