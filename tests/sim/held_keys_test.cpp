// SPDX-License-Identifier: Apache-2.0
// A hold on a key stands on what its rows have led to, whatever becomes of the rows: also of those
// that an exporter wrote over, and that nobody could understand.
#include <sqlite3.h>

#include <set>

#include "firmware/job/held_keys.h"
#include "firmware/job/prune.h"
#include "firmware/job/prune_holds.h"
#include "firmware/job/record_index_file.h"
#include "tests/sim/catalog_dump.h"
#include "tests/sim/indexed_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
constexpr std::int64_t kDay_ns = 24 * kHour_ns;

// Two calls in one export; what is told of them may be another key by and by.
struct HeldBox : IndexedBox {
  static constexpr bool kHasRealFiles = true;

  HeldBox() {
    full_interval_ns = 0;
    rebuild_index = [this](vault::Business& business) -> Result<bool> {
      job::RecordRebuildRequest request;
      request.definition = definition();
      request.parse_mapping = [](const std::string&, const std::string&) {
        return Result<records::Mapping>(mapping());
      };
      HF_TRY(const auto made, job::rebuild_records(business, request));
      return made.has_value();
    };
  }
  static std::string path_of(int number) { return "calls/" + name_of(call(number)); }
  // Told as a call of that id.
  static std::string row_of(int number, const std::string& id) {
    Call told = call(number);
    told.id = id;
    return row(told);
  }
  void export_rows(const std::string& rows) { write_rows("a.csv", header() + rows); }
  void back_up() {
    clock.advance(kHour_ns);
    backed_up();
  }
  // What stands in them, not the tables.
  void damage_rows() {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(index_file().c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, "UPDATE row_texts SET fields = x'ff'", nullptr, nullptr,
                         nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }
  void make_calls() {
    record(call(1));
    record(call(2));
    write("stays.txt", "a source that has nothing is one that is away");
    export_rows(row_of(1, "c1") + row_of(2, "c2"));
    back_up();
  }
  // At the source, so that their time can end.
  void remove_calls() {
    for (const int number : {1, 2}) files.remove("/" + path_of(number));
    back_up();
  }
  Result<void> hold(const std::string& key, const std::string& reason = "case") {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    HF_TRY(business->hold(journal::HoldScope::key, key, reason));
    return job::keep_held_paths(*business);
  }
  std::vector<catalog::HoldRow> holds() {
    const auto box = open().value();
    return box->open_business("calls", vault::Access::read).value()->holds().value();
  }
  // Those for that reason; empty: all.
  Result<void> release(const std::string& reason = "") {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    HF_TRY(const auto rows, business->holds());
    for (const auto& row : rows) {
      if (reason.empty() || row.body.reason == reason) HF_TRY(business->release(row, ""));
    }
    return {};
  }
  job::PrunePlan plan() {
    const auto box = open().value();
    const auto business = box->open_business("calls", vault::Access::read).value();
    job::PruneRequest request;
    request.definition = definition();
    request.definition.retention.classes[0] = {30, policy::ItemDate::call};
    request.now = Timestamp{clock.now().ns + 60 * kDay_ns};
    request.is_trusted = true;
    request.lock_days[0] = 0;
    auto made = job::plan_prune(*business, request);
    INFO((made ? "" : debug_text(made.error())));
    REQUIRE(made);
    return std::move(*made);
  }
  bool is_frozen() {
    const auto frozen = plan().frozen;
    return std::ranges::find(frozen, job::FreezeReason::holds_on_keys, &job::Freeze::reason) !=
           frozen.end();
  }
};

// Asks for a stop when so many items are done.
class StopAfter final : public job::Progress {
 public:
  StopAfter(std::uint64_t items, job::StopFlag& stop) : items_(items), stop_(stop) {}
  void update(const job::ProgressState& state) override {
    if (state.items_done >= items_) stop_ = true;
  }

 private:
  std::uint64_t items_;
  job::StopFlag& stop_;
};

std::uint64_t count_of(const job::PrunePlan& plan, policy::ItemReason reason) {
  const auto found = plan.items.reasons.find({reason, 0U});
  return found == plan.items.reasons.end() ? 0 : found->second.items;
}

}  // namespace

TEST_CASE("A hold on a key with more rows than are looked at says so, and holds everything") {
  HeldBox box;
  box.make_calls();
  box.export_rows(HeldBox::row_of(1, "c1") + HeldBox::row_of(2, "c1"));
  box.back_up();
  REQUIRE(box.hold("call_id=c1"));
  const auto opened = box.open().value();
  const auto business = opened->open_business("calls", vault::Access::read).value();
  auto index = job::open_record_index(*business).value();
  const std::uint64_t number = box.holds().front().number;
  const auto find = [&](catalog::RecordIndex* in, std::uint32_t rows_max) {
    return job::find_held(box.holds(), {}, in, rows_max).value();
  };
  const auto holds_all = [](const job::HeldThings& held) {
    return std::ranges::find(held.paths, "", &policy::HeldPath::path) != held.paths.end();
  };
  const job::HeldThings wide = find(&index, 1);
  CHECK(wide.too_wide == std::set{number});
  CHECK_FALSE(wide.is_unsure);
  CHECK(holds_all(wide));
  CHECK(find(&index, 2).too_wide.empty());
  CHECK_FALSE(holds_all(find(&index, 2)));
  CHECK(find(nullptr, 2).too_wide.empty());
  CHECK(find(nullptr, 2).is_unsure);
  CHECK(holds_all(find(nullptr, 2)));
}

