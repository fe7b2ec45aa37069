// SPDX-License-Identifier: Apache-2.0
// How long reconciliation takes and what memory it needs. Rows and recordings are made up while
// they are read, in order, so that what is measured is reconciliation and nothing that hands it its
// input. Prints a row of a table; docs/bench.md says how to run it.
//
//   bench_reconcile CALLS [call-ids|paths|numbers]
#include <sys/resource.h>

#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "firmware/records/reconcile.h"

namespace holdfast {

namespace {

using records::RecordingFacts;
using records::RowFacts;
template <class T>
using StreamPointer = records::StreamPointer<T>;

enum class Evidence { call_ids, paths, numbers };

// Each of 1000 agents has its calls one after the other, four minutes apart. Of a thousand calls
// one has no recording, one a recording without a row, and one a recording that is too short.
constexpr std::uint32_t kAgents = 1000;
constexpr std::int64_t kStart = 1'750'000'000'000;

std::string padded(std::uint32_t number) {
  std::string digits = std::to_string(number);
  return std::string(10 - digits.size(), '0') + digits;
}

std::int64_t start_of(std::uint32_t call) {
  return kStart + std::int64_t{call / kAgents} * 240'000 + call % kAgents;
}
bool is_without_recording(std::uint32_t call) {
  return call % 1000 == 17;
}
bool is_without_row(std::uint32_t call) {
  return call % 1000 == 18;
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
  MadeInput(std::uint32_t count, Evidence evidence) : count_(count), evidence_(evidence) {}

  [[nodiscard]] std::uint32_t row_count() const override { return count_; }
  [[nodiscard]] std::uint32_t recording_count() const override { return count_; }

  [[nodiscard]] Result<StreamPointer<RowFacts>> rows() override {
    return made<RowFacts>(count_, [](std::uint32_t call, RowFacts& row) {
      row.id = call;
      row.start_ms = start_of(call);
      row.duration_ms = 60'000;
    });
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings() override {
    return made<RecordingFacts>(count_, [](std::uint32_t call, RecordingFacts& recording) {
      recording.id = call;
      recording.size = 480'044;
      recording.duration_ms = is_cut(call) ? 6'000 : 60'000;
      recording.audio = records::AudioState::sound;
      recording.first_seen_ms = start_of(call) + 3'600'000;
    });
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_key() override {
    return made<RowFacts>(count_, [](std::uint32_t call, RowFacts& row) {
      row.id = call;
      row.key = "cdr" + padded(call);
    });
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_content() override {
    return made<RecordingFacts>(count_, [](std::uint32_t call, RecordingFacts& recording) {
      recording.id = call;
      recording.content = padded(call) + "-digest-of-thirty-two";
    });
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_call_id() override {
    return made<RowFacts>(count_of(Evidence::call_ids), set_row);
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_call_id() override {
    return made<RecordingFacts>(count_of(Evidence::call_ids), set_recording);
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_path() override {
    return made<RowFacts>(count_of(Evidence::paths), set_row);
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_path() override {
    return made<RecordingFacts>(count_, set_recording);
  }
  [[nodiscard]] Result<StreamPointer<records::NumberedCall>> rows_by_number() override {
    return numbered(0);
  }
  [[nodiscard]] Result<StreamPointer<records::NumberedCall>> recordings_by_number() override {
    return numbered(1);
  }
  [[nodiscard]] Result<StreamPointer<records::Binding>> bindings() override {
    return made<records::Binding>(0, [](std::uint32_t, records::Binding&) {});
  }

 private:
  [[nodiscard]] std::uint32_t count_of(Evidence evidence) const {
    return evidence == evidence_ ? count_ : 0;
  }
  // The text of a call that has no other side sorts beside the one it would have had.
  static std::string text_of(std::uint32_t call, bool has_no_other) {
    return padded(call) + (has_no_other ? "x" : "");
  }
  static void set_row(std::uint32_t call, RowFacts& row) {
    row.id = call;
    row.call_id = text_of(call, is_without_recording(call));
    row.path = "recordings/" + row.call_id + ".wav";
    row.numbers.resize(1);
    row.numbers[0] = padded(call % kAgents);
    row.start_ms = start_of(call);
  }
  static void set_recording(std::uint32_t call, RecordingFacts& recording) {
    recording.id = call;
    recording.call_id = text_of(call, is_without_row(call) || is_without_recording(call - 1));
    recording.path = "recordings/" + recording.call_id + ".wav";
    recording.numbers.resize(1);
    recording.numbers[0] = padded(call % kAgents);
    recording.start_ms = start_of(call);
  }
  // Every agent's calls, the agents one after the other. Each call under the agent's number alone.
  [[nodiscard]] StreamPointer<records::NumberedCall> numbered(std::int64_t off_ms) const {
    const std::uint32_t calls = count_ / kAgents;
    return made<records::NumberedCall>(
        calls * kAgents, [calls, off_ms](std::uint32_t index, records::NumberedCall& call) {
          const std::uint32_t agent = index / calls;
          call.id = index % calls * kAgents + agent;
          call.number = padded(agent);
          call.start_ms = start_of(call.id) + 1000 * off_ms;
          const bool is_alone = off_ms != 0 && is_without_row(call.id);
          if (is_alone) call.start_ms += 120'000;
          call.duration_ms = 60'000;
        });
  }

  std::uint32_t count_;
  Evidence evidence_;
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

double seconds_of(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

int run(std::uint32_t calls, Evidence evidence, std::string_view name) {
  MadeInput input(calls, evidence);
  CountingSink sink;
  timespec begin{};
  timespec end{};
  clock_gettime(CLOCK_MONOTONIC, &begin);
  const std::clock_t cpu_begin = std::clock();
  auto report = records::reconcile(input, {}, sink);
  const std::clock_t cpu_end = std::clock();
  clock_gettime(CLOCK_MONOTONIC, &end);
  if (!report) {
    std::cerr << debug_text(report.error()) << "\n";
    return 1;
  }
  rusage usage{};
  HF_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  HF_CHECK(sink.bindings() > calls / 1000 * 990);
  std::cout.precision(3);
  std::cout << "| " << calls << " | " << name << " | " << sink.bindings() << " | "
            << seconds_of(end) - seconds_of(begin) << " | "
            << static_cast<double>(cpu_end - cpu_begin) / CLOCKS_PER_SEC << " | "
            << usage.ru_maxrss / 1024 << " |\n";
  return 0;
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  using holdfast::Evidence;
  const std::string name = argc > 2 ? argv[2] : "call-ids";
  const long calls = argc > 1 ? std::atol(argv[1]) : 0;
  if (argc > 3 || calls < 1000 || calls > 100'000'000 || calls % 1000 != 0 ||
      (name != "call-ids" && name != "paths" && name != "numbers")) {
    std::cerr << "usage: bench_reconcile CALLS [call-ids|paths|numbers]   (a multiple of 1000)\n";
    return 2;
  }
  const Evidence evidence = name == "call-ids" ? Evidence::call_ids
                            : name == "paths"  ? Evidence::paths
                                               : Evidence::numbers;
  return holdfast::run(static_cast<std::uint32_t>(calls), evidence, name);
}
