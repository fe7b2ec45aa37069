// SPDX-License-Identifier: Apache-2.0
// As CsvReader (firmware/records/csv_reader.h), for a file in any charset.
//
//   UTF-8:   bytes ------------------> CsvReader --> rows
//   others:  bytes --+--> Decoder ---> CsvReader --> rows in UTF-8 --+--> rows with the file's
//   bytes
//                    +-- kept until the row they belong to ends -----+
//
// Bytes and offsets are the file's own. A row has as many line ends as the bytes it was made of, so
// they are found by counting. Rows written in another charset than the file (lines of two systems
// in one file) are rejected as other_charset where that can be seen: GB18030 in a UTF-8 file
// always, UTF-8 in a GB18030 file if looks_like_utf8() says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/records/charset.h"
#include "firmware/records/csv_reader.h"

namespace holdfast::records {

class CsvFile {
 public:
  // Without a charset, detect_charset() says which it is.
  CsvFile(const CsvDialect& dialect, std::optional<Charset> charset, const CsvLimits& limits = {},
          std::vector<std::string> columns = {});

  // As of CsvReader. Memory: twice as much for UTF-16.
  void push(ByteView block);
  void finish();
  [[nodiscard]] CsvStep next(CsvRow& row);
  [[nodiscard]] const std::vector<std::string>& columns() const { return reader_.columns(); }
  [[nodiscard]] const CsvFailure& failure() const;

  // Nothing while not enough of the file is in to tell.
  [[nodiscard]] std::optional<Charset> charset() const { return charset_; }

 private:
  void choose(Charset charset);
  [[nodiscard]] bool feed_reader();
  [[nodiscard]] std::size_t source_size_of(ByteView text) const;
  void give_source_bytes(CsvRow& row);
  [[nodiscard]] bool is_of_other_charset(const CsvRow& row);

  CsvReader reader_;
  std::optional<Charset> charset_;
  std::optional<Decoder> decoder_;  // unless the file is in UTF-8
  std::optional<Decoder> gb18030_;  // to look at rows of a UTF-8 file with, once one needs it
  ByteQueue source_;                // what no row was made of yet
  std::size_t decoded_ = 0;         // of it: what the reader has as text
  std::string text_;
  std::uint64_t offset_ = 0;  // of source_ in the file
  bool is_finished_ = false;
  bool is_reader_finished_ = false;
  CsvFailure failure_;
};

}  // namespace holdfast::records
