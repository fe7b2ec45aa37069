// SPDX-License-Identifier: Apache-2.0
// Each rung binds what its evidence says, and nothing that other facts contradict.
#include "firmware/records/binding_ladder.h"

#include <catch2/catch.hpp>

#include "firmware/records/kept_suggestions.h"
#include "tests/unit/records/reconcile_fixture.h"

namespace holdfast::records {

namespace {

constexpr std::int64_t kNoon = 1'772'000'000'000;
constexpr std::int64_t kHour = 3'600'000;

RowFacts& add_row(World& world, const std::string& number, std::int64_t start_ms,
                  std::optional<std::int64_t> duration_ms = std::nullopt) {
  RowFacts& row = world.row();
  row.numbers = {number};
  row.start_ms = start_ms;
  row.duration_ms = duration_ms;
  return row;
}

RecordingFacts& add_recording(World& world, const std::string& number, std::int64_t start_ms,
                              std::optional<std::int64_t> duration_ms = std::nullopt) {
  RecordingFacts& recording = world.recording();
  recording.path = "recordings/" + std::to_string(world.recordings.size());
  recording.numbers = {number};
  recording.start_ms = start_ms;
  recording.duration_ms = duration_ms;
  return recording;
}

using Bindings = std::map<Pair, Rung>;
using Suggestions = std::multimap<Pair, Hint>;

}  // namespace

TEST_CASE("Two legs of a call id are bound to its row, and two rows to one recording") {
  World world;
  for (int n = 0; n < 3; ++n) {
    world.row().call_id = n < 2 ? "conference" : "plain";
    world.recording().call_id = n < 2 ? "conference" : "other";
  }
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::call_id},
                                     {{0, 1}, Rung::call_id},
                                     {{1, 0}, Rung::call_id},
                                     {{1, 1}, Rung::call_id}});
  CHECK(outcome.row(2) == CallClass::missing_recording);
  CHECK(outcome.recording(2) == CallClass::orphan_recording);
}

TEST_CASE("Two calls of one second give one path: both rows are bound to it, durations tell") {
  World world;
  add_row(world, "13800138000", kNoon, 60'000).path = "recordings/1";
  add_row(world, "13800138000", kNoon, 5'000).path = "recordings/1";
  add_recording(world, "13800138000", kNoon, 60'000);
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::path}, {{1, 0}, Rung::path}});
  CHECK(outcome.row(0) == CallClass::matched);
  CHECK(outcome.row(1) == CallClass::duration_mismatch);
  CHECK(outcome.recording(0) == CallClass::matched);
}

TEST_CASE("A pair that call id and path agree on is bound once, by the call id") {
  World world;
  RowFacts& row = world.row();
  row.call_id = "7";
  row.path = "a.wav";
  RecordingFacts& recording = world.recording();
  recording.call_id = "7";
  recording.path = "a.wav";
  CHECK(reconciled(world).bindings == Bindings{{{0, 0}, Rung::call_id}});
}

TEST_CASE("A row that names another call's recording is bound by its call id, and says so") {
  World world;
  RowFacts& row = world.row();
  row.call_id = "7";
  row.path = "b.wav";
  world.row().call_id = "8";
  for (const auto& [id, path] : {std::pair("7", "a.wav"), std::pair("8", "b.wav")}) {
    RecordingFacts& recording = world.recording();
    recording.call_id = id;
    recording.path = path;
  }
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::call_id}, {{1, 1}, Rung::call_id}});
  CHECK(outcome.suggestions == Suggestions{{{0, 1}, Hint::contradiction}});
  CHECK(outcome.row(0) == CallClass::contradiction);
  CHECK(outcome.row_findings.at(0).contradiction == Contradiction::call_ids);
  CHECK(outcome.row(1) == CallClass::matched);
  CHECK(outcome.recording(1) == CallClass::matched);
}

TEST_CASE("Equal call ids with other numbers bind nothing, and neither do numbers then") {
  World world;
  add_row(world, "13800138000", kNoon).call_id = "7";
  add_recording(world, "13900139000", kNoon).call_id = "7";
  add_recording(world, "13800138000", kNoon);
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.row(0) == CallClass::contradiction);
  CHECK(outcome.row_findings.at(0).contradiction == Contradiction::numbers);
  CHECK(outcome.recording(0) == CallClass::contradiction);
  CHECK(outcome.recording(1) == CallClass::orphan_recording);
  CHECK(outcome.suggestions == Suggestions{{{0, 0}, Hint::contradiction}, {{0, 1}, Hint::several}});
}

