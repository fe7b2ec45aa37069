// SPDX-License-Identifier: Apache-2.0
// What binding and reconciliation are given: the same rows and recordings in several orders, so
// that each step is one pass side by side, and memory holds a few bytes of each instead of texts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/records/binding.h"
#include "firmware/records/facts.h"
#include "hal/base/result.h"

namespace holdfast::records {

// One thread at a time.
template <class T>
class Stream {
 public:
  virtual ~Stream() = default;
  // False at the end. `out` keeps the buffers of its texts, for the next call to fill.
  [[nodiscard]] virtual Result<bool> next(T& out) = 0;
};

template <class T>
using StreamPointer = std::unique_ptr<Stream<T>>;

// A row or a recording under one of its numbers.
struct NumberedCall {
  std::string number;
  std::vector<std::string> others;  // its other numbers
  std::int64_t start_ms = 0;
  std::optional<std::int64_t> duration_ms;
  std::uint32_t id = 0;  // RowId or RecordingId
};

// Each function gives a new stream from the start; some are asked for twice. Each order rises
// strictly, texts compared as bytes and the id last: what comes out of order, or has an id that is
// not below the count, ends the work with an error. Of the facts only those named are looked at.
// Rows and recordings without the text or number of an order may be left out of it; rejected rows
// stand in rows() alone.
class ReconcileInput {
 public:
  virtual ~ReconcileInput() = default;

  [[nodiscard]] virtual std::uint32_t row_count() const = 0;
  [[nodiscard]] virtual std::uint32_t recording_count() const = 0;

  // By id, every one of them. Rows: fault, call id, start, duration, size, expects_recording,
  // had_recording. Recordings: call id, start, size, duration, audio, first_seen.
  [[nodiscard]] virtual Result<StreamPointer<RowFacts>> rows() = 0;
  [[nodiscard]] virtual Result<StreamPointer<RecordingFacts>> recordings() = 0;
  // By key, which rows of different sources must not share; by content.
  [[nodiscard]] virtual Result<StreamPointer<RowFacts>> rows_by_key() = 0;
  [[nodiscard]] virtual Result<StreamPointer<RecordingFacts>> recordings_by_content() = 0;
  // By call id, with numbers and start.
  [[nodiscard]] virtual Result<StreamPointer<RowFacts>> rows_by_call_id() = 0;
  [[nodiscard]] virtual Result<StreamPointer<RecordingFacts>> recordings_by_call_id() = 0;
  // By path (of rows: or what paths fit), with call id, numbers and start.
  [[nodiscard]] virtual Result<StreamPointer<RowFacts>> rows_by_path() = 0;
  [[nodiscard]] virtual Result<StreamPointer<RecordingFacts>> recordings_by_path() = 0;
  // By number and start: one entry for each number of a row or recording that has a start. Those
  // that are not wanted may be left out. `wanted`: by id; it outlives the stream.
  using Wanted = std::vector<bool>;
  [[nodiscard]] virtual Result<StreamPointer<NumberedCall>> rows_by_number(
      const Wanted& wanted) = 0;
  [[nodiscard]] virtual Result<StreamPointer<NumberedCall>> recordings_by_number(
      const Wanted& wanted) = 0;
  // What earlier runs bound, by row and recording; the recording is the second part of the order.
  [[nodiscard]] virtual Result<StreamPointer<Binding>> bindings() = 0;
};

}  // namespace holdfast::records
