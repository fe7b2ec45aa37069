// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/binding_state.h"

#include <algorithm>
#include <array>

#include "hal/base/check.h"

namespace holdfast::records {

namespace {

constexpr std::uint32_t kRungShift = 30;

std::uint32_t packed(const Binding& binding) {
  HF_CHECK(binding.row < RowsOfRecordings::kRowEnd && binding.rung != Rung::suggestion);
  return binding.row | static_cast<std::uint32_t>(binding.rung) << kRungShift;
}

Binding unpacked(RecordingId recording, std::uint32_t word) {
  return {word & RowsOfRecordings::kRowEnd, recording, static_cast<Rung>(word >> kRungShift)};
}

}  // namespace

void RowsOfRecordings::add(const Binding& binding) {
  std::uint32_t& first = first_.at(binding.recording);
  if (first == 0) {
    first = packed(binding);
  } else {
    more_.emplace_back(binding.recording, packed(binding));
  }
}

void RowsOfRecordings::sort() {
  std::ranges::sort(more_);
  sorted_ = more_.size();
  more_index_ = 0;
}

bool RowsOfRecordings::has(RowId row, RecordingId recording) const {
  const std::span sorted = std::span(more_).first(sorted_);
  return std::ranges::any_of(
      std::array{Rung::call_id, Rung::path, Rung::numbers}, [&](const Rung rung) {
        const std::uint32_t word = packed({row, recording, rung});
        return first_.at(recording) == word ||
               std::ranges::binary_search(sorted, std::pair(recording, word));
      });
}

void RowsOfRecordings::of(RecordingId recording, std::vector<Binding>& bindings) {
  bindings.clear();
  if (first_.at(recording) == 0) return;
  bindings.push_back(unpacked(recording, first_[recording]));
  for (; more_index_ < more_.size() && more_[more_index_].first == recording; ++more_index_) {
    bindings.push_back(unpacked(recording, more_[more_index_].second));
  }
}

void BindingState::bind(const Binding& binding) {
  RowState& row = rows.at(binding.row);
  RecordingState& recording = recordings.at(binding.recording);
  bindings.add(binding);
  const bool is_by_numbers = binding.rung == Rung::numbers;
  if (is_by_numbers) recording.by_numbers = true;
  if (!is_by_numbers) recording.by_evidence = true;
  if (is_by_numbers) row.by_numbers = true;
  if (binding.rung == Rung::path) row.by_path = true;
  if (binding.rung == Rung::call_id) row.by_call_id = true;
}

}  // namespace holdfast::records
