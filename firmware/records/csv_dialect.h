// SPDX-License-Identifier: Apache-2.0
// How a CSV file is written: what parts its fields and rows, and how a field may hold those bytes.
#pragma once

#include <cstddef>

#include "hal/base/bytes.h"

namespace holdfast::records {

// any: LF, CR LF and CR, mixed as they come. lf: LF alone, a CR is data. crlf: CR LF alone, either
// of them by itself is data. MySQL escapes no more than the first byte of its line end, so its
// files need the very one they were written with. An end inside quotes, or behind a backslash that
// escapes, ends no row.
enum class RowEnd { any, lf, crlf };

struct CsvDialect {
  char delimiter = ',';  // none of: quote, backslash, CR, LF, NUL
  // A field that begins with `"` ends with the next one that is not doubled. Without: a quote is a
  // byte like others.
  bool quotes = true;
  // A backslash escapes the byte behind it (MySQL: \0 \b \n \r \t \Z, else the byte itself), and a
  // field that is \N, unquoted, is NULL. Without: a backslash is a byte like others, and nothing is
  // NULL.
  bool backslash = false;
  RowEnd row_end = RowEnd::any;
  // The first row that is not blank names the columns. Without: whoever reads names them.
  bool header = true;

  bool operator==(const CsvDialect&) const = default;
};

inline constexpr CsvDialect kRfc4180;
inline constexpr CsvDialect kSemicolon{.delimiter = ';'};
inline constexpr CsvDialect kPipe{.delimiter = '|'};
inline constexpr CsvDialect kTab{.delimiter = '\t'};
// SELECT ... INTO OUTFILE with no further words.
inline constexpr CsvDialect kMysqlOutfile{
    .delimiter = '\t', .quotes = false, .backslash = true, .row_end = RowEnd::lf, .header = false};
// The same with FIELDS TERMINATED BY ',' [OPTIONALLY] ENCLOSED BY '"'.
inline constexpr CsvDialect kMysqlOutfileQuoted{
    .backslash = true, .row_end = RowEnd::lf, .header = false};

struct CsvLimits {
  std::size_t row_size_max = 4 * kMiB;  // bytes of UTF-8, at least 1 KiB and at most 1 GiB
  std::size_t columns_max = 4096;
};

}  // namespace holdfast::records
