// SPDX-License-Identifier: Apache-2.0
// A drill: what it looks at, that it finds whatever does not come back as it was stored, and that
// it changes nothing.
#include "firmware/job/drill.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "firmware/job/drill_history.h"
#include "firmware/job/drill_sample.h"
#include "firmware/job/proof_note.h"
#include "firmware/policy/retention.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/lost_packs.h"
#include "firmware/vault/pruned_items.h"
#include "firmware/vault/run.h"
#include "firmware/vault/tree_cursor.h"
#include "tests/sim/drilled_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

using Box = Drilled<RecordsBox>;
using BoxWithIndex = Drilled<IndexedBox>;

std::set<std::string> paths_of(const job::DrillReport& report) {
  std::set<std::string> paths;
  for (const job::DrilledItem& item : report.items) paths.insert(item.path);
  return paths;
}

}  // namespace

TEST_CASE("A drill of a whole box finds everything as it was stored, and changes no disk") {
  BoxWithIndex box;
  const auto before = box.on_disks();
  const job::DrillReport report = box.drilled();
  CHECK(report.is_good());
  CHECK(box.findings(report).empty());
  CHECK(report.items.size() == report.items_total);
  CHECK(report.items_good == report.items_total);
  CHECK(report.recordings == kCalls + 1);  // whatever lies in their folder
  CHECK(report.sound == kCalls);
  CHECK(report.rows == kCalls - 2);
  CHECK(report.rebuilt == 0);
  CHECK(report.index == job::ComparedIndex::compared);
  REQUIRE(report.without);
  CHECK(report.without->came_back);
  CHECK(paths_of(report).contains(report.without->path));
  std::uint64_t bytes = 0;
  for (const auto& [path, content] : box.newest()) bytes += content.size();
  CHECK(report.bytes == bytes);
  CHECK(box.on_disks() == before);

  REQUIRE(box.history().size() == 1);
  const job::PastDrill past = box.history().front();
  CHECK(past.time == report.ended);
  CHECK(past.items == report.items_good);
  CHECK(past.bytes == bytes);
  CHECK(past.without == 1);
  CHECK(past.good);
  const auto proof = job::load_proof(box.home, box.business(), job::ProofKind::drill);
  REQUIRE(proof);
  CHECK(proof->good);
  CHECK(proof->time == report.ended);
  CHECK(proof->snapshot == past.snapshot);
  CHECK(proof->items == report.items_good);
  CHECK(proof->items_total == report.items_total);
}

TEST_CASE("A drill looks at as many items as it was asked for, at each as often as at any other") {
  Box box;
  constexpr std::uint64_t kItems = 5;
  constexpr int kDrills = 400;
  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  const auto snapshot = job::snapshot_to_drill(**business);
  REQUIRE(snapshot);
  std::map<std::string, int> seen;
  std::uint64_t total = 0;
  for (int i = 0; i < kDrills; ++i) {
    const auto sample =
        job::choose_items(**business, *snapshot, kItems, nullptr, nullptr, [](const auto&) {});
    REQUIRE(sample);
    REQUIRE(sample->items.size() == kItems);
    std::set<std::string> paths;
    for (const vault::Item& item : sample->items) paths.insert(item.path);
    REQUIRE(paths.size() == kItems);
    for (const std::string& path : paths) ++seen[path];
    total = sample->total;
  }
  REQUIRE(seen.size() == total);
  // Five standard deviations to either side.
  const double share = static_cast<double>(kItems) / static_cast<double>(total);
  const double expected = kDrills * share;
  const double apart = 5 * std::sqrt(expected * (1 - share));
  for (const auto& [path, count] : seen) {
    CAPTURE(path);
    CHECK(std::abs(count - expected) < apart);
  }
  CHECK(box.drilled(3).items.size() == 3);
  CHECK(box.drilled(3).items_total == total);
}

