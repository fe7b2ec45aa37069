// SPDX-License-Identifier: Apache-2.0
// Whole files taken apart, as values that tests compare.
#pragma once

#include <iconv.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/records/csv_file.h"

namespace holdfast::records {

using Fields = std::vector<std::optional<std::string>>;
inline constexpr std::nullopt_t kNull = std::nullopt;

// A CsvRow that owns what it has.
struct OwnedRow {
  RowKind kind = RowKind::row;
  RowFault fault = RowFault::none;
  std::uint64_t number = 0;
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::uint64_t fault_offset = 0;
  std::string verbatim;
  Fields fields;

  bool operator==(const OwnedRow&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const OwnedRow& row) {
  out << "{kind " << static_cast<int>(row.kind) << ' ' << name_of(row.fault) << " #" << row.number
      << " line " << row.line << " at " << row.offset << '/' << row.fault_offset << " `"
      << row.verbatim << '`';
  for (const auto& field : row.fields) out << " [" << field.value_or("NULL") << ']';
  return out << '}';
}

inline OwnedRow owned(const CsvRow& row) {
  return {row.kind,
          row.fault,
          row.number,
          row.line,
          row.offset,
          row.fault_offset,
          std::string(text_of(row.verbatim)),
          Fields(row.fields.begin(), row.fields.end())};
}

struct Parsed {
  std::vector<OwnedRow> rows;  // of all kinds
  std::vector<std::string> columns;
  CsvFailure failure;

  [[nodiscard]] std::vector<Fields> values() const {
    std::vector<Fields> all;
    for (const OwnedRow& row : rows) {
      if (row.kind == RowKind::row) all.push_back(row.fields);
    }
    return all;
  }
  [[nodiscard]] std::vector<OwnedRow> rejected() const {
    std::vector<OwnedRow> all;
    for (const OwnedRow& row : rows) {
      if (row.kind == RowKind::rejected) all.push_back(row);
    }
    return all;
  }
  [[nodiscard]] std::vector<RowFault> faults() const {
    std::vector<RowFault> all;
    for (const OwnedRow& row : rejected()) all.push_back(row.fault);
    return all;
  }
  [[nodiscard]] std::string verbatim() const {
    std::string all;
    for (const OwnedRow& row : rows) all += row.verbatim;
    return all;
  }
};

// Takes what the reader has so far; false if it failed.
template <class Reader>
bool take_rows(Reader& reader, Parsed& parsed) {
  CsvRow row;
  for (;;) {
    const CsvStep step = reader.next(row);
    if (step == CsvStep::failed) parsed.failure = reader.failure();
    if (step != CsvStep::row) return step == CsvStep::none;
    parsed.rows.push_back(owned(row));
  }
}

template <class Reader>
Parsed parse_with(Reader reader, std::string_view file, std::size_t block_size) {
  Parsed parsed;
  for (std::size_t at = 0; at < file.size(); at += block_size) {
    reader.push(view_of(file.substr(at, block_size)));
    if (!take_rows(reader, parsed)) return parsed;
  }
  reader.finish();
  take_rows(reader, parsed);
  parsed.columns = reader.columns();
  return parsed;
}

inline Parsed parse(std::string_view file, const CsvDialect& dialect = kRfc4180,
                    const CsvLimits& limits = {}, std::vector<std::string> columns = {},
                    std::size_t block_size = std::string::npos / 2) {
  return parse_with(CsvReader(dialect, limits, std::move(columns)), file, block_size);
}

inline Parsed parse_file(std::string_view file, std::optional<Charset> charset = std::nullopt,
                         const CsvDialect& dialect = kRfc4180, const CsvLimits& limits = {},
                         std::vector<std::string> columns = {},
                         std::size_t block_size = std::string::npos / 2) {
  return parse_with(CsvFile(dialect, charset, limits, std::move(columns)), file, block_size);
}

// UTF-8 as bytes of another charset, by its name for iconv(3).
inline std::string encoded(std::string_view utf8, const char* charset) {
  const iconv_t converter = iconv_open(charset, "UTF-8");
  std::string out(4 * utf8.size() + 4, '\0');
  auto* in = const_cast<char*>(utf8.data());
  std::size_t in_left = utf8.size();
  char* to = out.data();
  std::size_t to_left = out.size();
  HF_CHECK(iconv(converter, &in, &in_left, &to, &to_left) == 0);
  iconv_close(converter);
  out.resize(out.size() - to_left);
  return out;
}

}  // namespace holdfast::records
