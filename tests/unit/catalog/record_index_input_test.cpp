// SPDX-License-Identifier: Apache-2.0
// What binding and reconciliation are given by a record index, and what becomes of their results.
#include "firmware/catalog/record_index_input.h"

#include <functional>

#include "tests/unit/catalog/record_index_fixture.h"
#include "tests/unit/records/reconcile_fixture.h"

using namespace holdfast;
using namespace holdfast::catalog;
using records::CallClass;
using records::NumberedCall;
using records::RecordingFacts;
using records::RowFacts;

namespace {

template <class T>
std::vector<T> all_of(Result<records::StreamPointer<T>> stream) {
  REQUIRE(stream);
  std::vector<T> all;
  T next;
  while ((*stream)->next(next).value()) all.push_back(next);
  return all;
}

std::string text_of_row(const RowFacts& row) {
  std::string text = std::to_string(row.id) + " " + std::string(name_of(row.fault)) + " " +
                     row.key + " " + row.call_id + " " + row.path;
  for (const std::string& number : row.numbers) text += "/" + number;
  text += row.start_ms ? " at " + std::to_string(*row.start_ms) : "";
  text += row.duration_ms ? " for " + std::to_string(*row.duration_ms) : "";
  text += row.size ? " of " + std::to_string(*row.size) : "";
  return text + (row.expects_recording ? " expected" : "");
}

std::string text_of_call(const NumberedCall& call) {
  std::string text = call.number + " " + std::to_string(call.start_ms) + " " +
                     std::to_string(call.id) + " " + std::to_string(call.duration_ms.value_or(-1));
  for (const std::string& number : call.others) text += "/" + number;
  return text;
}

// A few values of each kind, so that many are equal.
struct Worlds {
  std::mt19937 random;

  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); }
  std::string text(const std::string& prefix, std::uint32_t of) {
    return below(4) == 0 ? "" : prefix + std::to_string(below(of));
  }
  std::vector<std::string> numbers() {
    std::vector<std::string> numbers{"13800138" + std::to_string(100 + below(6)), "2049"};
    numbers.resize(below(3));
    return numbers;
  }
  RowFacts row() {
    RowFacts row;
    if (below(20) == 0) {
      row.fault = records::RowFault::excel_exponent;
      return row;
    }
    row.key = text("key", 300);
    row.call_id = text("id", 40);
    row.numbers = numbers();
    if (below(8) != 0) row.start_ms = 1'700'000'000'000 + below(100) * 1'000;
    if (below(3) != 0) row.duration_ms = below(5) * 1'000;
    row.path = text("calls/", 40);
    row.expects_recording = below(5) != 0;
    if (below(4) == 0) row.size = below(3);
    return row;
  }
  RecordingFacts recording(std::uint32_t number) {
    RecordingFacts recording;
    recording.path = "calls/" + std::to_string(number);
    recording.size = below(3);
    recording.content = text("content", 60);
    recording.call_id = text("id", 40);
    recording.numbers = numbers();
    if (below(8) != 0) recording.start_ms = 1'700'000'000'000 + below(100) * 1'000;
    if (below(3) != 0) recording.duration_ms = below(5) * 1'000;
    recording.audio = static_cast<records::AudioState>(below(3));
    recording.first_seen_ms = 1'700'000'000'000;
    return recording;
  }
};

void fill(RecordIndex& index, const records::World& world) {
  REQUIRE(index.add_row_item({"calls", "one.csv", digest_of("1"), 1, {}}));
  std::uint64_t number = 0;
  for (const RowFacts& facts : world.rows) {
    Row row;
    row.number = ++number;
    row.facts = facts;
    REQUIRE(index.add_row(row));
  }
  for (const RecordingFacts& facts : world.recordings) {
    REQUIRE(index.note_recording(facts, Probe{facts.duration_ms, facts.audio, "wav"}));
  }
}

records::World random_world(std::uint32_t seed) {
  Worlds worlds{std::mt19937(seed)};
  records::World world;
  for (int i = 0; i < 150; ++i) world.rows.push_back(worlds.row());
  for (std::uint32_t i = 0; i < 150; ++i) world.recordings.push_back(worlds.recording(i));
  return world;
}

// Takes results to the index, as a run does.
struct IndexSink final : records::ReconcileSink {
  explicit IndexSink(RecordInput& to) : input(to) {}

  [[nodiscard]] Result<void> bound(const records::Binding& binding) override {
    REQUIRE(outcome.bound(binding));
    return input.bind(binding);
  }
  [[nodiscard]] Result<void> suggested(const records::Suggestion& suggestion) override {
    return outcome.suggested(suggestion);
  }
  [[nodiscard]] Result<void> found(const records::RecordingFinding& finding) override {
    return outcome.found(finding);
  }
  [[nodiscard]] Result<void> found(const records::RowFinding& finding) override {
    return outcome.found(finding);
  }

  RecordInput& input;
  records::Outcome outcome;
};

