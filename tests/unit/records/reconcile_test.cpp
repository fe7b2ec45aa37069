// SPDX-License-Identifier: Apache-2.0
// Classes of rows and recordings, runs that follow each other, and input that breaks its promise.
#include "firmware/records/reconcile.h"

#include <catch2/catch.hpp>

#include "tests/unit/records/reconcile_fixture.h"

namespace holdfast::records {

namespace {

constexpr std::int64_t kNoon = 1'772'000'000'000;
constexpr std::int64_t kDay = 86'400'000;

// A row and a recording of one call id.
World one_call() {
  World world;
  world.row().call_id = "7";
  world.recording().call_id = "7";
  return world;
}

// What both are classed as; a row that is matched with it is not told.
CallClass both(const World& world, const ReconcileRules& rules = {}) {
  const Outcome outcome = reconciled(world, rules);
  CHECK(outcome.row(0) == outcome.recording(0));
  return outcome.recording(0);
}

template <class T>
class Swapped final : public Stream<T> {
 public:
  explicit Swapped(StreamPointer<T> stream) : stream_(std::move(stream)) {}

  [[nodiscard]] Result<bool> next(T& out) override {
    if (has_kept_) {
      has_kept_ = false;
      out = kept_;
      return true;
    }
    HF_TRY(const bool is_there, stream_->next(out));
    if (is_there && !is_swapped_) {
      kept_ = out;
      HF_TRY(has_kept_, stream_->next(out));
      is_swapped_ = true;
    }
    return is_there;
  }

 private:
  StreamPointer<T> stream_;
  T kept_;
  bool has_kept_ = false;
  bool is_swapped_ = false;
};

// Breaks the promise of one stream: its first two elements come in the wrong order.
class BrokenInput final : public WorldInput {
 public:
  BrokenInput(World world, int broken) : WorldInput(std::move(world)), broken_(broken) {}

