// SPDX-License-Identifier: Apache-2.0
// A database is asked in slices, again where it was away, and from where a run came to; what it
// gives again is known, and what was lost comes back from it.
#include <algorithm>

#include "firmware/pack/format.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/tree_cursor.h"
#include "tests/sim/lost_packs.h"
#include "tests/sim/records_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
constexpr std::int64_t kSecond_ns = 1'000'000'000;

// A business whose rows all come from a database, first asked in three slices of two years.
class QueryBox : public RecordsBox {
 public:
  QueryBox() {
    has_csv = false;
    has_sql = true;
    slice_days = 731;
    for (int number = 1; number <= 3; ++number) record(call(number));
  }

  // Of the first run at this moment.
  std::vector<source::RowWindow> slices() { return slices_since({}); }
  std::vector<source::RowWindow> slices_since(std::optional<Timestamp> newest) {
    const source::SqlRules asked = definition().sources.back().sql;
    return source::slices_of(asked, source::window_after(asked, newest, clock.now()));
  }
  // Call 1 is in the first slice, and so on.
  void answer_slices(std::size_t count = 3) {
    const auto windows = slices();
    REQUIRE(windows.size() == 3);
    for (std::size_t i = 0; i < count; ++i) {
      answer_window({call(static_cast<int>(i) + 1)}, windows[i]);
    }
  }
  static std::string item_of(const source::RowWindow& window) {
    return source::row_item_path("cdr", window.until);
  }
  // Path and text of each item that the query gave, of the newest snapshot.
  std::map<std::string, std::string> row_items() {
    auto texts = newest();
    std::erase_if(texts, [](const auto& each) { return !each.first.starts_with("cdr/"); });
    return texts;
  }
  std::size_t stored_rows() {
    std::size_t rows = 0;
    for (const auto& [path, text] : row_items()) {
      rows += static_cast<std::size_t>(std::ranges::count(text, '\n')) - 1;
    }
    return rows;
  }
  // At the n-th operation of that name.
  void stop_at(std::string_view name, int number) {
    world.ask([this, name, number, met = 0](const sim::Moment& now) mutable {
      if (now.name == name && ++met == number) stop = true;
      return std::optional<ErrorCode>();
    });
  }
  // Loses the packs that have the content of that item of the newest snapshot.
  void lose_item(const std::string& path);
};

void QueryBox::lose_item(const std::string& path) {
  std::vector<Digest> packs;
  {
    const auto box = open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    const auto snapshot = (*business)->find_snapshot({}).value();
    const auto nodes = vault::ContentReader::open(**business);
    REQUIRE(nodes);
    vault::TreeCursor cursor(**nodes, vault::tree_of(snapshot));
    REQUIRE(cursor.seek(path));
    const vault::Item* item = cursor.peek().value();
    REQUIRE(item != nullptr);
    REQUIRE(item->path == path);
    for (const journal::ChunkReference& chunk : item->chunks) {
      const Digest name = pack::chunk_name((*business)->id_key(), chunk.digest);
      const auto places = (*business)->with_catalog(
          [&](catalog::Catalog& catalog) { return catalog.find_chunk(name); });
      REQUIRE(places);
      for (const catalog::ChunkPlace& place : *places) packs.push_back(place.pack);
    }
  }
  REQUIRE_FALSE(packs.empty());
  for (const Digest& pack : packs) lose_pack(*this, pack);
}

std::string text_of_rows(const std::vector<Call>& calls) {
  std::string text = RecordsBox::header();
  for (const Call& call : calls) text += RecordsBox::row(call);
  return text;
}

struct LastProgress final : job::Progress {
  void update(const job::ProgressState& state) override {
    if (state.phase == "asking") asked.push_back(state);
  }
  std::vector<job::ProgressState> asked;
};

}  // namespace

