// SPDX-License-Identifier: Apache-2.0
// Reconciliation as it is defined, pair by pair and without any order: what the sweeps and merges
// must agree with.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "firmware/records/alike_calls.h"
#include "firmware/records/path_template.h"
#include "tests/unit/records/reconcile_fixture.h"

namespace holdfast::records {

class NaiveReconcile {
 public:
  NaiveReconcile(const World& world, const ReconcileRules& rules) : world_(world), rules_(rules) {
    for (const Binding& binding : world.bindings) {
      all_[{binding.row, binding.recording}] = binding.rung;
      row_was_bound_.insert(binding.row);
      recording_was_bound_.insert(binding.recording);
    }
    bind_by(Rung::call_id, &RowFacts::call_id, &RecordingFacts::call_id);
    bind_by(Rung::path, &RowFacts::path, &RecordingFacts::path);
    bind_by_templates();
    bind_by_numbers();
  }

  [[nodiscard]] const std::map<Pair, Rung>& new_bindings() const { return new_; }
  [[nodiscard]] CallClass row_class(RowId row) const;
  [[nodiscard]] CallClass recording_class(RecordingId recording) const;
  // Has a template that fits something, or too much, and is not bound.
  [[nodiscard]] bool is_ambiguous(RowId row) const {
    return !row_is_bound(row) && ambiguous_.contains(row);
  }
  [[nodiscard]] std::set<Pair> contradicted_pairs() const { return contradicted_; }
  // The pairs of which one thing is off at most.
  [[nodiscard]] std::map<Pair, Hint> near_pairs() const;
  // Those whose call ids are alike, and those that alone agree in start and duration.
  [[nodiscard]] std::set<Pair> alike_pairs() const;
  [[nodiscard]] std::set<Pair> lone_pairs() const;

 private:
  [[nodiscard]] bool is_rejected(RowId row) const {
    return world_.rows[row].fault != RowFault::none;
  }
  [[nodiscard]] bool row_is_bound(RowId row) const {
    return std::ranges::any_of(all_, [&](const auto& pair) { return pair.first.first == row; });
  }
  [[nodiscard]] bool recording_is_bound(RecordingId id) const {
    return std::ranges::any_of(all_, [&](const auto& pair) { return pair.first.second == id; });
  }
  [[nodiscard]] bool has(RowId row, Rung rung) const {
    return std::ranges::any_of(
        all_, [&](const auto& pair) { return pair.first.first == row && pair.second == rung; });
  }
  [[nodiscard]] bool wants_recording(RowId id) const {
    const RowFacts& row = world_.rows[id];
    const bool is_short = row.duration_ms && apart(*row.duration_ms, 0) < rules_.binding.minimum_ms;
    return row.expects_recording && !is_short;
  }
  // By how its call id may be written: rung 1 had nothing to say of it.
  [[nodiscard]] bool is_looked_for(RowId row) const {
    return !against_call_id_.contains(row) &&
           !is_crowd(world_.rows[row].call_id, &RowFacts::call_id, &RecordingFacts::call_id);
  }
  [[nodiscard]] bool wants_suggestion(RowId row) const {
    return !is_rejected(row) && !row_is_bound(row) && !is_double(row) && wants_recording(row) &&
           !world_.rows[row].had_recording;
  }
  [[nodiscard]] bool is_double(RowId row) const;
  [[nodiscard]] bool is_copy(RecordingId recording) const;
  [[nodiscard]] bool has_bound_copy(RecordingId recording) const;
  [[nodiscard]] bool is_contradicted(RowId row) const;
  [[nodiscard]] bool is_outranked(const Pair& pair) const;
  [[nodiscard]] bool is_crowd(const std::string& text, std::string RowFacts::* of_row,
                              std::string RecordingFacts::* of_recording) const;
  void bind_by(Rung rung, std::string RowFacts::* of_row,
               std::string RecordingFacts::* of_recording);
  void bind_by_templates();
  void bind_by_numbers();
  [[nodiscard]] bool has_common_number(const Pair& pair) const;
  [[nodiscard]] bool numbers_agree(const Pair& pair) const;
  [[nodiscard]] bool durations_agree(const Pair& pair) const;
  [[nodiscard]] bool fits(const Pair& pair) const;
  [[nodiscard]] CallClass pair_class(const Pair& pair) const;

