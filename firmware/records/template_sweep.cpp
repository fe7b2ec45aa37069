// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/template_sweep.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "firmware/records/ascii.h"

namespace holdfast::records {

namespace {

// So few are looked at one after the other.
constexpr std::size_t kFew = 64;

bool is_of_word(char byte) {
  return is_letter(byte) || is_digit(byte) || static_cast<unsigned char>(byte) >= 0x80;
}

// Each longest run of letters and digits, with where it stands.
template <class Visit>
void for_each_word(std::string_view text, const Visit& visit) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (!is_of_word(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && is_of_word(text[end])) ++end;
    visit(begin, text.substr(begin, end - begin));
    begin = end;
  }
}

std::uint64_t hash_of(std::string_view word) {
  return std::hash<std::string_view>{}(word);
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
  while (!window_.empty() && window_.front().path < prefix) window_.pop_front();
  const auto begins_so = [&](const RecordingFacts& recording) {
    return recording.path.starts_with(prefix);
  };
  while (!is_at_end_ && window_.size() < kWindowMax &&
         (window_.empty() || begins_so(window_.back()))) {
    HF_TRY(const bool is_there, recordings.next(ahead_));
    is_at_end_ = !is_there;
    if (is_there && ahead_.path >= prefix) window_.push_back(std::move(ahead_));
  }
  const auto end = std::ranges::partition_point(window_, begins_so);
  window_size_ = static_cast<std::size_t>(end - window_.begin());
  is_window_full_ = window_size_ == kWindowMax && !is_at_end_;
  is_window_claimed_ = false;
  index_words();
  return {};
}

void TemplateSweep::index_words() {
  words_.clear();
  if (window_size_ <= kFew) return;
  for (std::uint32_t at = 0; at < window_size_; ++at) {
    const std::string_view rest = std::string_view(window_[at].path).substr(prefix_->size());
    for_each_word(
        rest, [&](std::size_t, std::string_view word) { words_.emplace_back(hash_of(word), at); });
  }
  std::ranges::sort(words_);
  words_.erase(std::ranges::unique(words_).begin(), words_.end());
}

// A word is whole if the template itself says where it begins and ends.
std::optional<std::vector<std::uint32_t>> TemplateSweep::candidates_of(
    const PathPattern& pattern) const {
  auto begin = words_.begin();
  auto end = words_.end();
  bool has_word = false;
  for (std::size_t i = 1; i < pattern.pieces.size() && !words_.empty(); ++i) {
    const std::string_view piece = pattern.pieces[i];
    const bool is_last = i + 1 == pattern.pieces.size();
    for_each_word(piece, [&](std::size_t at, std::string_view word) {
      const bool is_whole = at > 0 && (at + word.size() < piece.size() || is_last);
      if (!is_whole) return;
      const auto found = std::ranges::equal_range(words_, hash_of(word), {},
                                                  [](const auto& each) { return each.first; });
      if (has_word && found.size() >= static_cast<std::size_t>(end - begin)) return;
      begin = found.begin();
      end = found.end();
      has_word = true;
    });
  }
  std::vector<std::uint32_t> places;
  const std::size_t count = has_word ? static_cast<std::size_t>(end - begin) : window_size_;
  if (count > kLookedMax) return std::nullopt;
  for (std::uint32_t at = 0; at < count; ++at)
    places.push_back(has_word ? (begin + at)->second : at);
  return places;
}

bool TemplateSweep::do_starts_agree(const RowFacts& row, const RecordingFacts& recording) const {
  if (!row.start_ms || !recording.start_ms) return true;
  const auto off =
      std::max(*row.start_ms, *recording.start_ms) - std::min(*row.start_ms, *recording.start_ms);
  return static_cast<std::uint64_t>(off) <= rules_.start_tolerance_ms;
}

// Any of it may be the one of a row whose recordings are too many to look at.
void TemplateSweep::claim_window() {
  if (is_window_claimed_) return;
  is_window_claimed_ = true;
  for (std::size_t at = 0; at < window_size_; ++at) row_of_[window_[at].id].note_others();
}

void TemplateSweep::judge(const RowFacts& row, const PathPattern& pattern) {
  Candidate& recording_of = recording_of_[row.id];
  const auto places = is_window_full_ ? std::nullopt : candidates_of(pattern);
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
