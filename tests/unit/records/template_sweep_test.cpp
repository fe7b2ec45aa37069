// SPDX-License-Identifier: Apache-2.0
// A template with a star binds the recording that it fits alone, and nothing by chance.
#include "firmware/records/template_sweep.h"

#include <catch2/catch.hpp>

#include "tests/unit/records/reconcile_fixture.h"

namespace holdfast::records {

namespace {

const std::string kAny(1, kStar);
constexpr std::int64_t kNoon = 1'772'000'000'000;
constexpr std::int64_t kDay = 86'400'000;

std::string phone(std::uint32_t number) {
  return "138" + std::to_string(10'000'000 + number);
}

using Bindings = std::map<Pair, Rung>;
using Suggestions = std::multimap<Pair, Hint>;

World world_of(const std::vector<std::string>& rows, const std::vector<std::string>& recordings) {
  World world;
  for (const std::string& path : rows) world.row().path = path;
  for (const std::string& path : recordings) world.recording().path = path;
  return world;
}

void check_ambiguous(const Outcome& outcome, RowId row) {
  INFO("row " << row);
  CHECK(outcome.row(row) == CallClass::missing_recording);
  CHECK(outcome.row_findings.at(row).contradiction == Contradiction::ambiguous);
}

}  // namespace

TEST_CASE("a template with a star finds its recording, and that of no other folder") {
  const Outcome outcome =
      reconciled(world_of({"rec/01/31/" + kAny + "_13800138000.wav", "rec/01/31/2049_" + kAny},
                          {"rec/01/3/2041_13800138000.wav", "rec/01/31/2041_13800138000.wav",
                           "rec/01/31/2049_13900139000.wav", "rec/01/31/x/2041_13800138000.wav"}));
  CHECK(outcome.bindings == Bindings{{{0, 1}, Rung::path}, {{1, 2}, Rung::path}});
  CHECK(outcome.recording(0) == CallClass::orphan_recording);
  CHECK(outcome.recording(3) == CallClass::orphan_recording);
}

TEST_CASE("a template that two recordings fit binds neither: both are named") {
  const Outcome outcome = reconciled(world_of(
      {"rec/01/" + kAny + "-7.wav"}, {"rec/01/a-7.wav", "rec/01/b-7.wav", "rec/01/b-8.wav"}));
  CHECK(outcome.bindings.empty());
  check_ambiguous(outcome, 0);
  CHECK(outcome.suggestions == Suggestions{{{0, 0}, Hint::several}, {{0, 1}, Hint::several}});
}

TEST_CASE("a recording that the templates of two rows fit is neither one's") {
  const Outcome outcome = reconciled(world_of(
      {"rec/" + kAny + "-7.wav", "rec/a" + kAny, "rec/b" + kAny}, {"rec/a-7.wav", "rec/b-8.wav"}));
  CHECK(outcome.bindings == Bindings{{{2, 1}, Rung::path}});
  check_ambiguous(outcome, 0);
  check_ambiguous(outcome, 1);
}

TEST_CASE("of two recordings that a template fits other facts leave one, or numbers and time do") {
  World world = world_of({"rec/" + kAny + "-7.wav"}, {"rec/a-7.wav", "rec/b-7.wav"});
  world.rows[0].start_ms = kNoon;
  world.recordings[0].start_ms = kNoon - 2 * kDay;
  CHECK(reconciled(world).bindings == Bindings{{{0, 1}, Rung::path}});
  world.recordings[0].start_ms = kNoon - 60'000;
  world.recordings[1].start_ms = kNoon + 1'000;
  CHECK(reconciled(world).bindings.empty());
  world.rows[0].numbers = {"13800138000"};
  for (RecordingFacts& recording : world.recordings) recording.numbers = {"13800138000"};
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 1}, Rung::numbers}});
  CHECK(outcome.row(0) == CallClass::matched);
}

TEST_CASE("what is bound by something stronger is taken by no template") {
  World world = world_of({"rec/a-7.wav", "rec/" + kAny + "-7.wav"}, {"rec/a-7.wav"});
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::path}});
  check_ambiguous(outcome, 1);
}

TEST_CASE("a recording that comes later does not take a row away from the one it has") {
  World world = world_of({"rec/" + kAny + "-7.wav"}, {"rec/a-7.wav", "rec/b-7.wav"});
  world.bindings = {{0, 0, Rung::path}};
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.row(0) == CallClass::matched);
  CHECK(outcome.recording(1) == CallClass::orphan_recording);
}

