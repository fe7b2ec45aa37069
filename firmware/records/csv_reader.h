// SPDX-License-Identifier: Apache-2.0
// Takes a CSV file in UTF-8 apart, block by block as it comes.
//
//   CsvReader reader(kRfc4180);
//   for (each block) {
//     reader.push(block);
//     while (reader.next(row) == CsvStep::row) ...
//   }
//   reader.finish();
//   while (reader.next(row) == CsvStep::row) ...
//
// What is wrong with one row rejects that row alone: it is handed out verbatim, with its number,
// its line and the reason, and the next one is read. What is wrong with the header refuses the
// file, because no field of it could be named. Nothing is left out, nothing is guessed.
//
// - Quotes that break the rules reject one line (firmware/records/csv_scanner.h). So does a quote
//   that is not closed by the end of the file, or within the bound for a row: the lines behind it
//   are read as rows of their own.
// - A row above the bound is rejected in pieces: the first is `rejected`, the others are `rest`.
// - Of several faults the one is told that is first in this order: quoting and length, NUL,
// charset,
//   byte order mark, number of fields.
// - A byte order mark at the file's start belongs to the first row's verbatim bytes, and to no
// field.
// - An empty line is blank; where there is one column only, it is a row with an empty field.
// - A header that ends in a delimiter has no column there, and rows may end in one too.
//
// The same bytes give the same rows, whatever the blocks. Memory: a block, and four times the bound
// for a row. One thread at a time.
#pragma once

#include <string>
#include <vector>

#include "firmware/records/byte_queue.h"
#include "firmware/records/csv_dialect.h"
#include "firmware/records/csv_row.h"
#include "firmware/records/csv_scanner.h"

namespace holdfast::records {

class CsvReader {
 public:
  // `columns` are the names for a dialect without a header, and empty for one with it.
  explicit CsvReader(const CsvDialect& dialect, const CsvLimits& limits = {},
                     std::vector<std::string> columns = {});

  // Copies the block. Call next() until it gives none before the next push, or blocks pile up.
  void push(ByteView block);
  // No block comes any more.
  void finish();

  [[nodiscard]] CsvStep next(CsvRow& row);

  // Known once the header was handed out.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  // Of CsvStep::failed.
  [[nodiscard]] const CsvFailure& failure() const { return failure_; }

 private:
  [[nodiscard]] bool scan(ByteView window, ScannedRow& scanned);
  [[nodiscard]] CsvStep at_end();
  [[nodiscard]] CsvStep classify(CsvRow& row, const ScannedRow& scanned, ByteView text);
  [[nodiscard]] CsvStep take_header(CsvRow& row, RowFault fault, ByteView text);
  [[nodiscard]] RowFault fault_of(const ScannedRow& scanned, ByteView text, CsvRow& row) const;
  [[nodiscard]] bool is_blank(ByteView text) const;
  [[nodiscard]] bool has_right_count(ByteView text) const;
  [[nodiscard]] CsvStep fail(CsvFailure failure);
  void fill_fields(ByteView text);
  void unescape(std::string_view text, bool is_quoted);

  const CsvDialect dialect_;
  const std::size_t window_max_;  // a row, and what may be needed behind it to see its end
  const std::size_t columns_max_;
  CsvScanner scanner_;
  ByteQueue queue_;
  bool is_finished_ = false;
  std::size_t size_wanted_ = 1;  // less of a row than that was looked at in vain
  bool is_in_long_row_ = false;

  std::vector<std::string> columns_;
  bool has_columns_;
  bool has_last_delimiter_ = false;  // in the header
  std::uint64_t number_ = 0;         // of the last row
  std::uint64_t line_ = 1;           // of the next
  std::uint64_t offset_ = 0;         // of the next
  std::vector<CsvField> fields_;
  std::string unescaped_;
  CsvFailure failure_;
};

}  // namespace holdfast::records
