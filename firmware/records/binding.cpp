// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/binding.h"

#include <algorithm>
#include <array>

#include "hal/base/check.h"

namespace holdfast::records {

namespace {

#define HOLDFAST_NAME(name) std::string_view(#name),
constexpr std::array kContradictions = {HOLDFAST_CONTRADICTIONS(HOLDFAST_NAME)};
constexpr std::array kHints = {HOLDFAST_HINTS(HOLDFAST_NAME)};
#undef HOLDFAST_NAME
constexpr std::array<std::string_view, 4> kRungs = {"call_id", "path", "numbers", "suggestion"};

template <class Names>
std::string_view name_in(const Names& names, std::size_t index) {
  HF_CHECK(index < names.size());
  return names.at(index);
}

bool share_one(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  return std::ranges::any_of(left, [&](const std::string& number) {
    return std::ranges::find(right, number) != right.end();
  });
}

}  // namespace

std::string_view name_of(Rung rung) {
  return name_in(kRungs, static_cast<std::size_t>(rung) - 1);
}

std::string_view name_of(Contradiction contradiction) {
  return name_in(kContradictions, static_cast<std::size_t>(contradiction));
}

std::string_view name_of(Hint hint) {
  return name_in(kHints, static_cast<std::size_t>(hint));
}

Contradiction contradiction_of(const RowFacts& row, const RecordingFacts& recording,
                               const BindingRules& rules) {
  if (!row.call_id.empty() && !recording.call_id.empty() && row.call_id != recording.call_id) {
    return Contradiction::call_ids;
  }
  if (!row.numbers.empty() && !recording.numbers.empty() &&
      !share_one(row.numbers, recording.numbers)) {
    return Contradiction::numbers;
  }
  if (row.start_ms && recording.start_ms &&
      apart(*row.start_ms, *recording.start_ms) > rules.contradiction_ms) {
    return Contradiction::starts;
  }
  return Contradiction::none;
}

}  // namespace holdfast::records