TEST_CASE("A call id that a recorder used again binds the call of the day") {
  World world;
  const std::int64_t year = 365 * 24 * kHour;
  add_row(world, "13800138000", kNoon).call_id = "17";
  add_recording(world, "13800138000", kNoon).call_id = "17";
  add_recording(world, "13800138000", kNoon - year).call_id = "17";
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::call_id}});
  CHECK(outcome.row(0) == CallClass::matched);
  CHECK(outcome.recording(1) == CallClass::contradiction);
  CHECK(outcome.recording_findings.at(1).contradiction == Contradiction::starts);
}

TEST_CASE("Starts contradict a call id beyond a day, not at a day") {
  for (const std::int64_t off : {0, 1}) {
    World world;
    add_row(world, "13800138000", kNoon).call_id = "17";
    add_recording(world, "13800138000", kNoon + 24 * kHour + off).call_id = "17";
    CHECK(reconciled(world).bindings.size() == (off == 0 ? 1U : 0U));
  }
}

TEST_CASE("A call id of too many rows says nothing, and the path binds") {
  World world;
  for (int n = 0; n < 65; ++n) {
    RowFacts& row = world.row();
    row.call_id = "0";
    row.path = "recordings/" + std::to_string(n);
    RecordingFacts& recording = world.recording();
    recording.call_id = n == 0 ? "0" : "";
    recording.path = row.path;
  }
  Outcome outcome = reconciled(world);
  CHECK(outcome.report.shared_call_ids == 1);
  CHECK(outcome.bindings.size() == 65);
  CHECK(outcome.bindings.at({0, 0}) == Rung::path);
  CHECK(outcome.report.row_classes.of(CallClass::matched) == 65);

  world.rows.pop_back();  // 64 are legs
  outcome = reconciled(world);
  CHECK(outcome.report.shared_call_ids == 0);
  CHECK(outcome.bindings.at({0, 0}) == Rung::call_id);
  CHECK(outcome.bindings.at({63, 0}) == Rung::call_id);
}

TEST_CASE("Numbers bind at the tolerance of start and duration, and not beyond") {
  const std::int64_t start = GENERATE(-5001, -5000, 0, 5000, 5001);
  const std::int64_t duration = GENERATE(-3001, -3000, 0, 3000, 3001);
  World world;
  add_row(world, "13800138000", kNoon, 60'000);
  add_recording(world, "13800138000", kNoon + start, 60'000 + duration);
  const bool start_agrees = start >= -5000 && start <= 5000;
  const bool duration_agrees = duration >= -3000 && duration <= 3000;
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.size() == (start_agrees && duration_agrees ? 1U : 0U));
  if (start_agrees != duration_agrees) {
    CHECK(outcome.suggestions.begin()->second == (start_agrees ? Hint::duration : Hint::start));
  }
  CHECK(outcome.suggestions.size() == (start_agrees != duration_agrees ? 1U : 0U));
}

TEST_CASE("Starts at the ends of time are neither equal nor an overflow") {
  World world;
  add_row(world, "1", INT64_MIN);
  add_row(world, "1", INT64_MAX);
  add_recording(world, "1", INT64_MAX);
  add_recording(world, "1", INT64_MIN + 1);
  CHECK(reconciled(world).bindings == Bindings{{{0, 1}, Rung::numbers}, {{1, 0}, Rung::numbers}});
}

TEST_CASE("What is not unique both ways is suggested and not bound") {
  World world;
  add_row(world, "13800138000", kNoon);
  add_recording(world, "13800138000", kNoon + 4000);
  add_row(world, "13800138000", kNoon + 8000);  // the recording has two rows, each row has one
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.suggestions == Suggestions{{{0, 0}, Hint::several}, {{1, 0}, Hint::several}});
}

TEST_CASE("Two common numbers make no second candidate") {
  World world;
  add_row(world, "2049", kNoon).numbers = {"2049", "13800138000"};
  add_recording(world, "2049", kNoon).numbers = {"13800138000", "2049"};
  CHECK(reconciled(world).bindings == Bindings{{{0, 0}, Rung::numbers}});
}

TEST_CASE("The agent's next call is not this one: the customer's number differs") {
  World world;
  add_row(world, "2049", kNoon).numbers = {"2049", "13800138000"};
  add_recording(world, "2049", kNoon + 3000).numbers = {"2049", "13900139000"};
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.suggestions == Suggestions{{{0, 0}, Hint::other_number}});
}

TEST_CASE("A row without a start is bound by no number") {
  World world;
  add_row(world, "13800138000", kNoon).start_ms.reset();
  add_recording(world, "13800138000", kNoon);
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.suggestions.empty());
}