TEST_CASE("years are asked for in slices, each of which is an item") {
  QueryBox box;
  const auto windows = box.slices();
  box.answer_slices();
  LastProgress progress;
  box.progress = &progress;
  const auto report = box.backed_up();
  CHECK(report.problems.count == 0);
  CHECK(report.records.at(0).rows_taken == 3);
  const auto items = box.row_items();
  REQUIRE(items.size() == 3);
  for (int i = 0; i < 3; ++i) {
    const source::RowWindow& window = windows[static_cast<std::size_t>(i)];
    CHECK(items.at(QueryBox::item_of(window)) == text_of_rows({RecordsBox::call(i + 1)}));
  }
  REQUIRE(progress.asked.size() == 3);
  CHECK(progress.asked.back().items_done == 2);
  CHECK(progress.asked.back().items_total == 3);

  // From then on the time since the last one is short, and asked for at once.
  box.clock.advance(kHour_ns);
  const auto next = box.slices_since(windows.back().until);
  REQUIRE(next.size() == 1);
  box.answer_window({RecordsBox::call(3)}, next[0]);
  CHECK_FALSE(box.backed_up().entry_written);
}

TEST_CASE("a slice that fails is named, and asked for by the next run before any later one") {
  QueryBox box;
  const auto windows = box.slices();
  box.answer_slices();
  sim::SqlTable huge{{{"call_id", "text", false},
                      {"agent", "text", false},
                      {"phone", "text", false},
                      {"start", "text", false},
                      {"seconds", "text", false}},
                     {{std::string(17 * kMiB, 'x'), {}, {}, {}, {}}}};
  const source::SqlRules rules = box.definition().sources.back().sql;
  box.sql.answer(rules.server, source::make_query(rules, windows[1]), huge);
  const auto report = box.backed_up();
  REQUIRE(report.problems.kept.size() == 1);
  const job::Problem& problem = report.problems.kept[0];
  CHECK(problem.path == QueryBox::item_of(windows[1]));
  CHECK(problem.error.code == ErrorCode::sql_field_size);
  CHECK(problem.error.argument("row") == "1");
  CHECK(box.row_items().size() == 1);
  CHECK(report.records.at(0).report->count_of("rows", "matched") == 1);

  box.clock.advance(kHour_ns);
  const auto rest = box.slices_since(windows[0].until);
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].since < windows[0].until);
  box.answer_window({RecordsBox::call(1), RecordsBox::call(2)}, rest[0]);
  box.answer_window({RecordsBox::call(3)}, rest[1]);
  const auto second = box.backed_up();
  CHECK(second.problems.count == 0);
  CHECK(box.row_items().at(QueryBox::item_of(rest[0])) == text_of_rows({RecordsBox::call(2)}));
  CHECK(second.records.at(0).report->count_of("rows", "matched") == 3);
}

TEST_CASE("a server that is away for a while is asked again in the same run") {
  QueryBox box;
  box.answer_slices();
  box.sql.refuse_next(2);
  const std::int64_t before_ns = box.clock.monotonic_ns();
  const auto report = box.backed_up();
  CHECK(report.problems.count == 0);
  CHECK(report.records.at(0).rows_taken == 3);
  CHECK(box.clock.monotonic_ns() - before_ns >= 3 * kSecond_ns);
}

TEST_CASE("a server that stays away is not waited for without end") {
  QueryBox box;
  box.answer_slices();
  box.sql.set_faults({.refused_open = 1});
  const std::int64_t before_ns = box.clock.monotonic_ns();
  const auto report = box.backed_up();
  REQUIRE(report.problems.kept.size() == 1);
  CHECK(report.problems.kept[0].error.code == ErrorCode::sql_unreachable);
  const std::int64_t waited_ns = box.clock.monotonic_ns() - before_ns;
  CHECK(waited_ns >= 60 * kSecond_ns);
  CHECK(waited_ns < 70 * kSecond_ns);
}

TEST_CASE("what a server refuses is not asked again") {
  QueryBox box;
  box.answer_slices(1);  // no answer to another slice: sql_error
  const std::int64_t before_ns = box.clock.monotonic_ns();
  const auto report = box.backed_up();
  REQUIRE(report.problems.kept.size() == 1);
  CHECK(report.problems.kept[0].error.code == ErrorCode::sql_error);
  CHECK(box.clock.monotonic_ns() - before_ns < kSecond_ns);
}