TEST_CASE("each of a day's thousands finds its own, by a word in the middle of its name") {
  constexpr std::uint32_t kCalls = 20'000;
  const auto path_of = [](const std::string& agent, std::uint32_t call, const std::string& end) {
    return "rec/01/31/" + agent + "_" + phone(call) + "_" + end + ".wav";
  };
  World world;
  for (std::uint32_t call = 0; call < kCalls; ++call) {
    world.row().path = path_of(kAny, call, kAny);
    world.recording().path =
        path_of(std::to_string(2'000 + call % 300), call, std::to_string(call));
  }
  // Two of one customer.
  world.recordings[7].path = "rec/01/31/2001_" + phone(8) + "_7.wav";
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.size() == kCalls - 2);
  for (const auto& [pair, rung] : outcome.bindings) REQUIRE(pair.first == pair.second);
  CHECK(outcome.row(7) == CallClass::missing_recording);
  check_ambiguous(outcome, 8);
}

TEST_CASE("a recording that fits and began at another time is suggested, and not bound") {
  for (const std::int64_t off_ms : {0, 4'000, 80'000'000}) {
    CAPTURE(off_ms);
    World world;
    world.row().path = "rec/" + kAny + "_88.wav";
    world.rows.back().start_ms = 1'767'225'600'000;
    world.recording().path = "rec/1_88.wav";
    world.recordings.back().start_ms = 1'767'225'600'000 + off_ms;
    const Outcome outcome = reconciled(world);
    CHECK(outcome.bindings.size() == (off_ms > 5'000 ? 0 : 1));
    if (off_ms > 5'000) check_ambiguous(outcome, 0);
  }
}

TEST_CASE("a row whose recording was pruned is bound to no other one that fits") {
  World world;
  world.row().path = "rec/" + kAny + "_88.wav";
  world.rows.back().had_recording = true;
  world.recording().path = "rec/1_88.wav";
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.row(0) == CallClass::recording_pruned);
  CHECK(outcome.recording(0) == CallClass::orphan_recording);
}

TEST_CASE("a row that repeats a key keeps what fits it from other calls, and none from its first") {
  World world = world_of({"rec/" + kAny + "-7.wav", "rec/b" + kAny, "rec/" + kAny + "-8.wav"},
                         {"rec/a-7.wav", "rec/b-8.wav"});
  world.rows[0].key = world.rows[2].key = "cdr1";
  Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::path}});
  check_ambiguous(outcome, 1);
  CHECK(outcome.row(2) == CallClass::duplicate_key);
  CHECK(outcome.row_findings.at(2).contradiction == Contradiction::none);
  world.rows[2].path = world.rows[0].path;
  outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::path}, {{1, 1}, Rung::path}});
}

TEST_CASE("a row that its call id speaks against is bound by no template, and keeps what fits it") {
  World world = world_of({"rec/" + kAny + "-7.wav", "rec/a" + kAny}, {"rec/a-7.wav", "rec/x.wav"});
  world.rows[0].call_id = world.recordings[1].call_id = "call7";
  world.rows[0].numbers = {"13800138000"};
  world.recordings[1].numbers = {"13900139000"};
  Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.row(0) == CallClass::contradiction);
  CHECK(outcome.row_findings.at(0).contradiction == Contradiction::numbers);
  check_ambiguous(outcome, 1);
  world.rows.pop_back();
  outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.row(0) == CallClass::contradiction);
}

TEST_CASE("of copies a template binds the first, and none beside one that is bound") {
  World world = world_of({"rec/" + kAny + "-7.wav", "rec/c-9.wav", "rec/" + kAny + "-8.wav"},
                         {"rec/a-7.wav", "rec/b-7.wav", "rec/c-9.wav", "rec/d-8.wav"});
  world.recordings[0].content = world.recordings[1].content = "bytes";
  world.recordings[2].content = world.recordings[3].content = "other bytes";
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == Bindings{{{0, 0}, Rung::path}, {{1, 2}, Rung::path}});
  CHECK(outcome.recording(1) == CallClass::duplicate_content);
  CHECK(outcome.recording(3) == CallClass::duplicate_content);
  check_ambiguous(outcome, 2);
}

TEST_CASE("rows with more recordings than one can have leave none of them to another row") {
  World world;
  for (int call = 0; call < 70; ++call) {
    world.row().path = "rec/" + kAny + "_88.wav";
    world.recording().path = "rec/" + std::to_string(1000 + call) + "_88.wav";
  }
  world.row().path = "rec/" + kAny + "1069_88.wav";  // fits the last of them alone
  CHECK(reconciled(world).bindings.empty());
}

TEST_CASE("what too many recordings may fit is ambiguous, and nothing there is another row's") {
  World world;
  for (std::uint32_t call = 0; call < 2 * NameIndex::kLookedMax; ++call) {
    world.recording().path = "rec/x" + phone(call) + ".wav";
  }
  world.row().path = "rec/" + kAny + "0003.wa" + kAny + "v";  // all end so
  world.row().path = "rec/x" + phone(4) + kAny;
  world.row().path = "rec/y" + kAny;
  CHECK(reconciled(world).bindings == Bindings{{{0, 3}, Rung::path}, {{1, 4}, Rung::path}});
  world.rows[0].path = "rec/" + kAny + "13" + kAny + "0003" + kAny;  // no part of it is rare
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  check_ambiguous(outcome, 0);
  check_ambiguous(outcome, 1);
  CHECK(outcome.row_findings.at(2).contradiction == Contradiction::none);
}

TEST_CASE("more than a window holds is ambiguous, and what had no room in it is no other row's") {
  // By their count, or by how long their names are.
  const bool is_long = GENERATE(false, true);
  CAPTURE(is_long);
  const std::string filler(is_long ? 4'000 : 0, 'x');
  const std::size_t fits =
      is_long ? TemplateSweep::kWindowBytesMax / filler.size() : TemplateSweep::kWindowMax;
  const auto count = static_cast<std::uint32_t>(fits) + 10;
  const auto world_with = [&](std::uint32_t recordings) {
    World world;
    for (std::uint32_t call = 0; call < recordings; ++call) {
      world.recording().path = "rec/" + filler + phone(call) + ".wav";
    }
    world.row().path = "rec/" + kAny + phone(7) + ".wav";
    world.row().path = "rec/" + filler + phone(count - 1) + kAny;
    world.row().path = "rec/" + filler + "z" + kAny;
    return world;
  };
  const Outcome outcome = reconciled(world_with(count));
  CHECK(outcome.bindings.empty());
  check_ambiguous(outcome, 0);
  check_ambiguous(outcome, 1);
  CHECK(outcome.row_findings.at(2).contradiction == Contradiction::none);
  CHECK(reconciled(world_with(count / 64)).bindings == Bindings{{{0, 7}, Rung::path}});
}

}  // namespace holdfast::records
