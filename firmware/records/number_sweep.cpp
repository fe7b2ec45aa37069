// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/number_sweep.h"

#include <algorithm>

namespace holdfast::records {

bool others_agree(const NumberedCall& row, const NumberedCall& recording) {
  const bool has_fewer = row.others.size() < recording.others.size();
  const auto& fewer = has_fewer ? row.others : recording.others;
  const auto& more = has_fewer ? recording.others : row.others;
  return std::ranges::all_of(fewer, [&](const std::string& number) {
    return std::ranges::find(more, number) != more.end();
  });
}

bool durations_agree(const NumberedCall& row, const NumberedCall& recording,
                     const BindingRules& rules) {
  return !row.duration_ms || !recording.duration_ms ||
         apart(*row.duration_ms, *recording.duration_ms) <= rules.duration_tolerance_ms;
}

NumberSweep::NumberSweep(const BindingState& state, const Twins& row_twins,
                         const Twins& recording_twins, const BindingRules& rules)
    : state_(state),
      row_twins_(row_twins),
      recording_twins_(recording_twins),
      rules_(rules),
      recording_of_(state.rows.size()),
      row_of_(state.recordings.size()) {}

Result<void> NumberSweep::run(NumberedStream rows, NumberedStream recordings) {
  NumberedCall row;
  bool has_judged = false;
  for (;;) {
    HF_TRY(const bool is_there, rows.next(row));
    if (!is_there) break;
    const RowState& state = state_.rows[row.id];
    if (state.fault != RowFault::none || state.is_bound() || row.number.empty()) continue;
    HF_TRY(move_window(row, recordings));
    judge(row);
    has_judged = true;
  }
  // To the end of the others too: what is out of order must be seen.
  while (has_judged && !is_at_end_) {
    HF_TRY(const bool is_there, recordings.next(ahead_));
    is_at_end_ = !is_there;
  }
  return {};
}

Result<void> NumberSweep::move_window(const NumberedCall& row, NumberedStream& recordings) {
  const auto is_before = [&](const NumberedCall& call) {
    return call.number < row.number ||
           (call.number == row.number && call.start_ms < row.start_ms &&
            apart(call.start_ms, row.start_ms) > rules_.start_tolerance_ms);
  };
  const auto is_behind = [&](const NumberedCall& call) {
    return call.number > row.number ||
           (call.start_ms > row.start_ms &&
            apart(call.start_ms, row.start_ms) > rules_.start_tolerance_ms);
  };
  while (!window_.empty() && is_before(window_.front())) window_.pop_front();
  while (!is_at_end_) {
    if (!has_ahead_) {
      HF_TRY(has_ahead_, recordings.next(ahead_));
      is_at_end_ = !has_ahead_;
      continue;
    }
    if (!is_before(ahead_)) {
      if (is_behind(ahead_)) break;
      if (!state_.recordings[ahead_.id].is_bound()) put_in_window(ahead_);
    }
    has_ahead_ = false;
  }
  return {};
}

void NumberSweep::put_in_window(NumberedCall& recording) {
  if (window_.size() >= rules_.window_max && !window_.empty()) {
    row_of_[window_.front().id].note_others();
    dropped_ms_ = window_.front().start_ms;
    dropped_number_ = window_.front().number;
    window_.pop_front();
  }
  window_.push_back(recording);
}

void NumberSweep::judge(const NumberedCall& row) {
  Candidate& candidate = recording_of_[row.id];
  for (const NumberedCall& recording : window_) {
    if (!durations_agree(row, recording, rules_) || !others_agree(row, recording)) continue;
    candidate.note(recording.id, recording_twins_);
    row_of_[recording.id].note(row.id, row_twins_);
  }
  if (dropped_number_ == row.number &&
      apart(dropped_ms_, row.start_ms) <= rules_.start_tolerance_ms) {
    candidate.note_others();
  }
}

std::optional<RecordingId> NumberSweep::match_of(RowId row) const {
  const RowState& state = state_.rows[row];
  const auto recording = recording_of_[row].only();
  if (state.is_double || state.is_contradicted() || !recording) return std::nullopt;
  return row_of_[*recording].only() == row ? recording : std::nullopt;
}

}  // namespace holdfast::records