records::Outcome reconciled(RecordIndex& index, RecordInput& input) {
  IndexSink sink(input);
  const auto report = records::reconcile(input, {}, sink);
  if (!report) FAIL(debug_text(report.error()));
  std::vector<CallClass> rows;
  std::vector<CallClass> recordings;
  for (std::uint32_t id = 0; id < input.row_count(); ++id) rows.push_back(sink.outcome.row(id));
  for (std::uint32_t id = 0; id < input.recording_count(); ++id) {
    recordings.push_back(sink.outcome.recording(id));
  }
  set_classes(index, input, rows, recordings);
  sink.outcome.report = *report;
  return sink.outcome;
}

}  // namespace

TEST_CASE("Ids are numbered without gaps, and back") {
  DenseIds ids;
  const std::vector<std::uint32_t> all{0, 1, 63, 64, 200, 201, 1000};
  for (const std::uint32_t id : all) ids.add(id);
  CHECK(ids.count() == all.size());
  for (std::uint32_t number = 0; number < all.size(); ++number) {
    CHECK(ids.has(all[number]));
    CHECK(ids.number_of(all[number]) == number);
    CHECK(ids.id_of(number) == all[number]);
  }
  for (const std::uint32_t id : {2U, 62U, 65U, 128U, 999U, 1001U, 1'000'000U}) {
    CHECK_FALSE(ids.has(id));
  }
}

TEST_CASE("Every stream gives what is there, in its order") {
  const records::World world = random_world(1);
  records::WorldInput expected(world);
  RecordIndex index = opened_index("");
  REQUIRE(index.begin());
  fill(index, world);
  const auto input = index.reconcile_input().value();
  REQUIRE(input->row_count() == world.rows.size());
  REQUIRE(input->recording_count() == world.recordings.size());

  using Ids = std::vector<std::uint32_t>;
  const auto ids = [](const auto& all) {
    Ids out;
    for (const auto& facts : all) out.push_back(facts.id);
    return out;
  };
  // Without those that have no such text, as both may leave them out.
  const auto of_rows = [&](auto stream, std::string RowFacts::* text) {
    auto rows = all_of(std::move(stream));
    std::erase_if(rows, [&](const RowFacts& row) { return (row.*text).empty(); });
    return ids(rows);
  };
  const auto of_recordings = [&](auto stream, std::string RecordingFacts::* text) {
    auto recordings = all_of(std::move(stream));
    std::erase_if(recordings, [&](const RecordingFacts& facts) { return (facts.*text).empty(); });
    return ids(recordings);
  };
  CHECK(of_rows(input->rows_by_key(), &RowFacts::key) ==
        of_rows(expected.rows_by_key(), &RowFacts::key));
  CHECK(of_rows(input->rows_by_call_id(), &RowFacts::call_id) ==
        of_rows(expected.rows_by_call_id(), &RowFacts::call_id));
  CHECK(of_rows(input->rows_by_path(), &RowFacts::path) ==
        of_rows(expected.rows_by_path(), &RowFacts::path));
  CHECK(of_recordings(input->recordings_by_content(), &RecordingFacts::content) ==
        of_recordings(expected.recordings_by_content(), &RecordingFacts::content));
  CHECK(of_recordings(input->recordings_by_call_id(), &RecordingFacts::call_id) ==
        of_recordings(expected.recordings_by_call_id(), &RecordingFacts::call_id));
  CHECK(of_recordings(input->recordings_by_path(), &RecordingFacts::path) ==
        of_recordings(expected.recordings_by_path(), &RecordingFacts::path));
  for (const RowFacts& row : all_of(input->rows())) {
    RowFacts wanted = world.rows[row.id];
    wanted.id = row.id;
    wanted.key = wanted.path = "";
    wanted.numbers.clear();
    CHECK(text_of_row(row) == text_of_row(wanted));
  }
  for (const RecordingFacts& recording : all_of(input->recordings())) {
    const RecordingFacts& wanted = world.recordings[recording.id];
    CHECK(recording.path == wanted.path);
    CHECK(recording.size == wanted.size);
    CHECK(recording.call_id == wanted.call_id);
    CHECK(recording.start_ms == wanted.start_ms);
    CHECK(recording.duration_ms == wanted.duration_ms);
    CHECK(recording.audio == wanted.audio);
    CHECK(recording.first_seen_ms == wanted.first_seen_ms);
  }
}

