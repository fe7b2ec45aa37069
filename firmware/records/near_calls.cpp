// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/near_calls.h"

#include <algorithm>

namespace holdfast::records {

namespace {

constexpr std::size_t kSideMax = 64;

}  // namespace

Result<void> NearCalls::suggest(const NumberedCall& row, std::size_t count_max,
                                std::vector<Suggestion>& suggestions) {
  suggestions.clear();
  HF_TRY(move_to(row));
  // Both sides rise away from the row: the nearer end of the two is next.
  auto before = passed_.rbegin();
  auto after = coming_.begin();
  while (suggestions.size() < count_max && (before != passed_.rend() || after != coming_.end())) {
    const bool takes_before = after == coming_.end() || (before != passed_.rend() &&
                                                         apart(before->start_ms, row.start_ms) <=
                                                             apart(after->start_ms, row.start_ms));
    const NumberedCall& recording = takes_before ? *before++ : *after++;
    if (const auto hint = hint_of(row, recording)) {
      suggestions.push_back({row.id, recording.id, *hint, row.start_ms});
    }
  }
  return {};
}

Result<void> NearCalls::move_to(const NumberedCall& row) {
  if (!passed_.empty() && passed_.front().number != row.number) passed_.clear();
  if (!coming_.empty() && coming_.front().number != row.number) coming_.clear();
  while (!coming_.empty() && coming_.front().start_ms <= row.start_ms) {
    pass(std::move(coming_.front()));
    coming_.pop_front();
  }
  while (coming_.size() < kSideMax) {
    if (!has_ahead_ && !is_at_end_) {
      HF_TRY(has_ahead_, recordings_.next(ahead_));
    }
    is_at_end_ = !has_ahead_;
    if (is_at_end_ || ahead_.number > row.number) break;
    has_ahead_ = false;
    if (ahead_.number < row.number || state_.recordings[ahead_.id].is_bound()) continue;
    if (ahead_.start_ms <= row.start_ms) {
      pass(ahead_);
    } else {
      coming_.push_back(ahead_);
    }
  }
  return {};
}

void NearCalls::pass(NumberedCall recording) {
  passed_.push_back(std::move(recording));
  if (passed_.size() > kSideMax) passed_.pop_front();
}

std::optional<Hint> NearCalls::hint_of(const NumberedCall& row,
                                       const NumberedCall& recording) const {
  const std::uint64_t start_difference = apart(row.start_ms, recording.start_ms);
  if (start_difference > std::max(rules_.suggestion_ms, rules_.start_tolerance_ms)) return {};
  const bool start_agrees = start_difference <= rules_.start_tolerance_ms;
  const bool duration_agrees = durations_agree(row, recording, rules_);
  const bool numbers_agree = others_agree(row, recording);
  if (start_agrees + duration_agrees + numbers_agree < 2) return {};
  if (!start_agrees) return Hint::start;
  if (!duration_agrees) return Hint::duration;
  return numbers_agree ? Hint::several : Hint::other_number;
}

}  // namespace holdfast::records
