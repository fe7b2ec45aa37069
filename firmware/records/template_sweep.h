// SPDX-License-Identifier: Apache-2.0
// Rung 2 for rows whose template has a star: the recording that fits, where nobody else does.
//
//   rows by path         recordings/11/29/\0_13800138000.wav       \0 stands for the star
//   recordings by path   those that begin with what stands before the first star: the window
//
// A recording fits if its path does and nothing else contradicts. A row is bound if one recording
// fits it, that fits no other row, and their starts agree as far as both are known; all else is
// ambiguous, and bound by nothing here. Rows of one key count as one, and so do copies of one
// recording. A row that repeats a key or is contradicted is not bound here, and yet counts.
//
// Time: a sort of each window, and at most NameIndex::kLookedMax paths looked at for a row. Where
// more may fit, or more begin alike than the window holds, the row is ambiguous, and so is every
// other one that what begins so may fit. Memory: 4 bytes a row and recording together, and 120 MiB
// at most for window and index, however long names are.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "firmware/records/binding_state.h"
#include "firmware/records/name_index.h"
#include "firmware/records/path_template.h"
#include "firmware/records/sorted_stream.h"
#include "firmware/records/twins.h"

namespace holdfast::records {

class TemplateSweep {
 public:
  // Recordings of one window: where more begin alike, the rows of that template are ambiguous.
  static constexpr std::size_t kWindowMax = 131'072;
  static constexpr std::size_t kWindowBytesMax = std::size_t{32} << 20;  // of its texts
  // Pairs that are remembered, to be suggested.
  static constexpr std::size_t kPairsMax = 100'000;

  using Rows = SortedStream<RowFacts, by_path<RowFacts>>;
  using Recordings = SortedStream<RecordingFacts, by_path<RecordingFacts>>;

  TemplateSweep(const BindingState& state, const Twins& row_twins, const Twins& recording_twins,
                const BindingRules& rules);

  [[nodiscard]] Result<void> run(Rows rows, Recordings recordings);

  // After run(): the recording to bind the row to.
  [[nodiscard]] std::optional<RecordingId> match_of(RowId row) const;
  // Something fits it, or too much to look at.
  [[nodiscard]] bool has_any(RowId row) const;
  // What fits, in the order of paths.
  [[nodiscard]] std::vector<Suggestion> take_pairs() { return std::move(pairs_); }

 private:
  [[nodiscard]] Result<void> move_window(const std::string& prefix, Recordings& recordings);
  void put_in_window();
  void judge(const RowFacts& row, const PathPattern& pattern);
  [[nodiscard]] bool do_starts_agree(const RowFacts& row, const RecordingFacts& recording) const;
  void claim_window();

  const BindingState& state_;
  const Twins& row_twins_;
  const Twins& recording_twins_;
  const BindingRules& rules_;
  std::vector<Candidate> recording_of_;  // of each row
  std::vector<bool> starts_agree_;       // of each row, and that one
  std::vector<Candidate> row_of_;        // of each recording
  std::vector<Suggestion> pairs_;

  std::deque<RecordingFacts> window_;  // and what was read behind it
  std::size_t window_bytes_ = 0;       // of the texts of all that
  std::size_t window_size_ = 0;
  bool is_window_full_ = false;
  std::optional<std::string> prefix_;   // of the window
  std::optional<std::string> claimed_;  // what begins so is no row's alone
  NameIndex names_;
  RecordingFacts ahead_;
  bool is_at_end_ = false;
};

}  // namespace holdfast::records
