// SPDX-License-Identifier: Apache-2.0
// Rows as CSV, so that CsvReader gives the same fields again.
#pragma once

#include <span>
#include <string>

#include "firmware/records/csv_dialect.h"
#include "firmware/records/csv_row.h"

namespace holdfast::records {

// What a query gave: RFC 4180, with NULL as \N and a backslash as two. LF ends a row.
inline constexpr CsvDialect kRowsOfQuery{.backslash = true, .row_end = RowEnd::lf};

// Appends the row with its end (CR LF where the dialect takes any). The dialect has quotes; one
// without a backslash writes NULL as an empty field, and cannot have a byte of zero. At least one
// field.
void append_csv_row(const CsvDialect& dialect, std::span<const CsvField> fields, std::string& out);

}  // namespace holdfast::records
