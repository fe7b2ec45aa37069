// SPDX-License-Identifier: Apache-2.0
// What a CSV file is taken apart into. Every byte of the file is in the verbatim bytes of exactly
// one of these, in order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "firmware/records/row_fault.h"
#include "hal/base/bytes.h"

namespace holdfast::records {

// Text in UTF-8, without the quotes and escapes it was written with; nothing is NULL.
using CsvField = std::optional<std::string_view>;

enum class RowKind : std::uint8_t {
  header,
  row,
  rejected,  // see `fault`
  rest,      // more bytes of the rejected row before, which was too long for one piece
  blank,     // an empty line, and no row
};

// Views are good until the next call of the reader.
struct CsvRow {
  RowKind kind = RowKind::row;
  RowFault fault = RowFault::none;  // of rejected
  std::uint64_t number = 0;  // from 1, rejected ones are counted too; rest has that of its row
  std::uint64_t line = 0;    // where it begins, counted from 1 by ends as the dialect has
  std::uint64_t offset = 0;  // where it begins, in bytes of the file
  // Of invalid_text: the first byte in the file that is wrong. Else the same as offset.
  std::uint64_t fault_offset = 0;
  ByteView verbatim = {};                 // with its line end, as the file has them
  std::span<const CsvField> fields = {};  // of header and row; as many as there are columns
};

// Why no row of the file is taken. It shows at the header, so none has been handed out.
enum class FileFault : std::uint8_t {
  none,
  no_header,         // nothing but blank lines
  bad_header,        // as a row it would be rejected, see `row_fault`
  too_many_columns,  // above the bound
  unnamed_column,    // an empty name
  duplicate_column,  // a name that stands twice
  no_converter,      // this system cannot read the charset
};

struct CsvFailure {
  FileFault fault = FileFault::none;
  RowFault row_fault = RowFault::none;
  std::uint64_t line = 0;
  std::uint64_t column = 0;  // from 1; 0 if it is about no column
  std::string name = {};     // of the column
};

enum class CsvStep {
  row,
  none,    // what was pushed is used up; once all is in: the end
  failed,  // for good
};

}  // namespace holdfast::records
