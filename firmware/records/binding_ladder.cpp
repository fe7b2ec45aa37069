// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/binding_ladder.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "firmware/records/alike_calls.h"
#include "firmware/records/near_calls.h"
#include "firmware/records/number_sweep.h"
#include "firmware/records/sorted_stream.h"
#include "firmware/records/template_sweep.h"
#include "firmware/records/twins.h"

namespace holdfast::records {

namespace {

template <auto key_of>
using RowStream = SortedStream<RowFacts, key_of>;
template <auto key_of>
using RecordingStream = SortedStream<RecordingFacts, key_of>;

SortKey by_row_and_recording(const Binding& binding) {
  return {{}, binding.row, binding.recording};
}

bool wants_recording(const RowFacts& row, const BindingRules& rules) {
  const auto& duration_ms = row.duration_ms;
  const bool is_short = duration_ms && *duration_ms >= 0 &&
                        static_cast<std::uint64_t>(*duration_ms) < rules.minimum_ms;
  return row.expects_recording && !is_short;
}

class Ladder {
 public:
  Ladder(ReconcileInput& input, const BindingRules& rules, BindingSink& sink)
      : input_(input),
        rules_(rules),
        sink_(sink),
        state_(input.row_count(), input.recording_count()),
        suggestions_(input.row_count()),
        wants_recording_(input.row_count()),
        had_recording_(input.row_count()) {}

  [[nodiscard]] Result<BindingState> climb() {
    HF_TRY(load_rows());
    HF_TRY(load_bindings());
    HF_TRY(join_call_ids());
    HF_TRY(join_paths());
    HF_TRY(find_copies());
    HF_TRY(join_templates());
    HF_TRY(bind_by_numbers());
    mark_copies();
    HF_TRY(suggest());
    return std::move(state_);
  }

 private:
  [[nodiscard]] Result<void> load_rows();
  [[nodiscard]] Result<void> load_bindings();
  [[nodiscard]] Result<void> join_call_ids();
  [[nodiscard]] Result<void> join_paths();
  [[nodiscard]] Result<void> join_templates();
  [[nodiscard]] Result<void> bind(const Binding& binding);
  [[nodiscard]] Result<void> find_copies();
  [[nodiscard]] bool claim_content(RecordingId recording);
  void mark_copies();
  [[nodiscard]] bool has_left_over() const;
  [[nodiscard]] Result<void> bind_by_numbers();
  [[nodiscard]] Result<void> suggest();
  [[nodiscard]] Result<void> suggest_near();
  [[nodiscard]] Result<void> suggest(const Suggestion& suggestion);
  [[nodiscard]] Result<void> load_left_over(AlikeCalls& calls);
  [[nodiscard]] bool wants_suggestion(RowId row) const;
  [[nodiscard]] Result<NumberedStream> rows_by_number();
  [[nodiscard]] Result<NumberedStream> recordings_by_number();
  template <auto row_key, auto recording_key>
  [[nodiscard]] Result<void> join(Rung rung, RowStream<row_key> row_stream,
                                  RecordingStream<recording_key> recording_stream,
                                  std::uint64_t& crowds);
  [[nodiscard]] Result<void> pair_up_all(Rung rung, std::span<const RowFacts> rows,
                                         std::span<const RecordingFacts> recordings);
  [[nodiscard]] Result<void> pair_up(Rung rung, const RowFacts& row,
                                     const RecordingFacts& recording);
  [[nodiscard]] Result<void> contradict(Rung rung, const Suggestion& suggestion,
                                        Contradiction contradiction);