TEST_CASE("A disk is left out by chance: each has its turn") {
  Box box;
  std::set<DiskId> left_out;
  for (int i = 0; i < 60 && left_out.size() < 3; ++i) left_out.insert(box.drilled().without->disk);
  CHECK(left_out.size() >= 3);
}

TEST_CASE("What is damaged within what the pool bears comes back, and is told as made up for") {
  Box box;
  box.flip({0, 1});
  const job::DrillReport report = box.drilled();
  CHECK(report.lost.count == 0);
  CHECK(report.rebuilt > 0);
  // Two of two that the pool bears are used up: with one disk less nothing is left.
  for (const job::DrillDifference& each : report.differences) {
    CHECK(each.finding == job::DrillFinding::parity);
  }
  CHECK(vault::noted_lost_packs(box.home, box.business())->empty());
  CHECK(box.history().front().rebuilt == report.rebuilt);
}

TEST_CASE("What lies on a disk that is away comes back, and is told as made up for") {
  Box box;
  box.missing["/disk1"] = true;
  const job::DrillReport report = box.drilled();
  CHECK(report.is_good());
  CHECK(report.rebuilt > 0);
  REQUIRE(report.without);
  CHECK(report.without->came_back);
}

TEST_CASE("What is damaged beyond repair is listed, and noted for the next backup") {
  BoxWithIndex box;  // with a catalog that outlives the damage
  box.flip({0, 1, 2});
  const job::DrillReport report = box.drilled();
  CHECK_FALSE(report.is_good());
  CHECK(report.lost.count >= kCalls);
  std::set<std::string> lost;
  for (const job::Problem& problem : report.lost.kept) lost.insert(problem.path);
  CHECK(lost.contains(Box::path_of(1)));
  CHECK(report.items_good < report.items_total);
  CHECK_FALSE(vault::noted_lost_packs(box.home, box.business())->empty());
  const job::PastDrill past = box.history().front();
  CHECK_FALSE(past.good);
  CHECK(past.lost == report.lost.count);
  CHECK_FALSE(job::load_proof(box.home, box.business(), job::ProofKind::drill)->good);
}

TEST_CASE("Parity that would not give anything back is found although every item is there") {
  Box box;
  box.flip({3, 4}, Of::all);  // chance chooses the item
  const job::DrillReport report = box.drilled();
  CHECK(report.lost.count == 0);
  CHECK(report.rebuilt == 0);
  REQUIRE(report.without);
  CHECK_FALSE(report.without->came_back);
  CHECK(box.findings(report) == std::vector<std::string>{"parity " + report.without->path});
  CHECK(vault::noted_lost_packs(box.home, box.business())->empty());
  CHECK_FALSE(box.history().front().good);
}

TEST_CASE("No disk is left out without which too few shards of a pack are left") {
  Box box;
  box.crowd();
  for (int i = 0; i < 20; ++i) {
    const job::DrillReport report = box.drilled();
    CHECK(box.findings(report).empty());
    CHECK(report.is_good());
  }
}

TEST_CASE("A pool without parity has no item to be read without a disk") {
  SimBox plain;
  REQUIRE(plain.init());
  REQUIRE(plain.open().value()->create_pool({"/disk0"}, {}));
  REQUIRE(plain.add_business());
  plain.write("a.wav", "a");
  REQUIRE(plain.backup());
  const auto box = plain.open();
  const auto business = (*box)->open_business("calls", vault::Access::read);
  job::DrillRequest request;
  request.snapshot = job::snapshot_to_drill(**business).value();
  const auto report = job::run_drill(**business, request);
  REQUIRE(report);
  CHECK(report->is_good());
  CHECK(report->items_good == 1);
  CHECK_FALSE(report->without);
}

