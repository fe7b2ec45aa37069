// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/reconcile.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "firmware/records/sorted_stream.h"
#include "hal/base/check.h"

namespace holdfast::records {

namespace {

constexpr std::uint32_t kUnknown = UINT32_MAX;
constexpr std::uint64_t kUnknownSize = UINT64_MAX;

std::uint32_t stored(const std::optional<std::int64_t>& value) {
  if (!value || *value < 0 || *value >= kUnknown) return kUnknown;
  return static_cast<std::uint32_t>(*value);
}

bool is_unreadable(AudioState audio) {
  return audio != AudioState::unknown && audio != AudioState::sound;
}

class CountingSink final : public BindingSink {
 public:
  CountingSink(BindingSink& sink, ReconcileReport& report) : sink_(sink), report_(report) {}

  [[nodiscard]] Result<void> bound(const Binding& binding) override {
    ++report_.bound.at(static_cast<std::size_t>(binding.rung) - 1);
    return sink_.bound(binding);
  }
  [[nodiscard]] Result<void> suggested(const Suggestion& suggestion) override {
    ++report_.suggested;
    return sink_.suggested(suggestion);
  }

 private:
  BindingSink& sink_;
  ReconcileReport& report_;
};

class Judge {
 public:
  Judge(ReconcileInput& input, const ReconcileRules& rules, BindingState& state,
        ReconcileSink& sink, ReconcileReport& report)
      : input_(input),
        rules_(rules),
        state_(state),
        sink_(sink),
        report_(report),
        best_(state.rows.size()),
        durations_ms_(state.rows.size(), kUnknown),
        starts_s_(state.rows.size(), kUnknown) {}

  [[nodiscard]] Result<void> run() {
    HF_TRY(load_rows());
    HF_TRY(judge_recordings());
    return judge_rows();
  }

 private:
  [[nodiscard]] Result<void> load_rows();
  [[nodiscard]] Result<void> judge_recordings();
  [[nodiscard]] Result<void> judge_rows();
  void load(const RowFacts& row);
  [[nodiscard]] CallClass class_without_recording(const RowFacts& row) const;
  [[nodiscard]] RecordingFinding judge(const RecordingFacts& recording);
  [[nodiscard]] RecordingFinding judge_pair(const Binding& binding,
                                            const RecordingFacts& recording);
  [[nodiscard]] std::int64_t size_difference(RowId row, const RecordingFacts& recording) const;
  [[nodiscard]] std::int64_t duration_difference(RowId row, const RecordingFacts& recording) const;
  [[nodiscard]] std::int64_t lateness(RowId row, const RecordingFacts& recording) const;

