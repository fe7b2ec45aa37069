// SPDX-License-Identifier: Apache-2.0
// A small world of rows and recordings, handed in sorted as a catalog would, and what came out of
// its reconciliation as values that tests compare.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "firmware/records/reconcile.h"

namespace holdfast::records {

inline std::ostream& operator<<(std::ostream& out, CallClass call_class) {
  return out << name_of(call_class);
}
inline std::ostream& operator<<(std::ostream& out, const Binding& binding) {
  return out << "row " << binding.row << " - recording " << binding.recording << " by "
             << name_of(binding.rung);
}
inline std::ostream& operator<<(std::ostream& out, Contradiction contradiction) {
  return out << name_of(contradiction);
}
inline std::ostream& operator<<(std::ostream& out, Hint hint) {
  return out << name_of(hint);
}

template <class T>
class VectorStream final : public Stream<T> {
 public:
  explicit VectorStream(std::vector<T> elements) : elements_(std::move(elements)) {}

  [[nodiscard]] Result<bool> next(T& out) override {
    if (index_ == elements_.size()) return false;
    out = elements_[index_++];
    return true;
  }

 private:
  std::vector<T> elements_;
  std::size_t index_ = 0;
};

struct World {
  std::vector<RowFacts> rows;  // ids are set to their places
  std::vector<RecordingFacts> recordings;
  std::vector<Binding> bindings;

  RowFacts& row() { return rows.emplace_back(); }
  RecordingFacts& recording() { return recordings.emplace_back(); }
};

class WorldInput : public ReconcileInput {
 public:
  explicit WorldInput(World world) : world_(std::move(world)) {
    for (std::uint32_t id = 0; id < world_.rows.size(); ++id) world_.rows[id].id = id;
    for (std::uint32_t id = 0; id < world_.recordings.size(); ++id) world_.recordings[id].id = id;
  }

  [[nodiscard]] std::uint32_t row_count() const override {
    return static_cast<std::uint32_t>(world_.rows.size());
  }
  [[nodiscard]] std::uint32_t recording_count() const override {
    return static_cast<std::uint32_t>(world_.recordings.size());
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows() override { return stream(world_.rows); }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings() override {
    return stream(world_.recordings);
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_key() override {
    return sorted(sound_rows(), &RowFacts::key);
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_content() override {
    return sorted(world_.recordings, &RecordingFacts::content);
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_call_id() override {
    return sorted(sound_rows(), &RowFacts::call_id);
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_call_id() override {
    return sorted(world_.recordings, &RecordingFacts::call_id);
  }
  [[nodiscard]] Result<StreamPointer<RowFacts>> rows_by_path() override {
    return sorted(sound_rows(), &RowFacts::path);
  }
  [[nodiscard]] Result<StreamPointer<RecordingFacts>> recordings_by_path() override {
    return sorted(world_.recordings, &RecordingFacts::path);
  }
  [[nodiscard]] Result<StreamPointer<NumberedCall>> rows_by_number(const Wanted& wanted) override {
    return numbered(sound_rows(), wanted);
  }
  [[nodiscard]] Result<StreamPointer<NumberedCall>> recordings_by_number(
      const Wanted& wanted) override {
    return numbered(world_.recordings, wanted);
  }
  [[nodiscard]] Result<StreamPointer<Binding>> bindings() override {
    auto sorted = world_.bindings;
    std::ranges::sort(sorted, {}, [](const Binding& b) { return std::pair(b.row, b.recording); });
    return stream(std::move(sorted));
  }

 protected:
  template <class T>
  static StreamPointer<T> stream(std::vector<T> elements) {
    return std::make_unique<VectorStream<T>>(std::move(elements));
  }

 private:
  [[nodiscard]] std::vector<RowFacts> sound_rows() const {
    auto rows = world_.rows;
    std::erase_if(rows, [](const RowFacts& row) { return row.fault != RowFault::none; });
    return rows;
  }
  template <class T>
  static StreamPointer<T> sorted(std::vector<T> all, std::string T::* text) {
    std::ranges::sort(all, [text](const T& left, const T& right) {
      return std::tie(left.*text, left.id) < std::tie(right.*text, right.id);
    });
    return stream(std::move(all));
  }
  template <class T>
  static StreamPointer<NumberedCall> numbered(const std::vector<T>& all, const Wanted& wanted) {
    std::vector<NumberedCall> calls;
    for (const T& facts : all) {
      for (const std::string& number : facts.numbers) {
        if (!facts.start_ms || !wanted.at(facts.id)) continue;
        NumberedCall call{number, facts.numbers, *facts.start_ms, facts.duration_ms, facts.id};
        std::erase(call.others, number);
        calls.push_back(std::move(call));
      }
    }
    std::ranges::sort(calls, {}, [](const NumberedCall& call) {
      return std::tuple(call.number, call.start_ms, call.id);
    });
    return stream(std::move(calls));
  }

  World world_;
};

using Pair = std::pair<RowId, RecordingId>;

struct Outcome final : ReconcileSink {
  std::map<Pair, Rung> bindings;  // new ones
  std::multimap<Pair, Hint> suggestions;
  std::map<RowId, RowFinding> row_findings;
  std::map<RecordingId, RecordingFinding> recording_findings;
  ReconcileReport report;

  [[nodiscard]] Result<void> bound(const Binding& binding) override {
    const bool is_new = bindings.emplace(Pair(binding.row, binding.recording), binding.rung).second;
    REQUIRE(is_new);
    return {};
  }
  [[nodiscard]] Result<void> suggested(const Suggestion& suggestion) override {
    suggestions.emplace(Pair(suggestion.row, suggestion.recording), suggestion.hint);
    return {};
  }
  [[nodiscard]] Result<void> found(const RecordingFinding& finding) override {
    REQUIRE(recording_findings.emplace(finding.recording, finding).second);
    return {};
  }
  [[nodiscard]] Result<void> found(const RowFinding& finding) override {
    REQUIRE(row_findings.emplace(finding.row, finding).second);
    return {};
  }

  [[nodiscard]] CallClass row(RowId id) const {
    const auto found = row_findings.find(id);
    return found == row_findings.end() ? CallClass::matched : found->second.call_class;
  }
  [[nodiscard]] CallClass recording(RecordingId id) const {
    const auto found = recording_findings.find(id);
    return found == recording_findings.end() ? CallClass::matched : found->second.call_class;
  }
};

inline Outcome reconciled(World world, const ReconcileRules& rules = {}) {
  WorldInput input(std::move(world));
  Outcome outcome;
  auto report = reconcile(input, rules, outcome);
  if (!report) FAIL(debug_text(report.error()));
  outcome.report = *report;
  return outcome;
}

}  // namespace holdfast::records