TEST_CASE("What rows of a key led to stays held when their source tells of another key") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=c1"));
  box.export_rows(HeldBox::row_of(1, "other") + HeldBox::row_of(2, "c2"));
  box.back_up();
  box.remove_calls();
  const job::PrunePlan plan = box.plan();
  CHECK(plan.frozen.empty());
  CHECK(plan.going_paths == std::vector<std::string>{HeldBox::path_of(2)});
  REQUIRE(plan.holds.size() == 1);
  CHECK(plan.items.holds.at(plan.holds.front().number).items == 2);  // with the rows
  // From the journal alone.
  const std::string kept = dump_catalog(box);
  {
    const auto opened = box.open().value();
    const auto business = opened->open_business("calls", vault::Access::write).value();
    REQUIRE(business->rebuild_catalog({}));
  }
  CHECK(kept.find("held ") != std::string::npos);
  CHECK(dump_catalog(box) == kept);
  CHECK(box.plan().going_paths == plan.going_paths);
  REQUIRE(box.release());
  CHECK(box.plan().going == 2);
  CHECK(dump_catalog(box).find("held ") == std::string::npos);
}

TEST_CASE("A key that rows get after the hold is held from the backup on that sees them") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=later"));
  CHECK_FALSE(box.is_frozen());
  box.export_rows(HeldBox::row_of(1, "later") + HeldBox::row_of(2, "c2"));
  box.back_up();
  box.export_rows(HeldBox::row_of(1, "other") + HeldBox::row_of(2, "c2"));
  box.back_up();
  box.remove_calls();
  CHECK(box.plan().going_paths == std::vector<std::string>{HeldBox::path_of(2)});
}

TEST_CASE("Nothing new makes no entry") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=c1"));
  const auto head = [&] {
    const auto opened = box.open().value();
    return opened->open_business("calls", vault::Access::read).value()->journal().head().number;
  };
  const std::uint64_t before = head();
  box.back_up();
  CHECK(head() == before);
}

TEST_CASE("A hold whose rows were not looked up freezes until the next backup has") {
  HeldBox box;
  box.make_calls();
  box.lose_index();
  REQUIRE(box.hold("call_id=c1"));
  REQUIRE(box.holds().front().found == catalog::KeyFound::never);
  CHECK(box.is_frozen());
  // By the index of the snapshot before, made anew: this run brings other rows.
  box.export_rows(HeldBox::row_of(1, "other") + HeldBox::row_of(2, "c2"));
  box.back_up();
  CHECK_FALSE(box.is_frozen());
  box.remove_calls();
  CHECK(box.plan().going_paths == std::vector<std::string>{HeldBox::path_of(2)});
}

TEST_CASE("What could not be looked up once freezes until the hold is set anew") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=c1"));
  box.lose_index();
  box.rebuild_index = {};
  box.export_rows(HeldBox::row_of(1, "other") + HeldBox::row_of(2, "c2"));
  box.back_up();
  box.remove_calls();
  CHECK(box.holds().front().found == catalog::KeyFound::partly);
  CHECK(box.is_frozen());
  REQUIRE(box.release());
  REQUIRE(box.hold("call_id=other"));
  CHECK_FALSE(box.is_frozen());
  CHECK(box.plan().going_paths == std::vector<std::string>{HeldBox::path_of(2)});
}

TEST_CASE("Rows that only a run of some paths has seen freeze") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=later"));
  box.export_rows(HeldBox::row_of(1, "later") + HeldBox::row_of(2, "c2"));
  box.only_paths = {"rows"};
  box.back_up();
  box.only_paths = {"calls"};
  box.back_up();
  box.only_paths.clear();
  box.export_rows(HeldBox::row_of(1, "other") + HeldBox::row_of(2, "c2"));
  box.back_up();
  box.remove_calls();
  CHECK(box.is_frozen());
}

TEST_CASE("What is no row may come with a stopped run, and nothing freezes") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=c1"));
  box.record(RecordsBox::call(3));
  StopAfter all(5, box.stop);
  box.progress = &all;
  REQUIRE(box.backed_up().partial);
  box.progress = nullptr;
  box.stop = false;
  box.back_up();
  CHECK(box.holds().front().found == catalog::KeyFound::all);
  CHECK_FALSE(box.is_frozen());
}