TEST_CASE("Call ids that are only written differently are suggested, and bind nothing") {
  for (const auto& [of_row, of_recording, is_alike] :
       std::vector<std::tuple<const char*, const char*, bool>>{{"4711", "0004711", true},
                                                               {"AB-17.3", "ab_17-3", true},
                                                               {"{0F3A-22}", "0f3a-22", true},
                                                               {"1.23", "12.3", false},
                                                               {"4711", "47110", false},
                                                               {"000", "0", false},
                                                               {"\xe5\xbc\xa0"
                                                                "1",
                                                                "\xe5\xbc\xa0"
                                                                "1.",
                                                                true}}) {
    INFO(of_row << " and " << of_recording);
    World world;
    world.row().call_id = of_row;
    world.recording().call_id = of_recording;
    const Outcome outcome = reconciled(world);
    CHECK(outcome.bindings.empty());
    CHECK(outcome.suggestions.size() == (is_alike ? 1U : 0U));
    for (const auto& [pair, hint] : outcome.suggestions) CHECK(hint == Hint::call_id_alike);
  }
}

TEST_CASE("Call ids that are alike are not suggested across days, nor where many have them") {
  World world;
  world.row().call_id = "A1";
  world.rows[0].start_ms = kNoon;
  world.recording().call_id = "a1";
  world.recordings[0].start_ms = kNoon + 25 * kHour;
  CHECK(reconciled(world).suggestions.empty());
  world.recordings[0].start_ms = kNoon + kHour;
  CHECK(reconciled(world).suggestions.size() == 1);
  for (int n = 0; n < 64; ++n) world.recording().call_id = "a1";
  CHECK(reconciled(world).suggestions.empty());
}

TEST_CASE("What agrees in start and duration alone is suggested where it is alone with that") {
  World world;
  add_row(world, "13800138000", kNoon, 62'000);
  add_recording(world, "2049", kNoon + 4'000, 60'000);
  add_recording(world, "2050", kNoon + 2'000, 30'000);
  CHECK(reconciled(world).bindings.empty());
  CHECK(reconciled(world).suggestions == Suggestions{{{0, 0}, Hint::time}});
  // No longer alone: by another recording, or by another row.
  World other = world;
  add_recording(other, "2051", kNoon - 5'000, 62'000);
  CHECK(reconciled(other).suggestions.empty());
  add_row(world, "13900139000", kNoon + 1'000, 61'000);
  CHECK(reconciled(world).suggestions.empty());
}

TEST_CASE("Nothing is suggested for a call of which no recording is expected") {
  for (const bool expects : {true, false}) {
    for (const std::uint64_t minimum_ms : {std::uint64_t{0}, std::uint64_t{31'000}}) {
      World world;
      add_row(world, "13800138000", kNoon, 30'000).expects_recording = expects;
      add_recording(world, "13800138000", kNoon + kHour, 30'000);
      ReconcileRules rules;
      rules.binding.minimum_ms = minimum_ms;
      CHECK(reconciled(world, rules).suggestions.size() == (expects && minimum_ms == 0 ? 1U : 0U));
    }
  }
}

TEST_CASE("Of too many suggestions those of the latest rows are kept, each pair once") {
  KeptSuggestions kept(3);
  for (const auto& start : {std::optional(kNoon), std::optional(kNoon + kHour),
                            std::optional<std::int64_t>(), std::optional(kNoon - kHour)}) {
    for (const Hint hint : {Hint::start, Hint::several}) kept.add({7, 1, hint, start});
  }
  std::vector<std::optional<std::int64_t>> starts;
  for (const Suggestion& each : kept.kept()) {
    CHECK(each.hint == Hint::start);
    starts.push_back(each.start_ms);
  }
  CHECK(starts == std::vector<std::optional<std::int64_t>>{kNoon + kHour, kNoon, kNoon - kHour});
  CHECK(kept.left_out() > 0);
}

TEST_CASE("A clock that was moved by an hour binds nothing and suggests the right ones") {
  World world;
  for (int n = 0; n < 20; ++n) {
    const std::string number = "1380013800" + std::to_string(n);
    add_row(world, number, kNoon + n * 60'000, 30'000);
    add_recording(world, number, kNoon + n * 60'000 + kHour, 30'000);
  }
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  REQUIRE(outcome.suggestions.size() == 20);
  for (RowId row = 0; row < 20; ++row) {
    CHECK(outcome.suggestions.find({row, row})->second == Hint::start);
  }
}

TEST_CASE("A doubled row leaves its first one unique, and is told") {
  World world;
  for (int n = 0; n < 2; ++n) add_row(world, "13800138000", kNoon).key = "cdr 1";
  add_recording(world, "13800138000", kNoon);
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::numbers}});
  CHECK(outcome.row(0) == CallClass::matched);
  CHECK(outcome.row(1) == CallClass::duplicate_key);
}

TEST_CASE("Copies of one recording are one candidate, and the copy is told") {
  World world;
  add_row(world, "13800138000", kNoon);
  for (int n = 0; n < 2; ++n) add_recording(world, "13800138000", kNoon + n).content = "digest";
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::numbers}});
  CHECK(outcome.recording(0) == CallClass::matched);
  CHECK(outcome.recording(1) == CallClass::duplicate_content);
}