  [[nodiscard]] Result<StreamPointer<RowFacts>> rows() override {
    return broken(0, WorldInput::rows());
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings() override {
    return broken(1, WorldInput::recordings());
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_key() override {
    return broken(2, WorldInput::rows_by_key());
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_content() override {
    return broken(3, WorldInput::recordings_by_content());
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_call_id() override {
    return broken(4, WorldInput::rows_by_call_id());
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_call_id() override {
    return broken(5, WorldInput::recordings_by_call_id());
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_path() override {
    return broken(6, WorldInput::rows_by_path());
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_path() override {
    return broken(7, WorldInput::recordings_by_path());
  }
  [[nodiscard]] Result<StreamPointer<NumberedCall>> rows_by_number(const Wanted& wanted) override {
    return broken(8, WorldInput::rows_by_number(wanted));
  }
  [[nodiscard]] Result<StreamPointer<NumberedCall>> recordings_by_number(
      const Wanted& wanted) override {
    return broken(9, WorldInput::recordings_by_number(wanted));
  }
  [[nodiscard]] Result<StreamPointer<Binding>> bindings() override {
    return broken(10, WorldInput::bindings());
  }

 private:
  template <class T>
  Result<StreamPointer<T>> broken(int stream, Result<StreamPointer<T>> whole) const {
    if (stream != broken_) return whole;
    return StreamPointer<T>(std::make_unique<Swapped<T>>(std::move(*whole)));
  }

  int broken_;
};

// Says that there are more or fewer than it hands in.
class MiscountedInput final : public WorldInput {
 public:
  MiscountedInput(World world, int rows, int recordings)
      : WorldInput(std::move(world)), rows_(rows), recordings_(recordings) {}

  [[nodiscard]] std::uint32_t row_count() const override {
    return static_cast<std::uint32_t>(static_cast<int>(WorldInput::row_count()) + rows_);
  }
  [[nodiscard]] std::uint32_t recording_count() const override {
    return static_cast<std::uint32_t>(static_cast<int>(WorldInput::recording_count()) +
                                      recordings_);
  }

 private:
  int rows_;
  int recordings_;
};

std::optional<Error> error_of(ReconcileInput& input) {
  Outcome outcome;
  auto report = reconcile(input, {}, outcome);
  if (report) return std::nullopt;
  return report.error();
}

}  // namespace

TEST_CASE("Nothing at all balances") {
  const Outcome outcome = reconciled({});
  CHECK(outcome.report.balances());
  CHECK(outcome.report.rows == 0);
}

TEST_CASE("A pair is judged by audio, size and duration, in this order") {
  World world = one_call();
  CHECK(both(world) == CallClass::matched);
  world.rows[0].duration_ms = 10'000;
  world.recordings[0].duration_ms = 13'000;
  CHECK(both(world) == CallClass::matched);
  world.recordings[0].duration_ms = 13'001;
  CHECK(both(world) == CallClass::duration_mismatch);
  CHECK(reconciled(world).recording_findings.at(0).difference == 3'001);
  world.rows[0].size = 90;
  world.recordings[0].size = 44;
  CHECK(both(world) == CallClass::size_mismatch);
  CHECK(reconciled(world).recording_findings.at(0).difference == -46);
  CHECK(reconciled(world).recording_findings.at(0).row == 0);
  for (const AudioState audio :
       {AudioState::empty, AudioState::truncated, AudioState::lying, AudioState::unreadable}) {
    world.recordings[0].audio = audio;
    CHECK(both(world) == CallClass::unreadable_audio);
  }
  world.recordings[0].audio = AudioState::sound;
  world.recordings[0].size = 90;
  world.recordings[0].duration_ms.reset();
  CHECK(both(world) == CallClass::matched);
}

TEST_CASE("A recording is late after the days given, unless nobody watched then") {
  World world = one_call();
  world.rows[0].start_ms = kNoon;
  world.recordings[0].first_seen_ms = kNoon + 3 * kDay;
  ReconcileRules rules;
  CHECK(both(world, rules) == CallClass::matched);
  rules.late_after_ms = 3 * kDay;
  CHECK(both(world, rules) == CallClass::matched);
  world.recordings[0].first_seen_ms += 1000;
  CHECK(both(world, rules) == CallClass::late);
  CHECK(reconciled(world, rules).recording_findings.at(0).difference == 3 * kDay + 1000);
  rules.watched_since_ms = kNoon + 1;
  CHECK(both(world, rules) == CallClass::matched);
}

TEST_CASE("A row without a recording is missing one only if it should have one") {
  World world;
  for (int n = 0; n < 5; ++n) world.row();
  world.rows[1].expects_recording = false;
  world.rows[2].duration_ms = 2'999;
  world.rows[3].duration_ms = 3'000;
  world.rows[4].duration_ms = -1;
  ReconcileRules rules;
  rules.binding.minimum_ms = 3'000;
  const Outcome outcome = reconciled(world, rules);
  CHECK(outcome.row(0) == CallClass::missing_recording);
  CHECK(outcome.row(1) == CallClass::not_expected);
  CHECK(outcome.row(2) == CallClass::under_minimum);
  CHECK(outcome.row(3) == CallClass::missing_recording);
  CHECK(outcome.row(4) == CallClass::missing_recording);
  CHECK(outcome.report.row_classes.sum() == 5);
}

TEST_CASE("A leg that is cut is told as a recording and spoils no row") {
  World world = one_call();
  world.recording().call_id = "7";
  world.rows[0].duration_ms = 60'000;
  world.recordings[0].duration_ms = 9'000;
  world.recordings[1].duration_ms = 60'000;
  const Outcome outcome = reconciled(world);
  CHECK(outcome.row(0) == CallClass::matched);
  CHECK(outcome.recording(0) == CallClass::duration_mismatch);
  CHECK(outcome.recording(1) == CallClass::matched);
}

TEST_CASE("Of equal contents the one that is bound goes before the others") {
  World world = one_call();
  world.recording();
  std::swap(world.recordings[0], world.recordings[1]);
  world.recordings[0].content = world.recordings[1].content = "digest";
  Outcome outcome = reconciled(world);
  CHECK(outcome.recording(0) == CallClass::duplicate_content);
  CHECK(outcome.recording(1) == CallClass::matched);
  CHECK(outcome.row(0) == CallClass::matched);

  world.row().call_id = "8";  // two calls with the same sound: the second one's is in doubt
  world.recordings[0].call_id = "8";
  outcome = reconciled(world);
  CHECK(outcome.recording(0) == CallClass::matched);
  CHECK(outcome.row(1) == CallClass::matched);
  CHECK(outcome.recording(1) == CallClass::duplicate_content);
  CHECK(outcome.row(0) == CallClass::duplicate_content);
}

TEST_CASE("A late recording heals the row that was missing it") {
  World world;
  for (int n = 0; n < 2; ++n) {
    RowFacts& row = world.row();
    row.numbers = {"1380013800" + std::to_string(n)};
    row.start_ms = kNoon;
  }
  RecordingFacts& first = world.recording();
  first.numbers = world.rows[0].numbers;
  first.start_ms = kNoon;
  const Outcome yesterday = reconciled(world);
  REQUIRE(yesterday.row(0) == CallClass::matched);
  REQUIRE(yesterday.row(1) == CallClass::missing_recording);

  world.bindings = {{0, 0, yesterday.bindings.at({0, 0})}};
  RecordingFacts& late = world.recording();
  late.numbers = world.rows[1].numbers;
  late.start_ms = kNoon;
  late.first_seen_ms = kNoon + 5 * kDay;
  ReconcileRules rules;
  rules.late_after_ms = 3 * kDay;
  const Outcome today = reconciled(world, rules);
  CHECK(today.bindings == std::map<Pair, Rung>{{{1, 1}, Rung::numbers}});
  CHECK(today.report.bound_before == 1);
  CHECK(today.row(0) == CallClass::matched);
  CHECK(today.row(1) == CallClass::late);
}

TEST_CASE("A leg that comes later is bound to the row of an earlier run") {
  World world = one_call();
  world.recording().call_id = "7";
  world.bindings = {{0, 0, Rung::call_id}};
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == std::map<Pair, Rung>{{{0, 1}, Rung::call_id}});
}

TEST_CASE("What an earlier run bound stays, whatever the rules say now") {
  World world;
  world.row().call_id = "7";
  world.row().call_id = "8";
  world.recording().call_id = "8";  // by its name, as it is read now
  world.recording().call_id = "7";
  world.bindings = {{0, 0, Rung::call_id}, {1, 1, Rung::call_id}};
  const Outcome outcome = reconciled(world);
  CHECK(outcome.bindings.empty());
  CHECK(outcome.row(0) == CallClass::matched);
  CHECK(outcome.row(1) == CallClass::matched);
}

TEST_CASE("A binding by numbers is in doubt once a call id says otherwise") {
  World world;
  world.row().call_id = "7";
  world.recording();                // bound by numbers yesterday
  world.recording().call_id = "7";  // came today
  world.bindings = {{0, 0, Rung::numbers}};
  Outcome outcome = reconciled(world);
  CHECK(outcome.bindings == std::map<Pair, Rung>{{{0, 1}, Rung::call_id}});
  CHECK(outcome.row(0) == CallClass::contradiction);
  CHECK(outcome.row_findings.at(0).contradiction == Contradiction::outranked);
  CHECK(outcome.recording(0) == CallClass::contradiction);
  CHECK(outcome.recording(1) == CallClass::matched);

  world = one_call();  // the other way: the recording's own row came today
  world.row();
  world.bindings = {{1, 0, Rung::numbers}};
  outcome = reconciled(world);
  CHECK(outcome.row(0) == CallClass::matched);
  CHECK(outcome.row(1) == CallClass::contradiction);
  CHECK(outcome.recording(0) == CallClass::matched);
}

TEST_CASE("A contradiction is told again by each later run") {
  World world = one_call();
  world.rows[0].path = "b.wav";
  world.row().call_id = "8";
  RecordingFacts& other = world.recording();
  other.call_id = "8";
  other.path = "b.wav";
  REQUIRE(reconciled(world).row(0) == CallClass::contradiction);
  world.bindings = {{0, 0, Rung::call_id}, {1, 1, Rung::call_id}};
  CHECK(reconciled(world).row(0) == CallClass::contradiction);
}

TEST_CASE("A stream that is out of order is an error, whichever it is") {
  World world;
  for (int n = 0; n < 3; ++n) {
    const std::string text = std::to_string(n);
    RowFacts& row = world.row();
    row.key = row.call_id = row.path = text;
    row.numbers = {"1"};
    row.start_ms = kNoon + n;
    RecordingFacts& recording = world.recording();
    recording.path = recording.content = recording.call_id = text + "x";
    recording.numbers = {"1"};
    recording.start_ms = kNoon + n;
  }
  world.row().call_id = "7";
  for (int n = 0; n < 2; ++n) {
    world.recording().path = "bound" + std::to_string(n);
    world.bindings.push_back({3, static_cast<RecordingId>(3 + n), Rung::call_id});
  }
  WorldInput whole(world);
  REQUIRE(!error_of(whole));
  for (int stream = 0; stream < 11; ++stream) {
    INFO("stream " << stream);
    BrokenInput input(world, stream);
    const auto error = error_of(input);
    REQUIRE(error);
    CHECK(error->code == ErrorCode::internal);
  }
}

TEST_CASE("A recording that is out of order behind the last row is seen") {
  World world;
  world.row().path = "a";
  world.row().call_id = "a";
  // The first two swapped; a is bound before numbers are looked at.
  for (const std::string text : {"a", "b", "c"}) {
    RecordingFacts& recording = world.recording();
    recording.call_id = recording.path = text;
    recording.numbers = {text};
    recording.start_ms = kNoon;
  }
  RowFacts& row = world.row();
  row.numbers = {"a"};
  row.start_ms = kNoon;
  for (const int stream : {5, 7, 9}) {
    INFO("stream " << stream);
    BrokenInput input(world, stream);
    CHECK(error_of(input));
  }
}

TEST_CASE("Counts that are not what is handed in are an error") {
  World world = one_call();
  for (const auto& [rows, recordings] :
       {std::pair(1, 0), std::pair(-1, 0), std::pair(0, 1), std::pair(0, -1)}) {
    MiscountedInput input(world, rows, recordings);
    const auto error = error_of(input);
    REQUIRE(error);
    CHECK(error->code == ErrorCode::internal);
  }
  MiscountedInput huge(world, 1 << 30, 0);
  CHECK(error_of(huge)->code == ErrorCode::limit_exceeded);
}

TEST_CASE("An earlier binding of nothing is an error") {
  for (const Binding binding : {Binding{1, 0, Rung::call_id}, Binding{0, 1, Rung::call_id},
                                Binding{0, 0, Rung::suggestion}, Binding{0, 0, Rung{0}}}) {
    World world = one_call();
    world.bindings = {binding};
    WorldInput input(world);
    REQUIRE(error_of(input));
  }
}

}  // namespace holdfast::records