namespace {

// Changes the index as rot that nobody sees would, or a defect of ours.
void change_index(BoxWithIndex& box,
                  const std::function<Result<void>(catalog::RecordIndex&)>& change) {
  auto index = catalog::RecordIndex::open(box.index_file().string(), catalog::OpenMode::write,
                                          box.business());
  REQUIRE(index);
  const auto head = index->head();
  REQUIRE(head);
  REQUIRE(index->begin());
  const auto changed = change(*index);
  INFO((changed ? "" : debug_text(changed.error())));
  REQUIRE(changed);
  REQUIRE(index->commit(*head));
}

// The rows of an item as they were, but for what `change` makes of each; their bindings are gone
// with them.
void change_rows(BoxWithIndex& box, const std::function<void(catalog::Row&)>& change,
                 const std::string& path = "rows/day.csv") {
  change_index(box, [&](catalog::RecordIndex& index) -> Result<void> {
    index.take_back();
    HF_TRY(const catalog::FoundRows found, index.find({}));
    HF_TRY(index.begin());
    catalog::RowItem item;
    std::map<std::uint64_t, catalog::Row> rows;
    for (const catalog::FoundRow& each : found.rows) {
      if (each.item.path != path) continue;
      item = each.item;
      rows[each.row.number] = each.row;
    }
    HF_TRY(index.remove_row_item(item));
    HF_TRY(index.add_row_item(item));
    for (auto& [number, row] : rows) {
      change(row);
      HF_TRY(index.add_row(row));
    }
    return {};
  });
}

}  // namespace

TEST_CASE("A row that `record find` gives otherwise than the snapshot has it is a difference") {
  BoxWithIndex box;
  change_rows(box, [](catalog::Row& row) {
    if (row.facts.key == "c2") row.fields[4] = "11";
  });
  const job::DrillReport report = box.drilled();
  CHECK(report.lost.count == 0);
  const auto found = box.findings(report);
  CHECK(std::ranges::count(found, "row_missing " + Box::path_of(2)) == 1);
  CHECK(std::ranges::count(found, "row_missing " + Box::path_of(3)) == 0);
  CHECK(report.items_good < report.items_total);
}

TEST_CASE("A value that the snapshot does not have, and the index does, is a difference") {
  BoxWithIndex box;
  box.write_rows("more.csv", "note," + Box::header() + "," + Box::row(Box::call(7)));
  box.backed_up();
  change_rows(box, [](catalog::Row& row) { row.fields[0] = "made up"; }, "rows/more.csv");
  CHECK(box.findings(box.drilled()) == std::vector<std::string>{"row_missing " + Box::path_of(7)});
}

TEST_CASE("A row whose bytes are not those that the snapshot has is a difference") {
  BoxWithIndex box;
  change_rows(box, [](catalog::Row& row) {
    if (row.facts.key == "c2") row.verbatim.bytes[0] ^= 1;
  });
  const auto found = box.findings(box.drilled());
  CHECK(std::ranges::count(found, "row_missing " + Box::path_of(2)) == 1);
}

TEST_CASE("A row that is bound no more in the index is a difference") {
  BoxWithIndex box;
  change_rows(box, [](catalog::Row& /*row*/) {});
  const job::DrillReport report = box.drilled();
  CHECK(report.rows == 0);
  CHECK(report.differences.size() == kCalls - 2);
  CHECK(std::ranges::count(box.findings(report), "row_unbound " + Box::path_of(1)) == 1);
}

TEST_CASE("That there is no index of rows is one difference, and no row is called wrong") {
  BoxWithIndex box;
  box.lose_index();
  const job::DrillReport report = box.drilled();
  CHECK(report.index == job::ComparedIndex::missing);
  CHECK(box.findings(report) == std::vector<std::string>{"no_index "});
  CHECK(report.items_good == report.items_total);
}

