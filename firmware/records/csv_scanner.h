// SPDX-License-Identifier: Apache-2.0
// Where one row of CSV ends and where its fields lie, from bytes that begin with it.
//
//   plain --"-> quoted --"-> plain        a quote elsewhere: the line is skipped to its end
//     |  ="       | end of line: data
//     v           v
//   formula    the first one is remembered: there a row ends whose quote is never closed
//
// A row that breaks the rules of quoting ends with its first line, so that a quote too many costs
// one line and the next is looked at afresh. (A line is ended by any end that no backslash
// escapes.) That also bounds the work: of two scans that begin at different lines, the quotes in
// between are even in number, so no line is gone through more than twice by a row that began before
// it.
//
// Answers do not depend on how much is there beyond the row: fewer bytes give nothing, or the same.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "firmware/records/byte_marks.h"
#include "firmware/records/csv_dialect.h"
#include "firmware/records/row_fault.h"

namespace holdfast::records {

// Value of a field inside its row: quotes around it are left out, what is escaped still is.
struct FieldSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool is_quoted = false;
  bool is_escaped = false;
};

struct ScannedRow {
  std::size_t length = 0;           // with its line end
  std::uint64_t lines = 0;          // line ends in it
  RowFault fault = RowFault::none;  // stray_quote, unclosed_quote, cut_escape or row_too_long
  bool has_nul = false;
  bool is_cut = false;  // row_too_long: it goes on
};

// What stands behind the bytes: more that is not here yet, nothing, or more than a row may have.
enum class Beyond { unknown, nothing, too_much };

class CsvScanner {
 public:
  // Spans are kept of the first `spans_max` fields, the others are counted.
  CsvScanner(const CsvDialect& dialect, std::size_t spans_max);

  // Fills in the row that the bytes begin with; false if they do not tell yet. At most 2 GiB.
  [[nodiscard]] bool scan(ByteView bytes, Beyond beyond, ScannedRow& row);
  // The rest of a row that was cut: to the end of the line.
  [[nodiscard]] bool scan_rest(ByteView bytes, Beyond beyond, ScannedRow& row);

  // Of the last row without a fault.
  [[nodiscard]] std::size_t field_count() const { return field_count_; }
  [[nodiscard]] std::span<const FieldSpan> spans() const;

 private:
  friend class RowWalk;

  CsvDialect dialect_;
  ByteFinder finder_;
  std::size_t spans_max_;
  std::vector<FieldSpan> spans_;
  std::size_t field_count_ = 0;
};

}  // namespace holdfast::records
