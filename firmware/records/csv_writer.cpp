// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/csv_writer.h"

#include "hal/base/check.h"

namespace holdfast::records {

namespace {

constexpr std::string_view kNull = "\\N";

// A text that a reader would take for something else unless it stands in quotes. `\N` alone would
// be NULL, but its backslash is doubled.
bool needs_quotes(const CsvDialect& dialect, std::string_view text, bool is_alone) {
  if (text.empty()) return is_alone;  // else the line would be blank
  for (const char byte : text) {
    if (byte == dialect.delimiter || byte == '"' || byte == '\r' || byte == '\n') return true;
  }
  return false;
}

void append_text(const CsvDialect& dialect, std::string_view text, std::string& out) {
  if (!dialect.backslash) {
    out += text;
    return;
  }
  for (const char byte : text) {
    if (byte == '\\' || byte == '\0') out += '\\';
    out += byte == '\0' ? '0' : byte;
  }
}

void append_quoted(const CsvDialect& dialect, std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t quote = text.find('"', begin);
    append_text(dialect, text.substr(begin, quote - begin), out);
    if (quote == std::string_view::npos) break;
    out += "\"\"";
    begin = quote + 1;
  }
  out += '"';
}

}  // namespace

void append_csv_row(const CsvDialect& dialect, std::span<const CsvField> fields, std::string& out) {
  HF_CHECK(!fields.empty() && dialect.quotes);
  bool is_first = true;
  for (const CsvField& field : fields) {
    if (!is_first) out += dialect.delimiter;
    is_first = false;
    if (!field) {
      if (dialect.backslash) out += kNull;
    } else if (needs_quotes(dialect, *field, fields.size() == 1)) {
      append_quoted(dialect, *field, out);
    } else {
      append_text(dialect, *field, out);
    }
  }
  out += dialect.row_end == RowEnd::lf ? "\n" : "\r\n";
}

}  // namespace holdfast::records
