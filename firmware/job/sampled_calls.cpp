// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/sampled_calls.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "firmware/records/binding_ladder.h"
#include "firmware/records/reconcile_input.h"

namespace holdfast::job {

namespace {

using records::NumberedCall;
using records::RecordingFacts;
using records::RowFacts;
using records::StreamPointer;

// Elements of a vector that outlives it, by their places in an order.
template <class T>
class Ordered final : public records::Stream<T> {
 public:
  Ordered(const std::vector<T>& elements, std::vector<std::uint32_t> order)
      : elements_(elements), order_(std::move(order)) {}
  Result<bool> next(T& out) override {
    if (index_ == order_.size()) return false;
    out = elements_[order_[index_++]];
    return true;
  }

 private:
  const std::vector<T>& elements_;
  std::vector<std::uint32_t> order_;
  std::size_t index_ = 0;
};

template <class T>
class Listed final : public records::Stream<T> {
 public:
  explicit Listed(std::vector<T> elements) : elements_(std::move(elements)) {}
  Result<bool> next(T& out) override {
    if (index_ == elements_.size()) return false;
    out = std::move(elements_[index_++]);
    return true;
  }

 private:
  std::vector<T> elements_;
  std::size_t index_ = 0;
};

bool is_sound(const RowFacts& row) {
  return row.fault == records::RowFault::none;
}
bool is_sound(const RecordingFacts&) {
  return true;
}

class SampleInput final : public records::ReconcileInput {
 public:
  SampleInput(std::vector<RowFacts> rows, std::vector<RecordingFacts> recordings)
      : rows_(std::move(rows)), recordings_(std::move(recordings)) {
    for (std::uint32_t id = 0; id < rows_.size(); ++id) rows_[id].id = id;
    for (std::uint32_t id = 0; id < recordings_.size(); ++id) recordings_[id].id = id;
  }

  [[nodiscard]] std::uint32_t row_count() const override {
    return static_cast<std::uint32_t>(rows_.size());
  }
  [[nodiscard]] std::uint32_t recording_count() const override {
    return static_cast<std::uint32_t>(recordings_.size());
  }
  Result<StreamPointer<RowFacts>> rows() override { return all(rows_); }
  Result<StreamPointer<RecordingFacts>> recordings() override { return all(recordings_); }
  Result<StreamPointer<RowFacts>> rows_by_key() override { return by(rows_, &RowFacts::key); }
  Result<StreamPointer<RecordingFacts>> recordings_by_content() override {
    return by(recordings_, &RecordingFacts::content);
  }
  Result<StreamPointer<RowFacts>> rows_by_call_id() override {
    return by(rows_, &RowFacts::call_id);
  }
  Result<StreamPointer<RecordingFacts>> recordings_by_call_id() override {
    return by(recordings_, &RecordingFacts::call_id);
  }
  Result<StreamPointer<RowFacts>> rows_by_path() override { return by(rows_, &RowFacts::path); }
  Result<StreamPointer<RecordingFacts>> recordings_by_path() override {
    return by(recordings_, &RecordingFacts::path);
  }
  Result<StreamPointer<NumberedCall>> rows_by_number(const Wanted& wanted) override {
    return by_number(rows_, wanted);
  }
  Result<StreamPointer<NumberedCall>> recordings_by_number(const Wanted& wanted) override {
    return by_number(recordings_, wanted);
  }
  Result<StreamPointer<records::Binding>> bindings() override {
    return StreamPointer<records::Binding>(
        std::make_unique<Listed<records::Binding>>(std::vector<records::Binding>()));
  }

 private:
  template <class T>
  static StreamPointer<T> all(const std::vector<T>& elements) {
    std::vector<std::uint32_t> order(elements.size());
    std::iota(order.begin(), order.end(), 0U);
    return std::make_unique<Ordered<T>>(elements, std::move(order));
  }
  template <class T>
  static StreamPointer<T> by(const std::vector<T>& elements, std::string T::* text) {
    std::vector<std::uint32_t> order;
    for (const T& element : elements) {
      if (is_sound(element) && !(element.*text).empty()) order.push_back(element.id);
    }
    std::ranges::sort(order, {}, [&](std::uint32_t id) {
      return std::tuple<const std::string&, std::uint32_t>(elements[id].*text, id);
    });
    return std::make_unique<Ordered<T>>(elements, std::move(order));
  }
  template <class T>
  static StreamPointer<NumberedCall> by_number(const std::vector<T>& elements,
                                               const Wanted& wanted) {
    std::vector<NumberedCall> calls;
    for (const T& element : elements) {
      if (!is_sound(element) || !element.start_ms || !wanted.at(element.id)) continue;
      for (const std::string& number : element.numbers) {
        NumberedCall call{number, element.numbers, *element.start_ms, element.duration_ms,
                          element.id};
        std::erase(call.others, number);
        calls.push_back(std::move(call));
      }
    }
    std::ranges::sort(calls, {}, [](const NumberedCall& call) {
      return std::tuple<const std::string&, std::int64_t, std::uint32_t>(call.number, call.start_ms,
                                                                         call.id);
    });
    return std::make_unique<Listed<NumberedCall>>(std::move(calls));
  }

  std::vector<RowFacts> rows_;
  std::vector<RecordingFacts> recordings_;
};

class Bound final : public records::BindingSink {
 public:
  Result<void> bound(const records::Binding& binding) override {
    bindings.push_back(binding);
    return {};
  }
  Result<void> suggested(const records::Suggestion&) override { return {}; }

  std::vector<records::Binding> bindings;
};

}  // namespace

Result<std::vector<records::Binding>> bind_sample(std::vector<RowFacts> rows,
                                                  std::vector<RecordingFacts> recordings,
                                                  const records::BindingRules& rules) {
  SampleInput input(std::move(rows), std::move(recordings));
  Bound sink;
  HF_TRY(const auto state, records::bind(input, rules, sink));
  static_cast<void>(state);
  return std::move(sink.bindings);
}

}  // namespace holdfast::job