TEST_CASE("A rejected row is bound to nothing, and stands in nobody's way") {
  World world;
  add_row(world, "13800138000", kNoon).call_id = "7";
  world.rows[0].fault = RowFault::excel_exponent;
  add_row(world, "13800138000", kNoon);
  add_recording(world, "13800138000", kNoon).call_id = "7";
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{1, 0}, Rung::numbers}});
  CHECK(outcome.row(0) == CallClass::row_rejected);
  CHECK(outcome.row_findings.at(0).fault == RowFault::excel_exponent);
}

TEST_CASE("One number with thousands of calls binds each to its own") {
  World world;
  constexpr std::uint32_t kCalls = 5000;
  for (std::uint32_t n = 0; n < kCalls; ++n) {
    add_row(world, "4008001234", kNoon + n * 11'000);
    add_recording(world, "4008001234", kNoon + n * 11'000 + 4000);
  }
  const Outcome outcome = reconciled(world);
  CHECK(outcome.report.bound.at(2) == kCalls);
  CHECK(outcome.report.row_classes.of(CallClass::matched) == kCalls);
  CHECK(std::ranges::all_of(outcome.bindings, [](const auto& binding) {
    return binding.first.first == binding.first.second;
  }));
}

TEST_CASE(
    "Equal starts beyond the window bind nothing, though one pair would be unique by itself") {
  World world;
  add_row(world, "4008001234", kNoon, 1'000);
  for (int n = 0; n < 20; ++n) add_recording(world, "4008001234", kNoon, n == 0 ? 1'000 : 90'000);
  ReconcileRules rules;
  CHECK(reconciled(world, rules).bindings == Bindings{{{0, 0}, Rung::numbers}});
  rules.binding.window_max = 20;
  CHECK(reconciled(world, rules).bindings.size() == 1);
  rules.binding.window_max = 19;
  CHECK(reconciled(world, rules).bindings.empty());
}

TEST_CASE("A recording that its window dropped is a candidate still, at the tolerance too") {
  World world;
  add_row(world, "4008001234", kNoon);
  add_recording(world, "4008001234", kNoon - 5'000);
  add_recording(world, "4008001234", kNoon);
  ReconcileRules rules;
  rules.binding.window_max = 1;
  CHECK(reconciled(world, rules).bindings.empty());
}

TEST_CASE("A recording that its window dropped may belong to the row that dropped it") {
  World world;
  add_row(world, "4008001234", kNoon - 4'000);
  add_row(world, "4008001234", kNoon + 1'000);
  add_recording(world, "4008001234", kNoon);  // of either row
  add_recording(world, "4008001234", kNoon + 5'500);
  REQUIRE(reconciled(world).bindings.empty());
  ReconcileRules rules;
  rules.binding.window_max = 1;
  CHECK(reconciled(world, rules).bindings.empty());
}

TEST_CASE("A narrow window only ever binds less") {
  World world;
  for (std::uint32_t n = 0; n < 300; ++n) {
    const std::int64_t start = kNoon + (n * 7919) % 400'000;
    add_row(world, "4008001234", start, 3'500 * (n % 9));
    add_recording(world, "4008001234", start + n % 5 * 1000, 3'500 * (n % 9));
  }
  const Outcome exact = reconciled(world);
  REQUIRE(exact.bindings.size() > 20);
  for (std::uint32_t window_max = 1; window_max < 24; window_max += 2) {
    ReconcileRules rules;
    rules.binding.window_max = window_max;
    for (const auto& [pair, rung] : reconciled(world, rules).bindings) {
      INFO("window " << window_max << ", row " << pair.first << ", recording " << pair.second);
      CHECK(exact.bindings.contains(pair));
    }
  }
}

TEST_CASE("A row gets no more suggestions than it may, the nearest first") {
  World world;
  add_row(world, "13800138000", kNoon);
  for (int n = 1; n <= 400; ++n) {
    add_recording(world, "13800138000", kNoon + (n % 2 == 0 ? n : -n) * 6'000);
  }
  const Outcome outcome = reconciled(world);
  CHECK(outcome.suggestions == Suggestions{{{0, 0}, Hint::start},
                                           {{0, 1}, Hint::start},
                                           {{0, 2}, Hint::start},
                                           {{0, 3}, Hint::start},
                                           {{0, 4}, Hint::start}});
}

}  // namespace holdfast::records