  ReconcileInput& input_;
  const ReconcileRules& rules_;
  BindingState& state_;
  ReconcileSink& sink_;
  ReconcileReport& report_;
  // Of each row: that of its best pair so far, 0 before the first; not bound: what that makes it.
  std::vector<std::uint8_t> best_;
  std::vector<std::uint32_t> durations_ms_;
  std::vector<std::uint32_t> starts_s_;
  std::vector<std::uint64_t> sizes_;  // empty until a row tells one
  std::vector<Binding> pairs_;        // of the recording at hand
};

Result<void> Judge::load_rows() {
  HF_TRY(auto stream, input_.rows());
  SortedStream<RowFacts, by_id<RowFacts>> rows(std::move(stream), "rows", input_.row_count());
  RowFacts row;
  for (;;) {
    HF_TRY(const bool is_there, rows.next(row));
    if (!is_there) break;
    ++report_.rows;
    load(row);
  }
  if (report_.rows != input_.row_count()) {
    return make_error(ErrorCode::internal, "rows", {{"what", "records not as counted"}});
  }
  return {};
}

void Judge::load(const RowFacts& row) {
  if (!state_.rows[row.id].is_bound()) {
    best_[row.id] = static_cast<std::uint8_t>(class_without_recording(row));
  }
  if (row.fault != RowFault::none) return;
  durations_ms_[row.id] = stored(row.duration_ms);
  if (row.start_ms && *row.start_ms >= rules_.watched_since_ms) {
    starts_s_[row.id] = stored(*row.start_ms / 1000);
  }
  if (!row.size) return;
  if (sizes_.empty()) sizes_.resize(state_.rows.size(), kUnknownSize);
  sizes_[row.id] = *row.size;
}

CallClass Judge::class_without_recording(const RowFacts& row) const {
  ClassSet classes;
  classes.add(CallClass::not_expected, !row.expects_recording);
  const std::uint32_t duration_ms = stored(row.duration_ms);
  classes.add(CallClass::under_minimum,
              duration_ms != kUnknown && duration_ms < rules_.binding.minimum_ms);
  classes.add(CallClass::recording_pruned, row.had_recording);
  classes.add(CallClass::missing_recording);
  return classes.first();
}

Result<void> Judge::judge_recordings() {
  state_.bindings.sort();
  HF_TRY(auto stream, input_.recordings());
  SortedStream<RecordingFacts, by_id<RecordingFacts>> recordings(std::move(stream), "recordings",
                                                                 input_.recording_count());
  RecordingFacts recording;
  for (;;) {
    HF_TRY(const bool is_there, recordings.next(recording));
    if (!is_there) break;
    ++report_.recordings;
    const RecordingFinding finding = judge(recording);
    report_.recording_classes.add(finding.call_class);
    if (finding.call_class != CallClass::matched) HF_TRY(sink_.found(finding));
  }
  if (report_.recordings != input_.recording_count()) {
    return make_error(ErrorCode::internal, "recordings", {{"what", "records not as counted"}});
  }
  return {};
}

RecordingFinding Judge::judge(const RecordingFacts& recording) {
  const RecordingState& state = state_.recordings[recording.id];
  state_.bindings.of(recording.id, pairs_);
  HF_CHECK(pairs_.empty() == !state.is_bound());
  if (pairs_.empty()) {
    ClassSet classes;
    classes.add(CallClass::unreadable_audio, is_unreadable(recording.audio));
    classes.add(CallClass::duplicate_content, state.is_copy);
    classes.add(CallClass::contradiction, state.contradiction != Contradiction::none);
    classes.add(CallClass::orphan_recording);
    return {recording.id, classes.first(), state.contradiction, std::nullopt, 0};
  }
  std::optional<RecordingFinding> best;
  for (const Binding& pair : pairs_) {
    const RecordingFinding finding = judge_pair(pair, recording);
    if (!best || goes_before(best->call_class, finding.call_class)) best = finding;
    std::uint8_t& of_row = best_[pair.row];
    if (of_row == 0 || goes_before(static_cast<CallClass>(of_row), finding.call_class)) {
      of_row = static_cast<std::uint8_t>(finding.call_class);
    }
  }
  return *best;
}

RecordingFinding Judge::judge_pair(const Binding& binding, const RecordingFacts& recording) {
  RowState& row = state_.rows[binding.row];
  const RecordingState& state = state_.recordings[recording.id];
  const bool is_outranked =
      binding.rung == Rung::numbers && (row.by_call_id || row.by_path || state.by_evidence);
  if (is_outranked) row.contradiction = Contradiction::outranked;
  const std::int64_t size = size_difference(binding.row, recording);
  const std::int64_t duration = duration_difference(binding.row, recording);
  const std::int64_t late = lateness(binding.row, recording);
  ClassSet classes;
  classes.add(CallClass::unreadable_audio, is_unreadable(recording.audio));
  classes.add(CallClass::duplicate_content, state.is_copy);
  classes.add(CallClass::contradiction, is_outranked);
  classes.add(CallClass::size_mismatch, size != 0);
  classes.add(CallClass::duration_mismatch, apart(duration, 0) > rules_.duration_tolerance_ms);
  classes.add(CallClass::late, late != 0);
  classes.add(CallClass::matched);
  RecordingFinding finding{recording.id, classes.first(), Contradiction::none, binding.row, 0};
  if (finding.call_class == CallClass::contradiction) finding.contradiction = row.contradiction;
  if (finding.call_class == CallClass::size_mismatch) finding.difference = size;
  if (finding.call_class == CallClass::duration_mismatch) finding.difference = duration;
  if (finding.call_class == CallClass::late) finding.difference = late;
  return finding;
}

std::int64_t Judge::size_difference(RowId row, const RecordingFacts& recording) const {
  if (sizes_.empty() || sizes_[row] == kUnknownSize) return 0;
  return static_cast<std::int64_t>(recording.size - sizes_[row]);
}

std::int64_t Judge::duration_difference(RowId row, const RecordingFacts& recording) const {
  const std::uint32_t duration_ms = stored(recording.duration_ms);
  if (durations_ms_[row] == kUnknown || duration_ms == kUnknown) return 0;
  return std::int64_t{duration_ms} - std::int64_t{durations_ms_[row]};
}

// 0: not late. To the second.
std::int64_t Judge::lateness(RowId row, const RecordingFacts& recording) const {
  const std::uint32_t first_seen_s = stored(recording.first_seen_ms / 1000);
  if (rules_.late_after_ms == 0 || starts_s_[row] == kUnknown || first_seen_s == kUnknown) return 0;
  const std::int64_t after_ms = (std::int64_t{first_seen_s} - std::int64_t{starts_s_[row]}) * 1000;
  return after_ms > 0 && static_cast<std::uint64_t>(after_ms) > rules_.late_after_ms ? after_ms : 0;
}

Result<void> Judge::judge_rows() {
  for (RowId id = 0; id < state_.rows.size(); ++id) {
    const RowState& row = state_.rows[id];
    ClassSet classes;
    classes.add(CallClass::row_rejected, row.fault != RowFault::none);
    classes.add(CallClass::duplicate_key, row.is_double);
    classes.add(CallClass::contradiction, row.is_contradicted());
    classes.add(static_cast<CallClass>(best_[id]));
    const bool is_settled = row.contradiction == Contradiction::ambiguous && row.is_bound();
    const RowFinding finding{id, classes.first(), row.fault,
                             is_settled ? Contradiction::none : row.contradiction};
    report_.row_classes.add(finding.call_class);
    if (finding.call_class != CallClass::matched) HF_TRY(sink_.found(finding));
  }
  return {};
}

}  // namespace

Result<ReconcileReport> reconcile(ReconcileInput& input, const ReconcileRules& rules,
                                  ReconcileSink& sink) {
  ReconcileReport report;
  CountingSink counting(sink, report);
  HF_TRY(BindingState state, bind(input, rules.binding, counting));
  report.bound_before = state.bound_before;
  report.shared_call_ids = state.shared_call_ids;
  report.shared_paths = state.shared_paths;
  HF_TRY(Judge(input, rules, state, sink, report).run());
  HF_CHECK(report.balances());
  return report;
}

}  // namespace holdfast::records