namespace {

// A backup comes to its end while a drill is at work.
struct BackupMeanwhile final : job::Progress {
  explicit BackupMeanwhile(BoxWithIndex& of) : box(of) {}
  void update(const job::ProgressState& state) override {
    if (state.phase != "drilling" || state.items_done != 1) return;
    std::string rows = BoxWithIndex::header();
    Call changed = BoxWithIndex::call(2);
    changed.seconds = 77;
    box.write_rows("day.csv", rows + BoxWithIndex::row(changed));
    box.backed_up();
  }
  BoxWithIndex& box;
};

}  // namespace

TEST_CASE("What an index of a later snapshot says is held against nobody") {
  BoxWithIndex box;
  BackupMeanwhile meanwhile(box);
  const auto report = box.drill(1000, &meanwhile);
  REQUIRE(report);
  CHECK(report->index == job::ComparedIndex::newer);
  CHECK(report->is_good());
  CHECK(box.drilled().index == job::ComparedIndex::compared);
}

namespace {

// The index says that of a recording which a backup has looked at, and the next list of recordings
// of a snapshot has it.
void plant_probe(BoxWithIndex& box, const std::string& path, const std::string& content,
                 const catalog::Probe& probe) {
  change_index(box, [&](catalog::RecordIndex& index) {
    records::RecordingFacts facts;
    facts.path = path;
    facts.content = std::string(text_of(sha256(view_of(content)).view()));
    facts.size = content.size();
    facts.first_seen_ms = SimBox::start().ns / 1'000'000;
    return index.note_recording(facts, probe);
  });
}

}  // namespace