TEST_CASE("Calls come by number, sorted in memory or by SQLite, and only those that are wanted") {
  const records::World world = random_world(1);
  records::WorldInput expected(world);
  RecordIndex index = opened_index("");
  REQUIRE(index.begin());
  fill(index, world);
  const auto calls = [](auto stream) {
    std::vector<std::string> texts;
    for (const NumberedCall& call : all_of(std::move(stream))) texts.push_back(text_of_call(call));
    return texts;
  };
  const records::ReconcileInput::Wanted rows(world.rows.size(), true);
  const records::ReconcileInput::Wanted recordings(world.recordings.size(), true);
  for (const std::size_t sorted_at_once : {0U, 50'000U}) {
    const auto again = index.reconcile_input({"", "", sorted_at_once}).value();
    CHECK(calls(again->rows_by_number(rows)) == calls(expected.rows_by_number(rows)));
    CHECK(calls(again->recordings_by_number(recordings)) ==
          calls(expected.recordings_by_number(recordings)));
  }
  records::ReconcileInput::Wanted few(world.rows.size());
  few[3] = few[70] = true;
  const auto input = index.reconcile_input().value();
  CHECK(calls(input->rows_by_number(few)) == calls(expected.rows_by_number(few)));
}

TEST_CASE("A reconciliation from the index is that of the same rows and recordings") {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    const records::World world = random_world(seed);
    const records::Outcome expected = records::reconciled(world);
    RecordIndex index = opened_index("");
    REQUIRE(index.begin());
    fill(index, world);
    {
      const auto input = index.reconcile_input({"", "", seed % 2 == 0 ? 0U : 50'000U}).value();
      const records::Outcome outcome = reconciled(index, *input);
      CHECK(outcome.bindings == expected.bindings);
      CHECK(outcome.suggestions == expected.suggestions);
      CHECK(outcome.report.row_classes == expected.report.row_classes);
      CHECK(outcome.report.recording_classes == expected.report.recording_classes);
      CHECK(outcome.report.balances());
    }
    REQUIRE(index.commit(kHead));
    CHECK(index.row_classes().value() == expected.report.row_classes);
    CHECK(index.recording_classes().value() == expected.report.recording_classes);

    // The next run is handed the same bindings, and binds nothing more.
    REQUIRE(index.begin());
    const auto input = index.reconcile_input().value();
    std::map<records::Pair, records::Rung> bindings;
    for (const records::Binding& binding : all_of(input->bindings())) {
      bindings[{binding.row, binding.recording}] = binding.rung;
    }
    CHECK(bindings == expected.bindings);
  }
}

TEST_CASE("A row is found with its recordings and its class") {
  RecordIndex index = opened_index("");
  REQUIRE(index.begin());
  records::World world;
  for (const std::string id : {"a", "b"}) world.row().call_id = id;
  for (const std::string path : {"2.wav", "1.wav"}) {
    world.recording().path = path;
    world.recordings.back().call_id = "b";
    world.recordings.back().content = "bytes of " + path;
  }
  fill(index, world);
  REQUIRE(index.mark_gone("1.wav", true));
  {
    const auto input = index.reconcile_input().value();
    (void)reconciled(index, *input);
    CHECK(input->row(1).value().recordings.size() == 2);
    CHECK(input->recording(0).value().path == "2.wav");
    CHECK(input->recording(1).value().path == "1.wav");
  }
  REQUIRE(index.commit(kHead));
  RecordQuery query;
  query.row_class = CallClass::missing_recording;
  const std::vector<FoundRow> missing = find(index, query);
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].row.facts.call_id == "a");
  query.row_class = CallClass::matched;
  const std::vector<FoundRow> matched = find(index, query);
  REQUIRE(matched.size() == 1);
  CHECK(matched[0].row_class == CallClass::matched);
  REQUIRE(matched[0].recordings.size() == 2);
  CHECK(matched[0].recordings[0].path == "1.wav");
  CHECK(matched[0].recordings[0].gone);
  CHECK(matched[0].recordings[0].rung == records::Rung::call_id);
  CHECK(matched[0].recordings[0].content == "bytes of 1.wav");
  CHECK_FALSE(matched[0].recordings[1].gone);
}

TEST_CASE("Former rows are not reconciled, and rows are told by their numbers") {
  RecordIndex index = opened_index("");
  add_item(index, item_named("1"), {call("a", "1", 1), call("b", "2", 2), call("c", "3", 3)});
  Row later = call("b", "4", 4);
  later.number = 9;
  add_item(index, item_named("2"), {later});
  add_item(index, item_named("3", "other source"), {call("c", "5", 5)});
  REQUIRE(index.begin());
  const auto input = index.reconcile_input().value();
  REQUIRE(input->row_count() == 4);
  std::vector<std::pair<std::string, std::uint64_t>> rows;  // none of them a former one
  for (std::uint32_t number = 0; number < 4; ++number) {
    const FoundRow row = input->row(number).value();
    rows.emplace_back(row.item.path, row.row.number);
  }
  CHECK(rows ==
        std::vector<std::pair<std::string, std::uint64_t>>{{"1", 1}, {"1", 3}, {"2", 9}, {"3", 1}});
  // The key of another source is another key.
  const auto by_key = all_of(input->rows_by_key());
  REQUIRE(by_key.size() == 4);
  CHECK(std::ranges::adjacent_find(by_key, {}, &RowFacts::key) == by_key.end());
}
