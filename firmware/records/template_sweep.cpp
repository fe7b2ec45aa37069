// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/template_sweep.h"

#include <algorithm>
#include <string_view>
namespace holdfast::records {

namespace {

std::size_t texts_of(const RecordingFacts& recording) {
  std::size_t size = recording.path.size() + recording.call_id.size() + recording.content.size();
  for (const std::string& number : recording.numbers) size += sizeof(number) + number.size();
  return size;
}

}  // namespace

TemplateSweep::TemplateSweep(const BindingState& state, const Twins& row_twins,
                             const Twins& recording_twins, const BindingRules& rules)
    : state_(state),
      row_twins_(row_twins),
      recording_twins_(recording_twins),
      rules_(rules),
      recording_of_(state.rows.size()),
      starts_agree_(state.rows.size()),
      row_of_(state.recordings.size()) {}

Result<void> TemplateSweep::run(Rows rows, Recordings recordings) {
  RowFacts row;
  for (;;) {
    HF_TRY(const bool is_there, rows.next(row));
    if (!is_there) break;
    if (state_.rows[row.id].fault != RowFault::none) continue;
    const PathPattern pattern = PathPattern::parse(row.path);
    if (pattern.is_exact()) continue;
    HF_TRY(move_window(pattern.prefix(), recordings));
    judge(row, pattern);
  }
  // To the end of the others too: what is out of order must be seen.
  while (!is_at_end_) {
    HF_TRY(const bool is_there, recordings.next(ahead_));
    is_at_end_ = !is_there;
  }
  return {};
}

// Prefixes rise as the rows do, so nothing is asked for that was left behind.
Result<void> TemplateSweep::move_window(const std::string& prefix, Recordings& recordings) {
  if (prefix_ == prefix) return {};
  prefix_ = prefix;
  while (!window_.empty() && window_.front().path < prefix) {
    window_bytes_ -= texts_of(window_.front());
    window_.pop_front();
  }
  const auto begins_so = [&](const RecordingFacts& recording) {
    return recording.path.starts_with(prefix);
  };
  const auto has_room = [&] {
    return window_.size() < kWindowMax && window_bytes_ < kWindowBytesMax;
  };
  while (!is_at_end_ && has_room() && (window_.empty() || begins_so(window_.back()))) {
    HF_TRY(const bool is_there, recordings.next(ahead_));
    is_at_end_ = !is_there;
    if (is_there && ahead_.path >= prefix) put_in_window();
  }
  const auto end = std::ranges::partition_point(window_, begins_so);
  window_size_ = static_cast<std::size_t>(end - window_.begin());
  is_window_full_ = window_size_ == window_.size() && !has_room() && !is_at_end_;
  names_.build(is_window_full_ ? 0 : static_cast<std::uint32_t>(window_size_),
               [this](std::uint32_t place) {
                 return std::string_view(window_[place].path).substr(prefix_->size());
               });
  return {};
}

void TemplateSweep::put_in_window() {
  if (claimed_ && ahead_.path.starts_with(*claimed_)) row_of_[ahead_.id].note_others();
  window_bytes_ += texts_of(ahead_);
  window_.push_back(std::move(ahead_));
}

bool TemplateSweep::do_starts_agree(const RowFacts& row, const RecordingFacts& recording) const {
  if (!row.start_ms || !recording.start_ms) return true;
  const auto off =
      std::max(*row.start_ms, *recording.start_ms) - std::min(*row.start_ms, *recording.start_ms);
  return static_cast<std::uint64_t>(off) <= rules_.start_tolerance_ms;
}

// Any of it may be the one of a row whose recordings are too many to look at, and so may be what
// begins alike and had no room in it.
void TemplateSweep::claim_window() {
  if (claimed_ && prefix_->starts_with(*claimed_)) return;
  claimed_ = prefix_;
  for (std::size_t at = 0; at < window_size_; ++at) row_of_[window_[at].id].note_others();
}

void TemplateSweep::judge(const RowFacts& row, const PathPattern& pattern) {
  Candidate& recording_of = recording_of_[row.id];
  const auto places = is_window_full_ ? std::nullopt : names_.candidates_of(pattern);
  std::vector<const RecordingFacts*> fitting;
  for (const std::uint32_t at : places.value_or(std::vector<std::uint32_t>())) {
    const RecordingFacts& recording = window_[at];
    const bool fits = pattern.fits(recording.path) &&
                      contradiction_of(row, recording, rules_) == Contradiction::none;
    if (fits) fitting.push_back(&recording);
  }
  if (!places) claim_window();
  for (const RecordingFacts* recording : fitting) row_of_[recording->id].note(row.id, row_twins_);
  if (!places || fitting.size() > rules_.legs_max) {
    recording_of.note_others();
    return;
  }
  for (const RecordingFacts* recording : fitting) {
    recording_of.note(recording->id, recording_twins_);
    if (recording_of.only() == recording->id) {
      starts_agree_[row.id] = do_starts_agree(row, *recording);
    }
    if (pairs_.size() < kPairsMax) {
      pairs_.push_back({row.id, recording->id, Hint::several, row.start_ms});
    }
  }
}

std::optional<RecordingId> TemplateSweep::match_of(RowId row) const {
  const RowState& state = state_.rows[row];
  const auto recording = recording_of_[row].only();
  if (state.is_double || state.is_contradicted() || !recording) return std::nullopt;
  if (row_of_[*recording].only() != row) return std::nullopt;
  // A name that fits, a day apart, is another call's as likely as not.
  return starts_agree_[row] ? recording : std::nullopt;
}

bool TemplateSweep::has_any(RowId row) const {
  return !state_.rows[row].is_double && recording_of_[row].has_any();
}

}  // namespace holdfast::records