TEST_CASE("A recording that sounds otherwise than when it was backed up is a difference") {
  using records::AudioState;
  BoxWithIndex box;
  plant_probe(box, Box::path_of(1), Box::sound(Box::call(1)), {99'000, AudioState::sound, "wav"});
  plant_probe(box, "calls/notes.txt", "written by hand", {std::nullopt, AudioState::sound, "wav"});
  plant_probe(box, Box::path_of(2), Box::sound(Box::call(2)), {99'000, AudioState::lying, "wav"});
  box.record(Box::call(20));  // so that the list of recordings is written anew
  box.backed_up();
  // What was not sound then is nobody's loss.
  auto found = box.findings(box.drilled());
  std::ranges::sort(found);
  CHECK(found == std::vector<std::string>{"audio calls/notes.txt", "length " + Box::path_of(1)});
}

TEST_CASE("Rows whose source the definition does not know any more are told") {
  BoxWithIndex box;
  const auto opened = box.open();
  const auto business = (*opened)->open_business("calls", vault::Access::read);
  job::DrillRequest request;
  request.snapshot = job::snapshot_to_drill(**business).value();
  request.definition = box.definition();
  request.items = 1000;
  request.definition->sources.back().name = "other";
  const auto report = job::run_drill(**business, request);
  REQUIRE(report);
  CHECK(box.findings(*report) == std::vector<std::string>{"row_unread "});
  CHECK(report->differences.front().row_item == "rows/day.csv");
}

TEST_CASE("What is gone at the source is drilled, and what a prune took is missed by nobody") {
  BoxWithIndex box;
  const std::uint64_t before = box.drilled().items_total;
  box.files.remove("/calls/notes.txt");
  box.backed_up();
  CHECK(box.drilled().items_total == before);
  {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    const auto snapshot = job::snapshot_to_drill(**business).value();
    const auto nodes = vault::ContentReader::open(**business).value();
    vault::TreeCursor cursor(*nodes, vault::tree_of(snapshot));
    REQUIRE(cursor.seek("rows/day.csv"));
    const vault::Item* item = cursor.peek().value();
    vault::PrunedItemsWriter going;
    going.add({item->path, vault::identity_of(*item), std::to_underlying(policy::ItemReason::ended),
               box.clock.now()});
    journal::PruneBody prune;
    prune.items = going.finish();
    prune.decided = box.clock.now();
    REQUIRE(vault::Run::begin(**business).value()->commit(prune));
  }
  const job::DrillReport report = box.drilled();
  CHECK(report.items_total == before - 1);
  CHECK(box.findings(report).empty());
  CHECK(report.rows == 0);
}

TEST_CASE("Rows that are lost are listed as lost") {
  BoxWithIndex box;
  box.files.remove("/rows/day.csv");
  for (const catalog::PackRow& row : packs_of(box)) {
    if (row.pack.kind == pack::PackKind::content) lose_pack(box, row.pack.name);
  }
  const job::DrillReport report = box.drilled();
  std::set<std::string> lost;
  for (const job::Problem& problem : report.lost.kept) {
    CHECK(lost.insert(problem.path).second);  // each once
  }
  CHECK(lost.contains(Box::path_of(1)));
}

namespace {

struct StopAfter final : job::Progress {
  StopAfter(job::StopFlag& of, std::string_view in, std::uint64_t after)
      : stop(of), phase(in), items(after) {}
  void update(const job::ProgressState& state) override {
    if (state.phase == phase && state.items_done == items) stop = true;
  }
  job::StopFlag& stop;
  std::string_view phase;
  std::uint64_t items;
};

}  // namespace

TEST_CASE("A drill that is stopped ends, and is no drill in any note") {
  const auto phase = GENERATE("choosing", "drilling");
  Box box;
  StopAfter progress(box.stop, phase, 2);
  const auto report = box.drill(1000, &progress);
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::interrupted);
  CHECK(box.history().empty());
  CHECK_FALSE(job::load_proof(box.home, box.business(), job::ProofKind::drill));
  box.stop = false;
  CHECK(box.drilled().is_good());
}

TEST_CASE("Of one business there is one drill at a time, and before the first backup none") {
  Box box;
  {
    const auto opened = box.open();
    const auto lock = (*opened)->lock("drill-" + box.business().hex());
    REQUIRE(lock);
    const auto report = box.drill();
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::locked);
  }
  CHECK(box.drilled().is_good());
  ReadyBox empty;
  const auto opened = empty.open();
  const auto business = (*opened)->open_business("calls", vault::Access::read);
  const auto none = job::snapshot_to_drill(**business);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::no_snapshot);
}

TEST_CASE("A drill that home cannot note is told all the same, and says so") {
  Box box;
  box.home.plant("proofs", {});  // a file where the folder would be
  const job::DrillReport report = box.drilled();
  CHECK(report.is_good());
  REQUIRE(report.not_noted);
}

namespace {

constexpr Strides kCuts{1, 1, 3, 1};
constexpr Strides kErrors{5, 1, 29, 11};

std::unique_ptr<Box> make_drilled() {
  auto box = std::make_unique<Box>();
  box->drilled();
  return box;
}

// Each drill that answered is noted, none is noted twice, and the next one is as good as any.
void check_after(Box& box, const Result<job::DrillReport>& answer) {
  const std::size_t noted = box.history().size();
  CHECK(noted >= (answer && !answer->not_noted ? 2U : 1U));
  CHECK(noted <= 2);
  const job::DrillReport next = box.drilled();
  CHECK(next.is_good());
  CHECK_FALSE(next.not_noted);
  CHECK(box.history().size() == noted + 1);
}

}  // namespace

TEST_CASE("The power may go at every change that a drill makes in home") {
  sweep_cuts(
      {stride_of(kCuts), 1, true}, make_drilled, [](Box& box) { return box.drill(); },
      [](Box& box, const Result<job::DrillReport>& answer) { check_after(box, answer); });
}

TEST_CASE("No error of one operation makes a drill call anything lost or different") {
  sweep_errors(
      {stride_of(kErrors)}, make_drilled, [](Box& box) { return box.drill(); },
      [](Box& box, const Result<job::DrillReport>& answer) {
        if (answer) CHECK(box.findings(*answer).empty());
        if (answer) CHECK(answer->lost.count == 0);
        check_after(box, answer);
      });
}

}  // namespace holdfast::test
