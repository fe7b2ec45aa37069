// SPDX-License-Identifier: Apache-2.0
// The day from which a recording's time to keep runs is that of its own call, also where a recorder
// uses a name again.
#include "firmware/job/prune.h"
#include "tests/sim/indexed_box.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
constexpr std::int64_t kDay_ns = 24 * kHour_ns;

// An agent's file, and calls of that agent in it, one after the other.
struct ReusedBox : IndexedBox {
  ReusedBox() { reuses_names = true; }

  static Call call(int day) {
    const std::string two = std::to_string(10 + day);
    return {"c" + two, "2049", "138000000" + two, "2026-01-" + two + " 09:00:00", 10};
  }
  static std::string path() { return "calls/ch2049.wav"; }
  static Digest content(int day) { return sha256(view_of(sound(call(day)))); }
  void record_over(int day) { write("ch2049.wav", sound(call(day))); }
  void write_row(int day) {
    const Call told = call(day);
    write_rows(told.id + ".csv", header() + row(told));
  }
  void back_up() {
    clock.advance(kHour_ns);
    backed_up();
  }
  // As the index says, and as it does when it was made anew.
  std::optional<int> day_of(int day) {
    const auto before = date(day);
    const auto answers_before = answers();
    rebuilt();
    CHECK(date(day) == before);
    CHECK(answers() == answers_before);
    lose_index();
    rebuilt();
    CHECK(date(day) == before);
    CHECK(answers() == answers_before);
    return before;
  }
  job::PrunePlan plan(std::int64_t days_later) {
    const auto box = open().value();
    const auto business = box->open_business("calls", vault::Access::read).value();
    job::PruneRequest request;
    request.definition = definition();
    request.definition.retention.classes[0] = {30, policy::ItemDate::call};
    request.now = Timestamp{clock.now().ns + days_later * kDay_ns};
    request.is_trusted = true;
    request.lock_days[0] = 0;
    auto made = job::plan_prune(*business, request);
    INFO((made ? "" : debug_text(made.error())));
    REQUIRE(made);
    return std::move(*made);
  }

 private:
  // Of the month.
  std::optional<int> date(int day) {
    const auto box = open().value();
    const auto business = box->open_business("calls", vault::Access::read).value();
    auto index = job::open_record_index(*business);
    INFO((index ? "" : debug_text(index.error())));
    REQUIRE(index);
    const auto start_ms = catalog::ItemRows(*index).find(path(), content(day)).value().call_time_ms;
    if (!start_ms) return std::nullopt;
    return static_cast<int>((*start_ms * 1'000'000 - start().ns) / kDay_ns) + 1;
  }
};

}  // namespace

TEST_CASE("A recorder that uses a name again: each call keeps its own day") {
  ReusedBox box;
  box.record_over(1);
  box.write_row(1);
  box.back_up();
  CHECK(box.day_of(1) == 11);
  box.record_over(2);
  box.back_up();
  CHECK(box.day_of(1) == 11);
  CHECK(box.day_of(2) == std::nullopt);
  box.write_row(2);
  box.back_up();
  CHECK(box.day_of(1) == 11);
  CHECK(box.day_of(2) == 12);
  // And what was there before is there again.
  box.record_over(1);
  box.back_up();
  CHECK(box.day_of(1) == 11);
  CHECK(box.day_of(2) == 12);
}

TEST_CASE("A call keeps the day that its row has told when the source has the row no more") {
  ReusedBox box;
  box.record_over(1);
  box.write_row(1);
  box.back_up();
  REQUIRE(box.day_of(1) == 11);
  SECTION("the file has other rows") {}
  SECTION("while nobody knew what was in it") {
    box.lose_index();
  }
  box.write_rows(ReusedBox::call(1).id + ".csv", RecordsBox::header());
  box.back_up();
  CHECK(box.day_of(1) == 11);
  box.back_up();
  CHECK(box.day_of(1) == 11);
  // Other bytes are another call.
  box.record_over(2);
  box.back_up();
  CHECK(box.day_of(2) == std::nullopt);
}