  const World& world_;
  const ReconcileRules& rules_;
  std::map<Pair, Rung> all_;
  std::map<Pair, Rung> new_;
  std::set<RowId> row_was_bound_;
  std::set<RecordingId> recording_was_bound_;
  std::set<Pair> contradicted_;
  std::set<RowId> against_call_id_;
  std::set<RowId> against_path_;
  std::set<Pair> by_template_;  // what fits
  std::set<RowId> ambiguous_;
};

inline bool NaiveReconcile::is_double(RowId row) const {
  if (is_rejected(row) || world_.rows[row].key.empty()) return false;
  for (RowId other = 0; other < row; ++other) {
    if (!is_rejected(other) && world_.rows[other].key == world_.rows[row].key) return true;
  }
  return false;
}

inline bool NaiveReconcile::is_copy(RecordingId recording) const {
  if (world_.recordings[recording].content.empty()) return false;
  for (RecordingId other = 0; other < world_.recordings.size(); ++other) {
    if (world_.recordings[other].content != world_.recordings[recording].content) continue;
    const bool other_is_bound = recording_is_bound(other);
    const bool is_bound = recording_is_bound(recording);
    if (other_is_bound != is_bound ? other_is_bound : other < recording) return true;
  }
  return false;
}

inline bool NaiveReconcile::has_bound_copy(RecordingId recording) const {
  const std::string& content = world_.recordings[recording].content;
  return !content.empty() && std::ranges::any_of(all_, [&](const auto& pair) {
    return world_.recordings[pair.first.second].content == content;
  });
}

inline bool NaiveReconcile::is_crowd(const std::string& text, std::string RowFacts::* of_row,
                                     std::string RecordingFacts::* of_recording) const {
  const auto rows = std::ranges::count_if(world_.rows, [&](const RowFacts& row) {
    return row.fault == RowFault::none && row.*of_row == text;
  });
  const auto recordings = std::ranges::count(world_.recordings, text, of_recording);
  return std::max(rows, recordings) > rules_.binding.legs_max;
}

inline void NaiveReconcile::bind_by(Rung rung, std::string RowFacts::* of_row,
                                    std::string RecordingFacts::* of_recording) {
  for (RowId r = 0; r < world_.rows.size(); ++r) {
    for (RecordingId c = 0; c < world_.recordings.size(); ++c) {
      const RowFacts& row = world_.rows[r];
      const RecordingFacts& recording = world_.recordings[c];
      if (is_rejected(r) || (row.*of_row).empty() || row.*of_row != recording.*of_recording)
        continue;
      if (is_crowd(row.*of_row, of_row, of_recording)) continue;
      if (all_.contains({r, c}) || contradicted_.contains({r, c})) continue;
      if (contradiction_of(row, recording, rules_.binding) != Contradiction::none) {
        contradicted_.insert({r, c});
        (rung == Rung::call_id ? against_call_id_ : against_path_).insert(r);
      } else if (!row_was_bound_.contains(r) || !recording_was_bound_.contains(c)) {
        new_[{r, c}] = all_[{r, c}] = rung;
      }
    }
  }
}

inline bool NaiveReconcile::has_common_number(const Pair& pair) const {
  return std::ranges::any_of(world_.rows[pair.first].numbers, [&](const std::string& number) {
    return std::ranges::count(world_.recordings[pair.second].numbers, number) > 0;
  });
}

inline bool NaiveReconcile::numbers_agree(const Pair& pair) const {
  const std::set<std::string> row(world_.rows[pair.first].numbers.begin(),
                                  world_.rows[pair.first].numbers.end());
  const std::set<std::string> recording(world_.recordings[pair.second].numbers.begin(),
                                        world_.recordings[pair.second].numbers.end());
  return std::ranges::includes(row, recording) || std::ranges::includes(recording, row);
}

inline bool NaiveReconcile::durations_agree(const Pair& pair) const {
  const auto& row = world_.rows[pair.first].duration_ms;
  const auto& recording = world_.recordings[pair.second].duration_ms;
  return !row || !recording || apart(*row, *recording) <= rules_.binding.duration_tolerance_ms;
}

inline bool NaiveReconcile::fits(const Pair& pair) const {
  const auto& row = world_.rows[pair.first].start_ms;
  const auto& recording = world_.recordings[pair.second].start_ms;
  return row && recording && apart(*row, *recording) <= rules_.binding.start_tolerance_ms &&
         has_common_number(pair) && numbers_agree(pair) && durations_agree(pair);
}

// All candidates are one: the lowest of them, or none.
template <class Facts>
std::optional<std::uint32_t> only_of(const std::set<std::uint32_t>& ids,
                                     const std::vector<Facts>& facts, std::string Facts::* text) {
  for (const std::uint32_t id : ids) {
    const bool is_twin = !(facts[id].*text).empty() && facts[id].*text == facts[*ids.begin()].*text;
    if (id != *ids.begin() && !is_twin) return std::nullopt;
  }
  return *ids.begin();
}

inline void NaiveReconcile::bind_by_templates() {
  std::map<RowId, std::set<RecordingId>> recordings_of;
  std::map<RecordingId, std::set<RowId>> rows_of;
  for (RowId r = 0; r < world_.rows.size(); ++r) {
    const RowFacts& row = world_.rows[r];
    const PathPattern pattern = PathPattern::parse(row.path);
    if (is_rejected(r) || pattern.is_exact()) continue;
    std::set<RecordingId> fitting;
    for (RecordingId c = 0; c < world_.recordings.size(); ++c) {
      const RecordingFacts& recording = world_.recordings[c];
      const bool contradicts =
          contradiction_of(row, recording, rules_.binding) != Contradiction::none;
      if (pattern.fits(recording.path) && !contradicts) fitting.insert(c);
    }
    if (!fitting.empty() && !row_is_bound(r) && !row.had_recording) ambiguous_.insert(r);
    for (const RecordingId c : fitting) rows_of[c].insert(r);
    if (fitting.size() > rules_.binding.legs_max) continue;
    for (const RecordingId c : fitting) {
      recordings_of[r].insert(c);
      by_template_.insert({r, c});
    }
  }
  std::map<Pair, Rung> found;
  std::set<std::string> contents;
  for (const auto& [r, fitting] : recordings_of) {
    const auto c = only_of(fitting, world_.recordings, &RecordingFacts::content);
    if (!c || only_of(rows_of[*c], world_.rows, &RowFacts::key) != r || row_is_bound(r)) continue;
    if (is_double(r) || is_contradicted(r) || world_.rows[r].had_recording) continue;
    if (recording_is_bound(*c) || has_bound_copy(*c)) continue;
    const auto& row = world_.rows[r].start_ms;
    const auto& recording = world_.recordings[*c].start_ms;
    if (row && recording && apart(*row, *recording) > rules_.binding.start_tolerance_ms) continue;
    const std::string& content = world_.recordings[*c].content;
    if (content.empty() || contents.insert(content).second) found[{r, *c}] = Rung::path;
  }
  new_.insert(found.begin(), found.end());
  all_.insert(found.begin(), found.end());
}

inline void NaiveReconcile::bind_by_numbers() {
  std::map<RowId, std::set<RecordingId>> recordings_of;
  std::map<RecordingId, std::set<RowId>> rows_of;
  for (RowId r = 0; r < world_.rows.size(); ++r) {
    if (is_rejected(r) || row_is_bound(r)) continue;
    for (RecordingId c = 0; c < world_.recordings.size(); ++c) {
      if (recording_is_bound(c) || !fits({r, c})) continue;
      recordings_of[r].insert(c);
      rows_of[c].insert(r);
    }
  }
  std::map<Pair, Rung> found;
  std::set<std::string> contents;
  for (const auto& [r, recordings] : recordings_of) {
    const auto c = only_of(recordings, world_.recordings, &RecordingFacts::content);
    if (!c || is_double(r) || is_contradicted(r) || has_bound_copy(*c)) continue;
    if (world_.rows[r].had_recording) continue;
    if (only_of(rows_of[*c], world_.rows, &RowFacts::key) != r) continue;
    const std::string& content = world_.recordings[*c].content;
    if (content.empty() || contents.insert(content).second) found[{r, *c}] = Rung::numbers;
  }
  new_.insert(found.begin(), found.end());
  all_.insert(found.begin(), found.end());
}

inline std::map<Pair, Hint> NaiveReconcile::near_pairs() const {
  std::map<Pair, Hint> near;
  for (const Pair& pair : by_template_) {
    const bool is_open = wants_suggestion(pair.first) && !recording_is_bound(pair.second);
    if (is_open) near[pair] = Hint::several;
  }
  for (RowId r = 0; r < world_.rows.size(); ++r) {
    if (!wants_suggestion(r) || !world_.rows[r].start_ms) continue;
    for (RecordingId c = 0; c < world_.recordings.size(); ++c) {
      const Pair pair{r, c};
      if (recording_is_bound(c) || !world_.recordings[c].start_ms || !has_common_number(pair))
        continue;
      const auto off = apart(*world_.rows[r].start_ms, *world_.recordings[c].start_ms);
      const bool start = off <= rules_.binding.start_tolerance_ms;
      const bool duration = durations_agree(pair);
      const bool numbers = numbers_agree(pair);
      if (!start && duration && numbers && off <= rules_.binding.suggestion_ms) {
        near[pair] = Hint::start;
      }
      if (start && !duration && numbers) near[pair] = Hint::duration;
      if (start && duration && !numbers) near[pair] = Hint::other_number;
      if (start && duration && numbers) near[pair] = Hint::several;
    }
  }
  return near;
}

inline std::set<Pair> NaiveReconcile::alike_pairs() const {
  const auto same = [](const auto& call, const std::string& text) {
    return !text.empty() && folded_call_id(call.call_id) == text;
  };
  std::set<Pair> alike;
  for (RowId r = 0; r < world_.rows.size(); ++r) {
    const std::string text = folded_call_id(world_.rows[r].call_id);
    std::uint32_t rows = 0;
    std::vector<RecordingId> recordings;
    for (RowId other = 0; other < world_.rows.size(); ++other) {
      rows +=
          wants_suggestion(other) && is_looked_for(other) && same(world_.rows[other], text) ? 1 : 0;
    }
    for (RecordingId c = 0; c < world_.recordings.size(); ++c) {
      if (!recording_is_bound(c) && same(world_.recordings[c], text)) recordings.push_back(c);
    }
    const std::size_t most = std::max<std::size_t>(rows, recordings.size());
    if (!wants_suggestion(r) || most > rules_.binding.legs_max || !is_looked_for(r)) continue;
    for (const RecordingId c : recordings) {
      const auto& row = world_.rows[r].start_ms;
      const auto& recording = world_.recordings[c].start_ms;
      const bool is_far =
          row && recording && apart(*row, *recording) > rules_.binding.contradiction_ms;
      if (!is_far) alike.insert({r, c});
    }
  }
  return alike;
}

inline std::set<Pair> NaiveReconcile::lone_pairs() const {
  std::map<RowId, std::vector<RecordingId>> recordings_of;
  std::map<RecordingId, int> rows_of;
  for (RowId r = 0; r < world_.rows.size(); ++r) {
    for (RecordingId c = 0; c < world_.recordings.size(); ++c) {
      const RowFacts& row = world_.rows[r];
      const RecordingFacts& recording = world_.recordings[c];
      const bool is_known = row.start_ms && recording.start_ms && row.duration_ms &&
                            recording.duration_ms && wants_suggestion(r) && !recording_is_bound(c);
      if (!is_known || !durations_agree({r, c})) continue;
      if (apart(*row.start_ms, *recording.start_ms) > rules_.binding.start_tolerance_ms) continue;
      recordings_of[r].push_back(c);
      ++rows_of[c];
    }
  }
  std::set<Pair> lone;
  for (const auto& [r, recordings] : recordings_of) {
    if (recordings.size() == 1 && rows_of[recordings[0]] == 1) lone.insert({r, recordings[0]});
  }
  return lone;
}

inline bool NaiveReconcile::is_outranked(const Pair& pair) const {
  return all_.at(pair) == Rung::numbers && std::ranges::any_of(all_, [&](const auto& other) {
           return other.second != Rung::numbers &&
                  (other.first.first == pair.first || other.first.second == pair.second);
         });
}

inline bool NaiveReconcile::is_contradicted(RowId row) const {
  if (against_path_.contains(row)) return true;
  if (against_call_id_.contains(row) && !has(row, Rung::call_id)) return true;
  return std::ranges::any_of(
      all_, [&](const auto& pair) { return pair.first.first == row && is_outranked(pair.first); });
}

inline CallClass NaiveReconcile::pair_class(const Pair& pair) const {
  const RowFacts& row = world_.rows[pair.first];
  const RecordingFacts& recording = world_.recordings[pair.second];
  const bool is_known = row.fault == RowFault::none;
  if (recording.audio != AudioState::unknown && recording.audio != AudioState::sound) {
    return CallClass::unreadable_audio;
  }
  if (is_copy(pair.second)) return CallClass::duplicate_content;
  if (is_outranked(pair)) return CallClass::contradiction;
  if (is_known && row.size && *row.size != recording.size) return CallClass::size_mismatch;
  if (is_known && row.duration_ms && recording.duration_ms &&
      apart(*row.duration_ms, *recording.duration_ms) > rules_.duration_tolerance_ms) {
    return CallClass::duration_mismatch;
  }
  if (is_known && rules_.late_after_ms > 0 && row.start_ms &&
      *row.start_ms >= rules_.watched_since_ms && recording.first_seen_ms > *row.start_ms &&
      apart(recording.first_seen_ms, *row.start_ms) > rules_.late_after_ms) {
    return CallClass::late;
  }
  return CallClass::matched;
}

inline CallClass NaiveReconcile::row_class(RowId id) const {
  const RowFacts& row = world_.rows[id];
  if (is_rejected(id)) return CallClass::row_rejected;
  if (is_double(id)) return CallClass::duplicate_key;
  CallClass best = CallClass::row_rejected;
  for (const auto& [pair, rung] : all_) {
    if (pair.first == id) best = std::max(best, pair_class(pair));
  }
  if (is_contradicted(id))
    return row_is_bound(id) ? std::min(best, CallClass::contradiction) : CallClass::contradiction;
  if (row_is_bound(id)) return best;
  if (!row.expects_recording) return CallClass::not_expected;
  if (!wants_recording(id)) return CallClass::under_minimum;
  return row.had_recording ? CallClass::recording_pruned : CallClass::missing_recording;
}

inline CallClass NaiveReconcile::recording_class(RecordingId id) const {
  CallClass best = CallClass::row_rejected;
  for (const auto& [pair, rung] : all_) {
    if (pair.second == id) best = std::max(best, pair_class(pair));
  }
  if (recording_is_bound(id)) return best;
  const AudioState audio = world_.recordings[id].audio;
  if (audio != AudioState::unknown && audio != AudioState::sound)
    return CallClass::unreadable_audio;
  if (is_copy(id)) return CallClass::duplicate_content;
  const bool is_contradicted =
      std::ranges::any_of(contradicted_, [&](const Pair& pair) { return pair.second == id; });
  return is_contradicted ? CallClass::contradiction : CallClass::orphan_recording;
}

}  // namespace holdfast::records