TEST_CASE("a stop ends the waiting for a server, and what was gathered stays") {
  QueryBox box;
  box.answer_slices(1);
  const auto windows = box.slices();
  SECTION("while it is away") {
    box.answer_slices();
    box.world.ask([&, met = 0](const sim::Moment& now) mutable {
      if (now.name == "open database" && ++met == 2) {
        box.sql.refuse_next(100);
        box.stop = true;
      }
      return std::optional<ErrorCode>();
    });
  }
  SECTION("between two rows") {
    box.answer_slices();
    box.stop_at("next row", 3);
  }
  const std::int64_t before_ns = box.clock.monotonic_ns();
  const auto report = box.backup();
  box.world.ask({});
  REQUIRE(report);
  CHECK(report->partial);
  CHECK(box.clock.monotonic_ns() - before_ns < kSecond_ns);
  const auto items = box.row_items();
  REQUIRE(items.size() == 1);
  CHECK(items.begin()->first == QueryBox::item_of(windows[0]));

  box.stop = false;
  box.sql.refuse_next(0);
  box.clock.advance(kHour_ns);
  const auto rest = box.slices_since(windows[0].until);
  REQUIRE(rest.size() == 2);
  box.answer_window({RecordsBox::call(2)}, rest[0]);
  box.answer_window({RecordsBox::call(3)}, rest[1]);
  const auto second = box.backed_up();
  CHECK(second.problems.count == 0);
  CHECK(second.records.at(0).report->count_of("rows", "matched") == 3);
}

TEST_CASE("the power goes in a long extraction: what was committed on the way is not asked again") {
  QueryBox box;
  box.partial_interval_ns = 1;
  box.answer_slices();
  const auto windows = box.slices();
  box.world.ask([met = 0](const sim::Moment& now) mutable {
    const bool is_third = now.name == "start query" && ++met == 3;
    return is_third ? std::optional(ErrorCode::power_cut) : std::nullopt;
  });
  const auto cut = box.backup();
  REQUIRE_FALSE(cut);
  box.world.ask({});
  box.world.crash({sim::CrashPolicy::drop_unsynced, 1});
  const auto items = box.row_items();
  REQUIRE(items.size() == 2);
  CHECK(items.contains(QueryBox::item_of(windows[1])));

  const auto rest = box.slices_since(windows[1].until);
  REQUIRE(rest.size() == 1);
  box.answer_window({RecordsBox::call(3)}, rest[0]);
  const auto second = box.backed_up();
  CHECK(second.problems.count == 0);
  CHECK(second.records.at(0).report->count_of("rows", "matched") == 3);
  const auto third = box.slices_since(rest[0].until);
  box.answer_window({RecordsBox::call(3)}, third.at(0));
  CHECK_FALSE(box.backed_up().entry_written);
}

TEST_CASE("snapshots on the way are followed by one that has what was found out") {
  QueryBox box;
  box.partial_interval_ns = 1;
  box.answer_slices();
  const auto report = box.backed_up();
  CHECK(report.partial_snapshots >= 3);
  CHECK_FALSE(report.partial);
  const auto texts = box.newest();
  CHECK(texts.contains("records/cdr/report.csv"));
  CHECK(report.counts.items >= texts.size());
}

