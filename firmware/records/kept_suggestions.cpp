// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/kept_suggestions.h"

#include <iterator>
#include <tuple>

namespace holdfast::records {

bool KeptSuggestions::IsLater::operator()(const Suggestion& left, const Suggestion& right) const {
  // No start is before every other one.
  if (left.start_ms != right.start_ms) return left.start_ms > right.start_ms;
  return std::tie(left.row, left.recording) < std::tie(right.row, right.recording);
}

void KeptSuggestions::add(const Suggestion& suggestion) {
  kept_.insert(suggestion);
  if (kept_.size() <= count_max_) return;
  kept_.erase(std::prev(kept_.end()));
  ++left_out_;
}

}  // namespace holdfast::records
