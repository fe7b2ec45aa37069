// SPDX-License-Identifier: Apache-2.0
// How long a backup takes to judge rows and recordings that the record index has: the streams come
// out of its file, bindings and classes go back into it. Prints a row of a table; docs/bench.md
// says how to run it.
//
//   bench_index FOLDER make CALLS    makes records.sqlite in FOLDER, an absolute path
//   bench_index FOLDER judge         judges what is in it, and commits: the first time nothing is
//                                    bound, each further time all is
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/catalog/catalog.h"
#include "firmware/catalog/record_batch.h"
#include "firmware/catalog/record_index_input.h"
#include "firmware/records/kept_suggestions.h"
#include "firmware/records/reconcile.h"
#include "hal/linux/clock.h"
#include "tools/bench_values.h"

namespace holdfast {

namespace {

using catalog::OpenMode;
using catalog::RecordIndex;
using catalog::Row;
using records::CallClass;

constexpr std::uint32_t kCallsPerItem = 10'000;
constexpr std::uint32_t kAgents = 1'000;
constexpr std::int64_t kStart = 1'750'000'000'000;
constexpr std::size_t kSuggestionsMax = 10'000;
const BusinessId kBusiness{{1}};

// Of a thousand calls two have no call id in the recording's name (numbers tell), and one an hour
// off besides, so that it is left over on both sides.
std::string call_id_of(std::uint32_t call) {
  return "cdr-" + std::to_string(1'000'000'000 + call);
}
std::int64_t start_of(std::uint32_t call) {
  return kStart + std::int64_t{call / kAgents} * 240'000 + call % kAgents;
}
std::string phone_of(std::uint32_t call) {
  return "138" + std::to_string(10'000'000 + call % 80'000'000);
}
bool is_left_to_number(std::uint32_t call) {
  return call % 1000 == 17 || call % 1000 == 18;
}

Row row_of(std::uint32_t call) {
  Row row;
  row.number = call % kCallsPerItem + 1;
  row.facts.call_id = call_id_of(call);
  row.facts.key = row.facts.call_id;
  row.facts.numbers = {phone_of(call), std::to_string(2'000 + call % kAgents)};
  row.facts.start_ms = start_of(call);
  row.facts.duration_ms = 10'000 + call % 400 * 7'000;
  row.fields = {row.facts.call_id, row.facts.numbers[0], row.facts.numbers[1],
                std::to_string(*row.facts.start_ms), "ok"};
  row.verbatim.bytes[0] = static_cast<std::uint8_t>(call);
  return row;
}

records::RecordingFacts recording_of(std::uint32_t call) {
  records::RecordingFacts facts;
  facts.path = "recordings/" + std::to_string(call / kCallsPerItem) + "/" +
               std::to_string(call % kCallsPerItem) + ".wav";
  facts.size = 480'044;
  facts.content = std::string(text_of(sha256(view_of(facts.path)).view()));
  if (!is_left_to_number(call)) facts.call_id = call_id_of(call);
  facts.numbers = {phone_of(call), std::to_string(2'000 + call % kAgents)};
  facts.start_ms = start_of(call) + (call % 1000 == 18 ? 3'600'000 : 0);
  facts.first_seen_ms = *facts.start_ms + 3'600'000;
  return facts;
}

void make(const std::string& path, std::uint32_t calls) {
  must(catalog::remove_files(path));
  RecordIndex index = value_of(RecordIndex::open(path, OpenMode::write, kBusiness));
  const std::vector<std::string> columns = {"call_id", "phone", "agent", "start", "outcome"};
  for (std::uint32_t first = 0; first < calls; first += kCallsPerItem) {
    const std::string name = "rows/" + std::to_string(first) + ".csv";
    must(index.begin());
    must(index.add_row_item({"rows", name, sha256(view_of(name)), 1, columns}));
    for (std::uint32_t call = first; call < std::min(calls, first + kCallsPerItem); ++call) {
      must(index.add_row(row_of(call)));
      must(index.note_recording(
          recording_of(call),
          catalog::Probe{10'000 + call % 400 * 7'000, records::AudioState::sound, "wav"}));
    }
    must(index.commit({first + 1, sha256(view_of(name))}));
  }
  must(index.checkpoint());
}

// As a backup keeps what it is told.
class Sink final : public records::ReconcileSink {
 public:
  explicit Sink(catalog::RecordInput& input)
      : input_(input), recordings_(input.recording_count(), CallClass::matched) {}

  [[nodiscard]] Result<void> bound(const records::Binding& binding) override {
    ++bindings_;
    return input_.bind(binding);
  }
  [[nodiscard]] Result<void> suggested(const records::Suggestion& suggestion) override {
    suggestions_.add(suggestion);
    return {};
  }
  [[nodiscard]] Result<void> found(const records::RecordingFinding& finding) override {
    recordings_[finding.recording] = finding.call_class;
    return {};
  }
  [[nodiscard]] Result<void> found(const records::RowFinding& finding) override {
    const std::uint32_t id = input_.row_id(finding.row);
    if (rows_.size() <= id) rows_.resize(id + std::size_t{1}, CallClass::matched);
    rows_[id] = finding.call_class;
    return {};
  }
  [[nodiscard]] Result<void> finish(RecordIndex& index) {
    HF_TRY(input_.set_recording_classes(recordings_));
    return catalog::RecordBatch(index).set_row_classes(
        [this](std::uint32_t row) { return row < rows_.size() ? rows_[row] : CallClass::matched; });
  }
  [[nodiscard]] std::uint64_t bindings() const { return bindings_; }
  [[nodiscard]] std::size_t suggestions() const { return suggestions_.kept().size(); }

 private:
  catalog::RecordInput& input_;
  std::uint64_t bindings_ = 0;
  std::vector<CallClass> rows_;        // by id
  std::vector<CallClass> recordings_;  // by number
  records::KeptSuggestions suggestions_{kSuggestionsMax};
};

void judge(const std::string& path) {
  linux::SystemClock clock;
  const std::int64_t begin_ns = clock.monotonic_ns();
  const std::clock_t cpu_begin = std::clock();
  RecordIndex index = value_of(RecordIndex::open(path, OpenMode::write, kBusiness));
  const journal::Head head = value_of(index.head());
  must(index.begin());
  const auto input = value_of(index.reconcile_input());
  const std::uint32_t rows = input->row_count();
  Sink sink(*input);
  const auto report = value_of(records::reconcile(*input, {}, sink));
  const double judged_s = static_cast<double>(clock.monotonic_ns() - begin_ns) / 1e9;
  const double judged_cpu_s = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  must(sink.finish(index));
  must(index.commit(head));
  must(index.checkpoint());
  std::cout.precision(3);
  std::cout << "| " << rows << " | " << report.bound_before << " | " << sink.bindings() << " | "
            << sink.suggestions() << " | " << judged_s << " | " << judged_cpu_s << " | "
            << static_cast<double>(clock.monotonic_ns() - begin_ns) / 1e9 << " | "
            << static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC << " |\n";
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  const std::string_view what = argc > 2 ? argv[2] : "";
  const long calls = argc > 3 ? std::atol(argv[3]) : 0;
  const bool makes = what == "make" && argc == 4 && calls >= 1 && calls <= 100'000'000;
  if (!makes && !(what == "judge" && argc == 3)) {
    std::cerr << "usage: bench_index FOLDER make CALLS | bench_index FOLDER judge\n";
    return 2;
  }
  const std::string path = std::string(argv[1]) + "/records.sqlite";
  if (makes) holdfast::make(path, static_cast<std::uint32_t>(calls));
  if (!makes) holdfast::judge(path);
  return 0;
}
