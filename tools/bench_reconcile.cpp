// SPDX-License-Identifier: Apache-2.0
// How long reconciliation takes. Rows and recordings are made up while
// they are read, in order, so that what is measured is reconciliation and nothing that hands it its
// input. Prints a row of a table; docs/bench.md says how to run it.
//
//   bench_reconcile CALLS [call-ids|paths|templates|loose-templates|numbers|one-number]
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "firmware/records/path_template.h"
#include "firmware/records/reconcile.h"
#include "hal/linux/clock.h"

namespace holdfast {

namespace {

using records::RecordingFacts;
using records::RowFacts;
template <class T>
using StreamPointer = records::StreamPointer<T>;

// Templates have a star before and behind the call, which signs fence, or nothing does.
enum class Evidence { call_ids, paths, templates, loose_templates, numbers, one_number };

const std::map<std::string_view, Evidence> kEvidence = {
    {"call-ids", Evidence::call_ids},   {"paths", Evidence::paths},
    {"templates", Evidence::templates}, {"loose-templates", Evidence::loose_templates},
    {"numbers", Evidence::numbers},     {"one-number", Evidence::one_number}};

// Of a thousand calls one has call ids and paths that differ and is left to its number, one is not
// to be bound by anything, one has a recording that is too short, and one repeats the key and the
// recording's bytes of the call before it. Rows tell sizes. So no memory is spared.
constexpr std::int64_t kStart = 1'750'000'000'000;

std::string padded(std::uint32_t number) {
  std::string digits = std::to_string(number);
  return std::string(10 - digits.size(), '0') + digits;
}

bool is_left_to_number(std::uint32_t call) {
  return call % 1000 == 17;
}
bool is_apart(std::uint32_t call) {
  return call % 1000 == 18;
}
std::uint32_t first_of(std::uint32_t call) {
  return call % 1000 == 21 ? call - 1 : call;
}
bool is_cut(std::uint32_t call) {
  return call % 1000 == 19;
}

template <class T>
class MadeStream final : public records::Stream<T> {
 public:
  // `make` is asked for 0, 1, … below the count.
  MadeStream(std::uint32_t count, std::function<void(std::uint32_t, T&)> make)
      : count_(count), make_(std::move(make)) {}

  [[nodiscard]] Result<bool> next(T& out) override {
    if (index_ == count_) return false;
    make_(index_++, out);
    return true;
  }

 private:
  std::uint32_t count_;
  std::function<void(std::uint32_t, T&)> make_;
  std::uint32_t index_ = 0;
};

template <class T>
StreamPointer<T> made(std::uint32_t count, std::function<void(std::uint32_t, T&)> make) {
  return std::make_unique<MadeStream<T>>(count, std::move(make));
}

class MadeInput final : public records::ReconcileInput {
 public:
  MadeInput(std::uint32_t count, Evidence evidence)
      : count_(count), evidence_(evidence), agents_(evidence == Evidence::one_number ? 1 : 1000) {}

  [[nodiscard]] std::uint32_t row_count() const override { return count_; }
  [[nodiscard]] std::uint32_t recording_count() const override { return count_; }