  ReconcileInput& input_;
  const BindingRules& rules_;
  BindingSink& sink_;
  BindingState state_;
  std::vector<std::uint8_t> suggestions_;  // given to each row
  std::vector<bool> wants_recording_;      // of rows
  std::vector<bool> had_recording_;        // of rows: theirs was pruned, and no other one is
  ReconcileInput::Wanted rows_left_;       // of rungs 3 and 4
  ReconcileInput::Wanted recordings_left_;
  bool has_templates_ = false;         // with a star, of some rows
  std::vector<Suggestion> ambiguous_;  // by these templates
  Twins row_twins_;
  Twins recording_twins_;
  std::vector<bool> has_bound_;  // of recordings with the same bytes, at the first one's id
};

Result<void> Ladder::load_rows() {
  HF_TRY(auto stream, input_.rows());
  RowStream<by_id<RowFacts>> rows(std::move(stream), "rows", input_.row_count());
  RowFacts row;
  for (RowId id = 0;; ++id) {
    HF_TRY(const bool is_there, rows.next(row));
    if (is_there != (id < input_.row_count()) || (is_there && row.id != id)) {
      return make_error(ErrorCode::internal, "rows", {{"what", "records not as counted"}});
    }
    if (!is_there) break;
    state_.rows[id].fault = row.fault;
    wants_recording_[id] = wants_recording(row, rules_) && !row.had_recording;
    had_recording_[id] = row.had_recording;
  }
  HF_TRY(auto by_keys, input_.rows_by_key());
  HF_TRY(row_twins_,
         find_twins(RowStream<by_key>(std::move(by_keys), "rows by key", input_.row_count()),
                    input_.row_count()));
  for (RowId id = 0; id < input_.row_count(); ++id) {
    state_.rows[id].is_double = row_twins_.first_of(id) != id;
  }
  return {};
}

Result<void> Ladder::load_bindings() {
  HF_TRY(auto stream, input_.bindings());
  SortedStream<Binding, by_row_and_recording> bindings(std::move(stream), "bindings",
                                                       input_.recording_count());
  Binding binding;
  for (;;) {
    HF_TRY(const bool is_there, bindings.next(binding));
    if (!is_there) break;
    if (binding.row >= input_.row_count() || binding.rung < Rung::call_id ||
        binding.rung > Rung::numbers) {
      return make_error(ErrorCode::internal, "bindings", {{"what", "binding of nothing"}});
    }
    state_.bind(binding);
    ++state_.bound_before;
    state_.rows[binding.row].was_bound = true;
    state_.recordings[binding.recording].was_bound = true;
  }
  state_.bindings.sort();
  return {};
}

// What an earlier run bound, and what it did not bind to each other, stays as it is.
Result<void> Ladder::pair_up(Rung rung, const RowFacts& row, const RecordingFacts& recording) {
  RowState& state = state_.rows[row.id];
  if (state.fault != RowFault::none) return {};
  const bool is_history = state.was_bound && state_.recordings[recording.id].was_bound;
  if (is_history && state_.bindings.has(row.id, recording.id)) return {};
  const bool is_by_call_id =
      !row.call_id.empty() && row.call_id == recording.call_id && !state.has_shared_id;
  if (rung == Rung::path && is_by_call_id) return {};  // dealt with by rung 1
  const Contradiction contradiction = contradiction_of(row, recording, rules_);
  if (contradiction != Contradiction::none) {
    return contradict(rung, {row.id, recording.id, Hint::contradiction, row.start_ms},
                      contradiction);
  }
  if (is_history) return {};
  return bind({row.id, recording.id, rung});
}

Result<void> Ladder::bind(const Binding& binding) {
  state_.bind(binding);
  return sink_.bound(binding);
}

Result<void> Ladder::contradict(Rung rung, const Suggestion& suggestion,
                                Contradiction contradiction) {
  RowState& row = state_.rows[suggestion.row];
  if (rung == Rung::call_id) row.against_call_id = true;
  if (rung == Rung::path) row.against_path = true;
  row.contradiction = contradiction;
  state_.recordings[suggestion.recording].contradiction = contradiction;
  return suggest(suggestion);
}

template <auto row_key, auto recording_key>
Result<void> Ladder::join(Rung rung, RowStream<row_key> row_stream,
                          RecordingStream<recording_key> recording_stream, std::uint64_t& crowds) {
  Groups<RowFacts, row_key> rows(std::move(row_stream), rules_.legs_max);
  Groups<RecordingFacts, recording_key> recordings(std::move(recording_stream), rules_.legs_max);
  const auto on_row_crowd = [&](RowId row) {
    if (rung == Rung::call_id) state_.rows[row].has_shared_id = true;
  };
  const auto on_recording_crowd = [](RecordingId) {};
  HF_TRY(bool has_rows, rows.next(on_row_crowd));
  HF_TRY(bool has_recordings, recordings.next(on_recording_crowd));
  // To the ends of both, though one alone finds no partner: what is out of order must be seen.
  const bool has_pairs = has_rows && has_recordings;
  while (has_pairs && (has_rows || has_recordings)) {
    if (has_rows && rung == Rung::path && rows.text().contains(kStar)) has_templates_ = true;
    const int order = !has_rows ? 1 : !has_recordings ? -1 : rows.text().compare(recordings.text());
    if (order == 0 && (rows.is_crowd() || recordings.is_crowd())) {
      ++crowds;
      for (const RowFacts& row : rows.members()) on_row_crowd(row.id);
    } else if (order == 0) {
      HF_TRY(pair_up_all(rung, rows.members(), recordings.members()));
    }
    if (order <= 0) {
      HF_TRY(has_rows, rows.next(on_row_crowd));
    }
    if (order >= 0) {
      HF_TRY(has_recordings, recordings.next(on_recording_crowd));
    }
  }
  return {};
}

Result<void> Ladder::pair_up_all(Rung rung, std::span<const RowFacts> rows,
                                 std::span<const RecordingFacts> recordings) {
  for (const RowFacts& row : rows) {
    for (const RecordingFacts& recording : recordings) HF_TRY(pair_up(rung, row, recording));
  }
  return {};
}

Result<void> Ladder::join_call_ids() {
  HF_TRY(auto rows, input_.rows_by_call_id());
  HF_TRY(auto recordings, input_.recordings_by_call_id());
  return join(
      Rung::call_id,
      RowStream<by_call_id<RowFacts>>(std::move(rows), "rows by call id", input_.row_count()),
      RecordingStream<by_call_id<RecordingFacts>>(std::move(recordings), "recordings by call id",
                                                  input_.recording_count()),
      state_.shared_call_ids);
}

Result<void> Ladder::join_paths() {
  HF_TRY(auto rows, input_.rows_by_path());
  HF_TRY(auto recordings, input_.recordings_by_path());
  return join(Rung::path,
              RowStream<by_path<RowFacts>>(std::move(rows), "rows by path", input_.row_count()),
              RecordingStream<by_path<RecordingFacts>>(std::move(recordings), "recordings by path",
                                                       input_.recording_count()),
              state_.shared_paths);
}

// Of what is left over alone, which mostly is little.
Result<NumberedStream> Ladder::rows_by_number() {
  rows_left_.resize(state_.rows.size());
  for (RowId row = 0; row < state_.rows.size(); ++row) {
    const RowState& state = state_.rows[row];
    rows_left_[row] = state.fault == RowFault::none && !state.is_bound();
  }
  HF_TRY(auto rows, input_.rows_by_number(rows_left_));
  return NumberedStream(std::move(rows), "rows by number", input_.row_count());
}

Result<NumberedStream> Ladder::recordings_by_number() {
  recordings_left_.resize(state_.recordings.size());
  for (RecordingId id = 0; id < state_.recordings.size(); ++id) {
    recordings_left_[id] = !state_.recordings[id].is_bound();
  }
  HF_TRY(auto recordings, input_.recordings_by_number(recordings_left_));
  return NumberedStream(std::move(recordings), "recordings by number", input_.recording_count());
}

Result<void> Ladder::find_copies() {
  HF_TRY(auto by_contents, input_.recordings_by_content());
  HF_TRY(recording_twins_,
         find_twins(RecordingStream<by_content>(std::move(by_contents), "recordings by content",
                                                input_.recording_count()),
                    input_.recording_count()));
  if (!recording_twins_.has_any()) return {};
  has_bound_.resize(input_.recording_count());
  for (RecordingId id = 0; id < input_.recording_count(); ++id) {
    if (state_.recordings[id].is_bound()) has_bound_[recording_twins_.first_of(id)] = true;
  }
  return {};
}

// Of recordings with the same bytes templates and numbers bind one at most.
bool Ladder::claim_content(RecordingId recording) {
  if (!recording_twins_.has_any()) return true;
  const RecordingId first = recording_twins_.first_of(recording);
  if (has_bound_[first]) return false;
  has_bound_[first] = true;
  return true;
}

// What a template says is weaker than a path: it binds only what nothing else has bound.
Result<void> Ladder::join_templates() {
  if (!has_templates_) return {};
  TemplateSweep sweep(state_, row_twins_, recording_twins_, rules_);
  HF_TRY(auto rows, input_.rows_by_path());
  HF_TRY(auto recordings, input_.recordings_by_path());
  HF_TRY(sweep.run({std::move(rows), "rows by path", input_.row_count()},
                   {std::move(recordings), "recordings by path", input_.recording_count()}));
  for (RowId row = 0; row < input_.row_count(); ++row) {
    RowState& state = state_.rows[row];
    if (state.is_bound() || had_recording_[row]) continue;
    const auto recording = sweep.match_of(row);
    const bool is_free =
        recording && !state_.recordings[*recording].is_bound() && claim_content(*recording);
    if (is_free) HF_TRY(bind({row, *recording, Rung::path}));
    const bool is_told = is_free || state.contradiction != Contradiction::none;
    if (!is_told && sweep.has_any(row)) state.contradiction = Contradiction::ambiguous;
  }
  ambiguous_ = sweep.take_pairs();
  return {};
}

// Of recordings with the same bytes the first one that is bound goes before the others, else the
// first one.
void Ladder::mark_copies() {
  if (!recording_twins_.has_any()) return;
  constexpr std::uint32_t kNone = UINT32_MAX;
  std::vector<RecordingId> chosen(input_.recording_count(), kNone);
  for (const bool wants_bound : {true, false}) {
    for (RecordingId id = 0; id < input_.recording_count(); ++id) {
      RecordingId& first = chosen[recording_twins_.first_of(id)];
      if (first == kNone && state_.recordings[id].is_bound() == wants_bound) first = id;
    }
  }
  for (RecordingId id = 0; id < input_.recording_count(); ++id) {
    state_.recordings[id].is_copy = chosen[recording_twins_.first_of(id)] != id;
  }
}

bool Ladder::has_left_over() const {
  return std::ranges::any_of(
             state_.rows,
             [](const RowState& row) { return row.fault == RowFault::none && !row.is_bound(); }) &&
         std::ranges::any_of(state_.recordings,
                             [](const RecordingState& recording) { return !recording.is_bound(); });
}

Result<void> Ladder::bind_by_numbers() {
  if (!has_left_over()) return {};
  NumberSweep sweep(state_, row_twins_, recording_twins_, rules_);
  HF_TRY(auto rows, rows_by_number());
  HF_TRY(auto recordings, recordings_by_number());
  HF_TRY(sweep.run(std::move(rows), std::move(recordings)));
  for (RowId row = 0; row < input_.row_count(); ++row) {
    const auto recording = sweep.match_of(row);
    if (!recording || had_recording_[row] || !claim_content(*recording)) continue;
    HF_TRY(bind({row, *recording, Rung::numbers}));
  }
  return {};
}

bool Ladder::wants_suggestion(RowId row) const {
  const RowState& state = state_.rows[row];
  return state.fault == RowFault::none && !state.is_bound() && !state.is_double &&
         wants_recording_[row];
}

Result<void> Ladder::suggest(const Suggestion& suggestion) {
  std::uint8_t& given = suggestions_[suggestion.row];
  if (given >= rules_.suggestions_max) return {};
  ++given;
  return sink_.suggested(suggestion);
}

// The strongest hints first: a row gets a few only.
Result<void> Ladder::suggest() {
  std::size_t rows = 0;
  std::size_t recordings = 0;
  for (RowId row = 0; row < input_.row_count(); ++row) rows += wants_suggestion(row);
  for (const RecordingState& recording : state_.recordings) recordings += !recording.is_bound();
  if (rows == 0 || recordings == 0) return {};
  AlikeCalls alike(rules_, rows, recordings);
  HF_TRY(load_left_over(alike));
  const auto give = [this](const Suggestion& suggestion) { return suggest(suggestion); };
  HF_TRY(alike.for_each_call_id(give));
  for (const Suggestion& pair : ambiguous_) {
    const bool is_open =
        wants_suggestion(pair.row) && !state_.recordings[pair.recording].is_bound();
    if (is_open) HF_TRY(suggest(pair));
  }
  HF_TRY(suggest_near());
  return alike.for_each_time(give);
}

Result<void> Ladder::load_left_over(AlikeCalls& calls) {
  HF_TRY(auto recordings, input_.recordings());
  RecordingFacts recording;
  for (;;) {
    HF_TRY(const bool is_there, recordings->next(recording));
    if (!is_there) break;
    if (!state_.recordings[recording.id].is_bound()) calls.add(recording);
  }
  HF_TRY(auto rows, input_.rows());
  RowFacts row;
  for (;;) {
    HF_TRY(const bool is_there, rows->next(row));
    if (!is_there) return {};
    if (!wants_suggestion(row.id)) continue;
    // Rung 1 has said of it what there is to say.
    const RowState& state = state_.rows[row.id];
    if (state.against_call_id || state.has_shared_id) row.call_id.clear();
    calls.add(row);
  }
}

Result<void> Ladder::suggest_near() {
  HF_TRY(auto rows, rows_by_number());
  HF_TRY(auto recordings, recordings_by_number());
  NearCalls near(std::move(recordings), state_, rules_);
  NumberedCall row;
  std::vector<Suggestion> suggestions;
  for (;;) {
    HF_TRY(const bool is_there, rows.next(row));
    if (!is_there) return {};
    const std::size_t given = suggestions_[row.id];
    if (given >= rules_.suggestions_max || !wants_suggestion(row.id)) continue;
    HF_TRY(near.suggest(row, rules_.suggestions_max - given, suggestions));
    for (const Suggestion& suggestion : suggestions) HF_TRY(suggest(suggestion));
  }
}

}  // namespace

Result<BindingState> bind(ReconcileInput& input, const BindingRules& rules, BindingSink& sink) {
  const std::uint32_t count = std::max(input.row_count(), input.recording_count());
  if (count >= RowsOfRecordings::kRowEnd) {
    return make_error(
        ErrorCode::limit_exceeded, {},
        {{"what", "rows or recordings"}, {"limit", std::to_string(RowsOfRecordings::kRowEnd - 1)}});
  }
  BindingRules bounded = rules;
  bounded.suggestions_max = std::min(rules.suggestions_max, std::uint32_t{UINT8_MAX});
  return Ladder(input, bounded, sink).climb();
}

}  // namespace holdfast::records