TEST_CASE("A file of rows that could not be read freezes, also when it is corrected later") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=later"));
  box.write_rows("b.csv", "call,agent\nlater,2001\n");
  box.back_up();
  box.write_rows("b.csv", RecordsBox::header() + RecordsBox::row(RecordsBox::call(3)));
  box.back_up();
  box.remove_calls();
  CHECK(box.holds().front().found == catalog::KeyFound::partly);
  CHECK(box.is_frozen());
}

TEST_CASE("An index that is damaged inside is made anew, and ends no run") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=c1"));
  box.damage_rows();
  const bool is_made_anew = GENERATE(true, false);
  if (!is_made_anew) {
    box.rebuild_index = [](vault::Business& /*business*/) -> Result<bool> {
      return make_error(ErrorCode::data_lost);
    };
  }
  box.export_rows(HeldBox::row_of(1, "other") + HeldBox::row_of(2, "c2"));
  box.back_up();
  box.remove_calls();
  CHECK(box.is_frozen() != is_made_anew);
}

TEST_CASE("What may be over soon marks no hold") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=c1"));
  box.lose_index();
  const auto rebuild = box.rebuild_index;
  box.rebuild_index = [](vault::Business& /*business*/) -> Result<bool> {
    return make_error(ErrorCode::no_space);
  };
  const auto refused = box.backup();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::no_space);
  box.rebuild_index = rebuild;
  box.back_up();
  CHECK(box.holds().front().found == catalog::KeyFound::all);
}

TEST_CASE("A hold that takes the place of another on the same key stands on what that one does") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=c1"));
  box.export_rows(HeldBox::row_of(1, "other") + HeldBox::row_of(2, "c2"));
  box.back_up();
  const bool has_index = GENERATE(true, false);
  if (!has_index) box.lose_index();
  REQUIRE(box.hold("call_id=c1", "the same case"));
  REQUIRE(box.release("case"));
  REQUIRE(box.holds().size() == 1);
  box.remove_calls();
  CHECK_FALSE(box.is_frozen());
  CHECK(box.plan().going_paths == std::vector<std::string>{HeldBox::path_of(2)});
}

TEST_CASE("A row that another of the same run takes the place of leads to what that one does") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("seconds=11"));
  Call told = RecordsBox::call(1);
  told.seconds = 11;
  box.export_rows(RecordsBox::row(told) + HeldBox::row_of(2, "c2"));
  box.write_rows("b.csv", RecordsBox::header() + HeldBox::row_of(1, "c1"));
  box.back_up();
  box.export_rows(HeldBox::row_of(1, "c1") + HeldBox::row_of(2, "c2"));
  box.back_up();
  box.remove_calls();
  CHECK_FALSE(box.is_frozen());
  CHECK(box.plan().going_paths == std::vector<std::string>{HeldBox::path_of(2)});
}

TEST_CASE("Whose call no row tells stays while a hold on a key stands, with the rows themselves") {
  HeldBox box;
  box.make_calls();
  REQUIRE(box.hold("call_id=c1"));
  // A row that nobody can understand, of a call that nobody else tells of.
  box.record(RecordsBox::call(3));
  Call bad = RecordsBox::call(3);
  bad.start = "at noon";
  box.write_rows("b.csv", RecordsBox::header() + RecordsBox::row(bad));
  box.back_up();
  box.files.remove("/rows/b.csv");
  box.files.remove("/" + HeldBox::path_of(3));
  box.remove_calls();
  const job::PrunePlan plan = box.plan();
  CHECK(plan.frozen.empty());
  CHECK(plan.going_paths == std::vector<std::string>{HeldBox::path_of(2)});
  CHECK(count_of(plan, policy::ItemReason::unbound) == 2);
  REQUIRE(box.release());
  CHECK(box.plan().going == 3);
}

TEST_CASE("Holds on keys: the power may go at every change of the backup that loses their rows") {
  const auto make_box = [] {
    auto box = std::make_unique<HeldBox>();
    box->make_calls();
    REQUIRE(box->hold("call_id=later"));
    box->export_rows(HeldBox::row_of(1, "later") + HeldBox::row_of(2, "c2"));
    return box;
  };
  const auto act = [](HeldBox& box) -> Result<void> {
    HF_TRY(const auto done, box.backup());
    if (done.problems.count > 0) return done.problems.kept.front().error;
    return {};
  };
  Tally went;
  const auto check = [&](HeldBox& box, const Result<void>& /*answer*/) {
    const bool was_seen = box.newest().contains("rows/a.csv") &&
                          box.newest()["rows/a.csv"].find("later") != std::string::npos;
    box.export_rows(HeldBox::row_of(1, "other") + HeldBox::row_of(2, "c2"));
    box.back_up();
    box.remove_calls();
    const job::PrunePlan plan = box.plan();
    CHECK(plan.frozen.empty());
    const bool is_held =
        std::ranges::find(plan.going_paths, HeldBox::path_of(1)) == plan.going_paths.end();
    CHECK(is_held == was_seen);
    went.add(is_held ? 0 : 1);
  };
  sweep_cuts({stride_of({13, 3, 97, 31}), 1, true}, make_box, act, check);
  CHECK(went.sum() > 0);
}

}  // namespace holdfast::test