TEST_CASE("What has the name of an older call, and no row of its own, is kept and says why") {
  ReusedBox box;
  box.record_over(1);
  box.write_row(1);
  box.back_up();
  box.record_over(2);
  box.back_up();
  box.files.remove("/calls/ch2049.wav");
  box.write("more.txt", "a source that has nothing is one that is away");
  box.back_up();
  const policy::ItemTally::Key no_date{policy::ItemReason::no_date, 0U};
  const job::PrunePlan without = box.plan(60);
  CHECK(without.going == 0);
  CHECK(without.items.reasons.at(no_date).items == 1);
  box.write_row(2);
  box.back_up();
  CHECK(box.plan(30).going == 0);
  CHECK(box.plan(60).going_paths == std::vector<std::string>{ReusedBox::path()});
}

TEST_CASE(
    "A recording that a prune took is told apart from one that is missing, and sums balance") {
  IndexedBox box;
  const auto open_calls = [&](vault::Box& of) {
    return of.open_business("calls", vault::Access::write).value();
  };
  std::string rows = IndexedBox::header();
  for (const int number : {1, 2, 3}) rows += IndexedBox::row(IndexedBox::call(number));
  box.write_rows("day.csv", rows);
  for (const int number : {1, 2}) box.record(IndexedBox::call(number));
  // The one that will go: as it is, with a hole behind it, or nothing but a hole.
  sim::FileNode& file = box.files.node("/calls/" + IndexedBox::name_of(IndexedBox::call(1)));
  const auto holes = GENERATE(0, 1, 2);
  CAPTURE(holes);
  if (holes == 2) file.resize(0);
  if (holes > 0) file.resize(100'000);
  {
    const auto opened = box.open().value();
    REQUIRE(open_calls(*opened)->confirm_time(box.clock.now()));
  }
  box.backed_up();
  box.files.remove("/calls/" + IndexedBox::name_of(IndexedBox::call(1)));
  box.clock.advance(kHour_ns);
  box.backed_up();
  box.clock.advance(60 * kDay_ns);
  {
    const auto opened = box.open().value();
    job::PruneRequest request;
    request.definition = box.definition();
    request.definition.retention.classes[0] = {30, policy::ItemDate::call};
    request.lock_days[0] = 0;
    const auto done = job::run_prune(*open_calls(*opened), request);
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
    REQUIRE(done->plan.going == 1);
    REQUIRE(done->entry);
  }
  const auto rows_of = [&](records::CallClass call_class) {
    const auto report = box.backed_up();
    const job::StoredReport& stored = *report.records.at(0).report;
    CHECK(stored.balances());
    CHECK(stored.count_of("sum", "rows") == 3);
    return stored.count_of("rows", name_of(call_class));
  };
  CHECK(rows_of(records::CallClass::recording_pruned) == 1);
  CHECK(rows_of(records::CallClass::missing_recording) == 1);
  CHECK(rows_of(records::CallClass::matched) == 1);
  const auto before = box.answers();
  const bool is_lost = GENERATE(false, true);
  if (is_lost) box.lose_index();
  box.rebuilt();
  CHECK(box.answers() == before);
  // A backup that makes it anew judges alike, and what is shown again is a recording again.
  box.lose_index();
  box.write_rows("more.csv", IndexedBox::header());
  CHECK(rows_of(records::CallClass::recording_pruned) == 1);
  box.record(IndexedBox::call(1));
  CHECK(rows_of(records::CallClass::late) == 1);
  CHECK(rows_of(records::CallClass::recording_pruned) == 0);
}

TEST_CASE("An index that is made anew by a backup tells what was bound before a name was reused") {
  ReusedBox box;
  box.record_over(1);
  box.write_row(1);
  box.back_up();
  box.lose_index();
  box.record_over(2);
  box.back_up();
  CHECK(box.day_of(1) == 11);
  CHECK(box.day_of(2) == std::nullopt);
}

}  // namespace holdfast::test
