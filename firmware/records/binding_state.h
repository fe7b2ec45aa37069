// SPDX-License-Identifier: Apache-2.0
// What binding found out about each row and recording: a few bytes of each, and nothing of their
// texts.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "firmware/records/binding.h"

namespace holdfast::records {

struct RowState {
  RowFault fault = RowFault::none;
  Contradiction contradiction = Contradiction::none;  // the last one met
  bool is_double : 1 = false;                         // another row before it has its key
  bool was_bound : 1 = false;                         // by an earlier run
  bool by_call_id : 1 = false;                        // bound so, by whichever run
  bool by_path : 1 = false;
  bool by_numbers : 1 = false;
  bool against_call_id : 1 = false;  // a recording with its call id contradicts
  bool against_path : 1 = false;     // the recording that it names contradicts
  bool has_shared_id : 1 = false;    // its call id is of too many to be one

  [[nodiscard]] bool is_bound() const { return by_call_id || by_path || by_numbers; }
  // A call id may be used again: where one recording with it agrees, the others do not matter.
  [[nodiscard]] bool is_contradicted() const {
    return (against_call_id && !by_call_id) || against_path ||
           contradiction == Contradiction::outranked;
  }
};

struct RecordingState {
  Contradiction contradiction = Contradiction::none;
  bool was_bound : 1 = false;
  bool by_evidence : 1 = false;  // bound by call id or path
  bool by_numbers : 1 = false;
  bool is_copy : 1 = false;  // another recording has the same bytes and goes before it

  [[nodiscard]] bool is_bound() const { return by_evidence || by_numbers; }
};

// Which rows each recording is bound to: 4 bytes a recording, 8 more for each binding beyond a
// recording's first.
class RowsOfRecordings {
 public:
  static constexpr std::uint32_t kRowEnd = (1U << 30) - 1;  // ids stay below

  explicit RowsOfRecordings(std::uint32_t recordings) : first_(recordings) {}

  void add(const Binding& binding);
  // To be called between add() and what follows.
  void sort();
  // Of what was there at the last sort().
  [[nodiscard]] bool has(RowId row, RecordingId recording) const;
  // Recordings in rising order since the last sort(); `bindings` is filled anew.
  void of(RecordingId recording, std::vector<Binding>& bindings);

 private:
  std::vector<std::uint32_t> first_;                         // row, rung in the top two bits
  std::vector<std::pair<RecordingId, std::uint32_t>> more_;  // the others
  std::size_t sorted_ = 0;                                   // of more_
  std::size_t more_index_ = 0;
};

struct BindingState {
  BindingState(std::uint32_t row_count, std::uint32_t recording_count)
      : rows(row_count), recordings(recording_count), bindings(recording_count) {}

  std::vector<RowState> rows;
  std::vector<RecordingState> recordings;
  RowsOfRecordings bindings;
  std::uint64_t bound_before = 0;     // bindings of earlier runs
  std::uint64_t shared_call_ids = 0;  // of too many rows or recordings to be one
  std::uint64_t shared_paths = 0;

  // Notes the binding with the row, the recording and `bindings`.
  void bind(const Binding& binding);
};

static_assert(sizeof(RowState) == 3 && sizeof(RecordingState) == 2);

}  // namespace holdfast::records
