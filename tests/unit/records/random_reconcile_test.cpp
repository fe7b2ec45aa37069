// SPDX-License-Identifier: Apache-2.0
// Worlds from seeds: what the sweeps and merges find is what the definition says, pair by pair.
#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/records/naive_reconcile.h"

namespace holdfast::records {

namespace {

// Few values of everything, so that all of it meets: equal starts, shared numbers, legs, doubles.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }
  bool percent(std::uint32_t share) { return below(100) < share; }
  std::string one_of(const std::string& prefix, std::uint32_t count, std::uint32_t share) {
    return percent(share) ? prefix + std::to_string(below(count)) : "";
  }
  std::vector<std::string> numbers() {
    std::set<std::string> numbers;
    for (std::uint32_t count = below(4); count > 0; --count) {
      numbers.insert("138" + std::to_string(below(5)));
    }
    std::vector<std::string> shuffled(numbers.begin(), numbers.end());
    std::ranges::shuffle(shuffled, random_);
    return shuffled;
  }
  // On the borders of the tolerance, far off by an hour, or by more than a day.
  std::optional<std::int64_t> start_ms() {
    if (percent(10)) return std::nullopt;
    std::int64_t start = 1'700'000'000'000 + 2'500 * std::int64_t{below(12)};
    if (percent(10)) start += 3'600'000;
    if (percent(5)) start += 200'000'000;
    return start;
  }
  std::optional<std::int64_t> duration_ms() {
    if (percent(30)) return std::nullopt;
    return 1'500 * std::int64_t{below(8)};
  }

 private:
  std::mt19937 random_;  // NOLINT: the same every time
};

// Fits a few of those that there are: by how they begin, by how they end, or by all.
std::string template_path(Dice& dice) {
  const std::string digit = std::to_string(dice.below(10));
  const std::string star(1, kStar);
  if (dice.percent(40)) return "recordings/" + digit + star;
  if (dice.percent(80)) return "recordings/" + star + digit;
  return "recordings/" + star;
}

World random_world(Dice& dice) {
  World world;
  for (std::uint32_t count = dice.below(20); count > 0; --count) {
    RowFacts& row = world.row();
    if (dice.percent(5)) row.fault = RowFault::field_count;
    row.key = dice.one_of("key", 40, 80);
    row.call_id = dice.one_of("call", 12, 30);
    row.numbers = dice.numbers();
    row.start_ms = dice.start_ms();
    row.duration_ms = dice.duration_ms();
    row.path = dice.one_of("recordings/", 25, 30);
    if (dice.percent(20)) row.path = template_path(dice);
    row.expects_recording = dice.percent(85);
    row.had_recording = dice.percent(10);
    if (dice.percent(20)) row.size = dice.below(3);
  }
  for (std::uint32_t count = dice.below(20); count > 0; --count) {
    RecordingFacts& recording = world.recording();
    recording.path = dice.one_of("recordings/", 25, 100);
    recording.size = dice.below(3);
    recording.content = dice.one_of("digest", 40, 80);
    recording.call_id = dice.one_of(dice.percent(80) ? "call" : "00CALL", 12, 30);
    recording.numbers = dice.numbers();
    recording.start_ms = dice.start_ms();
    recording.duration_ms = dice.duration_ms();
    recording.audio = dice.percent(80) ? AudioState::sound : static_cast<AudioState>(dice.below(6));
    recording.first_seen_ms = 1'700'000'000'000 + 86'400'000 * std::int64_t{dice.below(5)};
  }
  std::map<Pair, Rung> before;
  for (std::uint32_t count = dice.percent(40) ? dice.below(8) : 0; count > 0; --count) {
    if (world.rows.empty() || world.recordings.empty()) break;
    const auto row = dice.below(static_cast<std::uint32_t>(world.rows.size()));
    const auto recording = dice.below(static_cast<std::uint32_t>(world.recordings.size()));
    before.emplace(Pair(row, recording), static_cast<Rung>(1 + dice.below(3)));
  }
  for (const auto& [pair, rung] : before) world.bindings.push_back({pair.first, pair.second, rung});
  return world;
}

ReconcileRules random_rules(Dice& dice) {
  ReconcileRules rules;
  if (dice.percent(20)) rules.binding.legs_max = 1 + dice.below(2);
  rules.binding.suggestions_max = 255;
  if (dice.percent(50)) rules.binding.minimum_ms = 3'000;
  if (dice.percent(50)) rules.late_after_ms = 2 * 86'400'000;
  if (dice.percent(30)) rules.watched_since_ms = 1'700'000'010'000;
  return rules;
}

std::set<Pair> suggested_in(const Outcome& outcome, Hint wanted) {
  std::set<Pair> pairs;
  for (const auto& [pair, hint] : outcome.suggestions) {
    if (hint == wanted) pairs.insert(pair);
  }
  return pairs;
}

std::map<Pair, Hint> near_in(const Outcome& outcome) {
  std::map<Pair, Hint> pairs;
  for (const auto& [pair, hint] : outcome.suggestions) {
    const bool is_near =
        hint != Hint::contradiction && hint != Hint::call_id_alike && hint != Hint::time;
    if (is_near) pairs[pair] = hint;
  }
  return pairs;
}

void compare_classes(const World& world, const NaiveReconcile& naive, const Outcome& outcome) {
  ClassCounts rows;
  ClassCounts recordings;
  for (RowId id = 0; id < world.rows.size(); ++id) {
    INFO("row " << id);
    CHECK(outcome.row(id) == naive.row_class(id));
    if (naive.row_class(id) == CallClass::missing_recording) {
      const bool is_told = outcome.row_findings.at(id).contradiction == Contradiction::ambiguous;
      CHECK(is_told == naive.is_ambiguous(id));
    }
    rows.add(naive.row_class(id));
  }
  for (RecordingId id = 0; id < world.recordings.size(); ++id) {
    INFO("recording " << id);
    CHECK(outcome.recording(id) == naive.recording_class(id));
    recordings.add(naive.recording_class(id));
  }
  CHECK(outcome.report.row_classes == rows);
  CHECK(outcome.report.recording_classes == recordings);
}

}  // namespace