  [[nodiscard]] Result<StreamPointer<RowFacts>> rows() override {
    return made<RowFacts>(count_, [this](std::uint32_t call, RowFacts& row) {
      row.id = call;
      row.start_ms = start_of(call);
      row.duration_ms = duration_of(call);
      row.size = 480'044;
    });
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings() override {
    return made<RecordingFacts>(count_, [this](std::uint32_t call, RecordingFacts& recording) {
      recording.id = call;
      recording.size = 480'044;
      recording.duration_ms = is_cut(call) ? 1'000 : duration_of(call);
      recording.audio = records::AudioState::sound;
      recording.first_seen_ms = start_of(call) + 3'600'000;
    });
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_key() override {
    return made<RowFacts>(count_, [](std::uint32_t call, RowFacts& row) {
      row.id = call;
      row.key = "cdr" + padded(first_of(call));
    });
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_content() override {
    return made<RecordingFacts>(count_, [](std::uint32_t call, RecordingFacts& recording) {
      recording.id = call;
      recording.content = padded(first_of(call)) + "-digest-of-thirty-two";
    });
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_call_id() override {
    return made<RowFacts>(count_of(Evidence::call_ids), row_setter());
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_call_id() override {
    return made<RecordingFacts>(count_of(Evidence::call_ids), recording_setter());
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_path() override {
    return made<RowFacts>(evidence_ == Evidence::paths || has_templates() ? count_ : 0,
                          row_setter());
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_path() override {
    return made<RecordingFacts>(count_, recording_setter());
  }
  [[nodiscard]] Result<StreamPointer<records::NumberedCall>> rows_by_number(
      const Wanted& /*wanted*/) override {
    return numbered(false);
  }
  [[nodiscard]] Result<StreamPointer<records::NumberedCall>> recordings_by_number(
      const Wanted& /*wanted*/) override {
    return numbered(true);
  }
  [[nodiscard]] Result<StreamPointer<records::Binding>> bindings() override {
    return made<records::Binding>(0, [](std::uint32_t, records::Binding&) {});
  }

 private:
  [[nodiscard]] std::uint32_t count_of(Evidence evidence) const {
    return evidence == evidence_ ? count_ : 0;
  }
  // A thousand agents with a call every four minutes, or one number with 100,000 calls an hour.
  [[nodiscard]] std::int64_t start_of(std::uint32_t call) const {
    if (agents_ == 1) return kStart + std::int64_t{call} * 36;
    return kStart + std::int64_t{call / agents_} * 240'000 + call % agents_;
  }
  // Calls within a tolerance of each other last differently.
  static std::int64_t duration_of(std::uint32_t call) { return 10'000 + call % 400 * 7'000; }
  static std::string text_of(std::uint32_t call, bool is_of_row) {
    const bool differs = is_left_to_number(call) || is_apart(call);
    return padded(call) + (!differs ? "" : is_of_row ? "r" : "x");
  }
  [[nodiscard]] std::function<void(std::uint32_t, RowFacts&)> row_setter() const {
    return [this](std::uint32_t call, RowFacts& row) { set(call, row, true); };
  }
  [[nodiscard]] std::function<void(std::uint32_t, RecordingFacts&)> recording_setter() const {
    return [this](std::uint32_t call, RecordingFacts& facts) { set(call, facts, false); };
  }
  [[nodiscard]] bool has_templates() const {
    return evidence_ == Evidence::templates || evidence_ == Evidence::loose_templates;
  }
  // A thousand calls a folder, where there are templates.
  [[nodiscard]] std::string path_of(std::uint32_t call, bool is_of_row) const {
    if (!has_templates()) return "recordings/" + text_of(call, is_of_row) + ".wav";
    const std::string any = is_of_row ? std::string(1, records::kStar) : "2049";
    const std::string sign = evidence_ == Evidence::templates ? "_" : "";
    return "recordings/" + padded(call / 1000) + "/" + any + sign + text_of(call, is_of_row) +
           sign + any + ".wav";
  }
  template <class Facts>
  void set(std::uint32_t call, Facts& facts, bool is_of_row) const {
    facts.id = call;
    facts.call_id = has_templates() ? "" : text_of(call, is_of_row);
    facts.path = path_of(call, is_of_row);
    facts.numbers.resize(1);
    facts.numbers[0] = padded(call % agents_);
    facts.start_ms = start_of(call);
  }
  // Every agent's calls, the agents one after the other; each call under its agent's number alone.
  // None where there are templates: what numbers bind would hide what those do not.
  [[nodiscard]] StreamPointer<records::NumberedCall> numbered(bool is_of_recordings) const {
    const std::uint32_t calls = count_ / agents_;
    return made<records::NumberedCall>(
        has_templates() ? 0 : count_,
        [this, calls, is_of_recordings](std::uint32_t index, records::NumberedCall& call) {
          const std::uint32_t agent = index / calls;
          call.id = index % calls * agents_ + agent;
          call.number = padded(agent);
          call.start_ms = start_of(call.id);
          call.duration_ms = duration_of(call.id);
          if (is_of_recordings && is_apart(call.id)) call.duration_ms = 1'000;
        });
  }

  std::uint32_t count_;
  Evidence evidence_;
  std::uint32_t agents_;
};

class CountingSink final : public records::ReconcileSink {
 public:
  [[nodiscard]] Result<void> bound(const records::Binding&) override {
    ++bindings_;
    return {};
  }
  [[nodiscard]] Result<void> suggested(const records::Suggestion&) override { return {}; }
  [[nodiscard]] Result<void> found(const records::RowFinding&) override { return {}; }
  [[nodiscard]] Result<void> found(const records::RecordingFinding&) override { return {}; }

  [[nodiscard]] std::uint64_t bindings() const { return bindings_; }

 private:
  std::uint64_t bindings_ = 0;
};

int run(std::uint32_t calls, Evidence evidence, std::string_view name) {
  MadeInput input(calls, evidence);
  CountingSink sink;
  linux::SystemClock clock;
  const std::int64_t begin_ns = clock.monotonic_ns();
  const std::clock_t cpu_begin = std::clock();
  auto report = records::reconcile(input, {}, sink);
  const std::clock_t cpu_end = std::clock();
  const std::int64_t end_ns = clock.monotonic_ns();
  if (!report) {
    std::cerr << debug_text(report.error()) << "\n";
    return 1;
  }
  HF_CHECK(sink.bindings() > calls / 1000 * 990);
  std::cout.precision(3);
  std::cout << "| " << calls << " | " << name << " | " << sink.bindings() << " | "
            << static_cast<double>(end_ns - begin_ns) / 1e9 << " | "
            << static_cast<double>(cpu_end - cpu_begin) / CLOCKS_PER_SEC << " |\n";
  return 0;
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  const std::string_view name = argc > 2 ? argv[2] : "call-ids";
  const long calls = argc > 1 ? std::atol(argv[1]) : 0;
  const auto evidence = holdfast::kEvidence.find(name);
  if (argc > 3 || calls < 1000 || calls > 100'000'000 || calls % 1000 != 0 ||
      evidence == holdfast::kEvidence.end()) {
    std::cerr << "usage: bench_reconcile CALLS "
                 "[call-ids|paths|templates|loose-templates|numbers|one-number]\n"
                 "CALLS is a multiple of 1000, at most 100 million\n";
    return 2;
  }
  return holdfast::run(static_cast<std::uint32_t>(calls), evidence->second, name);
}