TEST_CASE("rows whose pack is lost are asked for again, and come back") {
  QueryBox box;
  const TemporaryFolder catalogs;
  const bool has_index = GENERATE(true, false);
  if (has_index) box.settings.catalog_directory = catalogs.path();
  const auto windows = box.slices();
  box.answer_slices();
  box.backed_up();
  const std::string path = QueryBox::item_of(windows[1]);
  const auto before = box.row_items();
  box.lose_item(path);

  // What the first slice gave is known; the row of the third was changed since.
  box.clock.advance(kHour_ns);
  const auto again =
      source::window_after(box.definition().sources.back().sql, windows[0].until, windows[1].until);
  CHECK(again.since < windows[0].until);
  const auto next = box.slices_since(windows[2].until);
  box.answer_window({RecordsBox::call(3)}, next.at(0));
  SECTION("from a source that has them as they were") {
    box.answer_window({RecordsBox::call(1), RecordsBox::call(2)}, again);
    const auto report = box.backed_up();
    CHECK(report.entry_written);
    CHECK(report.problems.count == (has_index ? 0 : 1));
    CHECK(report.records.at(0).report->count_of("rows", "matched") == 3);
    CHECK(box.row_items() == before);
  }
  SECTION("from a source in which they have changed") {
    Call longer = RecordsBox::call(2);
    longer.seconds = 20;
    box.answer_window({RecordsBox::call(1), longer}, again);
    box.backed_up();
    CHECK(box.row_items().at(path) == text_of_rows({longer}));
  }
  SECTION("after a run in which the source was away") {
    box.sql.set_faults({.refused_open = 1});
    const auto away = box.backed_up();
    CHECK(std::ranges::any_of(away.problems.kept, [&](const job::Problem& problem) {
      return problem.path == path && problem.error.code == ErrorCode::sql_unreachable;
    }));
    box.sql.set_faults({});
    box.answer_window({RecordsBox::call(1), RecordsBox::call(2)}, again);
    for (const auto& window : box.slices_since(windows[2].until)) {
      box.answer_window({RecordsBox::call(3)}, window);
    }
    box.backed_up();
    CHECK(box.row_items() == before);
  }
  // Then nothing is to be asked again.
  box.clock.advance(kHour_ns);
  box.answer_window({RecordsBox::call(3)}, box.slices_since(windows[2].until).at(0));
  const auto last = box.backed_up();
  CHECK(last.problems.count == 0);
  CHECK_FALSE(last.entry_written);
}

TEST_CASE("lost rows that the source does not have any more are told by each run") {
  QueryBox box;
  const auto windows = box.slices();
  box.answer_slices();
  box.backed_up();
  const std::string path = QueryBox::item_of(windows[1]);
  box.lose_item(path);
  const auto again =
      source::window_after(box.definition().sources.back().sql, windows[0].until, windows[1].until);
  box.answer_window({RecordsBox::call(1)}, again);
  for (int run = 0; run < 2; ++run) {
    box.clock.advance(kHour_ns);
    box.answer_window({RecordsBox::call(3)}, box.slices_since(windows[2].until).at(0));
    const auto report = box.backed_up();
    CHECK(std::ranges::any_of(report.problems.kept, [&](const job::Problem& problem) {
      return problem.path == path && problem.error.code == ErrorCode::data_lost;
    }));
  }
}

TEST_CASE("rows that share a key do not take each other's place again and again") {
  QueryBox box;
  box.slice_days = 0;
  const Call one = RecordsBox::call(1);
  Call other = one;
  other.seconds = 20;
  Timestamp newest = box.clock.now();
  box.answer({one}, std::nullopt);
  box.backed_up();
  const auto ask_again = [&](const std::vector<Call>& calls) {
    box.clock.advance(kHour_ns);
    const Timestamp now = box.clock.now();
    box.answer(calls, newest);
    const std::size_t before = box.stored_rows();
    if (box.backed_up().entry_written) newest = now;
    return box.stored_rows() - before;
  };
  // The other one comes in a later run; from then on both are known.
  CHECK(ask_again({one, other}) == 1);
  CHECK(ask_again({one, other}) == 0);
  CHECK(ask_again({other, one}) == 0);
  // A third one comes in their place, and the source goes back to the first.
  Call third = one;
  third.seconds = 30;
  CHECK(ask_again({third}) == 1);
  CHECK(ask_again({one}) == 1);
  CHECK(ask_again({one}) == 0);
}

TEST_CASE("rows that share a key in one answer are known from the second run on") {
  QueryBox box;
  box.slice_days = 0;
  const Call one = RecordsBox::call(1);
  Call other = one;
  other.seconds = 20;
  const Timestamp newest = box.clock.now();
  box.answer({one, other, one}, std::nullopt);
  CHECK(box.backed_up().records.at(0).rows_taken == 3);
  for (int run = 0; run < 2; ++run) {
    box.clock.advance(kHour_ns);
    box.answer({one, other, one}, newest);
    CHECK_FALSE(box.backed_up().entry_written);
    CHECK(box.stored_rows() == 3);
  }
}

}  // namespace holdfast::test