TEST_CASE("A random world is reconciled as the definition says") {
  std::map<Rung, int> bound;
  ClassCounts rows;
  ClassCounts recordings;
  std::size_t alike = 0;
  std::size_t lone = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    const World world = random_world(dice);
    const ReconcileRules rules = random_rules(dice);
    const NaiveReconcile naive(world, rules);
    const Outcome outcome = reconciled(world, rules);
    REQUIRE(outcome.bindings == naive.new_bindings());
    REQUIRE(suggested_in(outcome, Hint::contradiction) == naive.contradicted_pairs());
    REQUIRE(near_in(outcome) == naive.near_pairs());
    REQUIRE(suggested_in(outcome, Hint::call_id_alike) == naive.alike_pairs());
    REQUIRE(suggested_in(outcome, Hint::time) == naive.lone_pairs());
    alike += naive.alike_pairs().size();
    lone += naive.lone_pairs().size();
    compare_classes(world, naive, outcome);
    for (const auto& [pair, rung] : outcome.bindings) ++bound[rung];
    rows.add(outcome.report.row_classes);
    recordings.add(outcome.report.recording_classes);
  }
  // The worlds were rich enough to say something.
  CHECK(alike > 50);
  CHECK(lone > 100);
  for (const Rung rung : {Rung::call_id, Rung::path, Rung::numbers}) CHECK(bound[rung] > 300);
  for (const CallClass call_class : kCallClasses) {
    INFO(name_of(call_class));
    CHECK(rows.of(call_class) + recordings.of(call_class) > 50);
  }
}

TEST_CASE("Handing in what a run bound gives the next run nothing to bind and the same classes") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Dice dice(seed);
    World world = random_world(dice);
    const ReconcileRules rules = random_rules(dice);
    world.bindings.clear();
    const Outcome first = reconciled(world, rules);
    for (const auto& [pair, rung] : first.bindings) {
      world.bindings.push_back({pair.first, pair.second, rung});
    }
    const Outcome second = reconciled(world, rules);
    for (const auto& [pair, rung] : second.bindings) {
      FAIL("row " << pair.first << ", recording " << pair.second << " by " << name_of(rung));
    }
    REQUIRE(second.report.bound_before == first.bindings.size());
    REQUIRE(second.report.row_classes == first.report.row_classes);
    REQUIRE(second.report.recording_classes == first.report.recording_classes);
  }
}

}  // namespace holdfast::records
