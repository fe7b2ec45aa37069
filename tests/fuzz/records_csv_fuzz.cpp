// SPDX-License-Identifier: Apache-2.0
// A CSV file as anybody may write it, in any dialect and charset: the same rows in one block and in
// many, and all of its bytes in them. The first two bytes of the input choose, the rest is the
// file.
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "firmware/records/csv_file.h"
#include "firmware/records/utf8.h"

namespace {

using namespace holdfast;
using namespace holdfast::records;

constexpr CsvLimits kLimits{.row_size_max = 1024, .columns_max = 16};

struct Choice {
  CsvDialect dialect;
  std::optional<Charset> charset;
  std::vector<std::string> columns;
  unsigned seed = 0;
};

Choice choice_of(std::uint8_t first, std::uint8_t second) {
  Choice choice;
  choice.dialect.delimiter = ",;|\t"[first % 4];
  choice.dialect.quotes = (first & 4) == 0;
  choice.dialect.backslash = (first & 8) != 0;
  choice.dialect.row_end = (first & 16) == 0   ? RowEnd::any
                           : (first & 64) == 0 ? RowEnd::lf
                                               : RowEnd::crlf;
  choice.dialect.header = (first & 32) == 0;
  if (!choice.dialect.header) choice.columns = {"a", "b"};
  if (second % 8 < 4) choice.charset = static_cast<Charset>(second % 4);
  choice.seed = second / 8;
  return choice;
}

// Everything that is told of the rows, as text; what is a row's in pieces counts as one.
struct Told {
  std::string rows;
  std::string verbatim;
  bool has_failed = false;
};

void check_row(const CsvRow& row, const CsvFile& file) {
  const bool has_fields = row.kind == RowKind::row || row.kind == RowKind::header;
  HF_CHECK(row.fields.size() == (has_fields ? file.columns().size() : 0));
  HF_CHECK((row.kind == RowKind::rejected || row.kind == RowKind::rest) ==
           (row.fault != RowFault::none));
  HF_CHECK(row.fault_offset >= row.offset);
  HF_CHECK(row.fault_offset <= row.offset + row.verbatim.size());
  for (const CsvField& field : row.fields) {
    if (field) HF_CHECK(first_invalid_utf8(view_of(*field)) == field->size());
  }
}

void take_rows(CsvFile& file, Told& told) {
  CsvRow row;
  for (;;) {
    const CsvStep step = file.next(row);
    if (step == CsvStep::failed) {
      told.has_failed = true;
      told.rows += "failed " + std::to_string(static_cast<int>(file.failure().fault));
    }
    if (step != CsvStep::row) return;
    check_row(row, file);
    HF_CHECK(row.offset == told.verbatim.size());
    told.verbatim += text_of(row.verbatim);
    told.rows += std::to_string(static_cast<int>(row.kind)) + ' ' +
                 std::string(name_of(row.fault)) + ' ' + std::to_string(row.number) + ' ' +
                 std::to_string(row.line) + ' ' + std::to_string(row.fault_offset);
    for (const CsvField& field : row.fields) told.rows += field ? "[" + std::string(*field) : "N";
    told.rows += '\n';
  }
}

Told parse(const Choice& choice, ByteView bytes, std::size_t block_max) {
  CsvFile file(choice.dialect, choice.charset, kLimits, choice.columns);
  std::minstd_rand random(choice.seed);
  Told told;
  while (!bytes.empty() && !told.has_failed) {
    const std::size_t size = std::min(bytes.size(), 1 + random() % block_max);
    file.push(bytes.first(size));
    bytes = bytes.subspan(size);
    take_rows(file, told);
  }
  file.finish();
  if (!told.has_failed) take_rows(file, told);
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Choice choice = choice_of(data[0], data[1]);
  const ByteView bytes(data + 2, size - 2);
  Told whole = parse(choice, bytes, std::numeric_limits<std::size_t>::max());
  const Told small = parse(choice, bytes, 7);
  const Told large = parse(choice, bytes, 1500);
  HF_CHECK(whole.rows == small.rows && whole.verbatim == small.verbatim);
  HF_CHECK(whole.rows == large.rows && whole.verbatim == large.verbatim);
  HF_CHECK(whole.has_failed || std::ranges::equal(view_of(whole.verbatim), bytes));
  return 0;
}
