// SPDX-License-Identifier: Apache-2.0
// Files that are damaged, wrong or hostile: what is wrong is named, what is right is still read,
// and no byte goes missing.
#include <catch2/catch.hpp>

#include "firmware/records/csv_reader.h"
#include "tests/unit/records/csv_fixture.h"

namespace holdfast::records {

namespace {

constexpr CsvLimits kSmall{.row_size_max = 1024, .columns_max = 8};
constexpr CsvDialect kNoHeader{.header = false};

std::string times(std::string_view text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

// Rows of all kinds, of a file that comes in blocks; each must be the file's next bytes.
std::size_t count_rows(std::string_view file, const CsvDialect& dialect) {
  CsvReader reader(dialect, {}, {"a", "b"});
  std::size_t rows = 0;
  std::size_t at = 0;
  CsvRow row;
  const auto take = [&] {
    for (; reader.next(row) == CsvStep::row; ++rows) {
      HF_CHECK(text_of(row.verbatim) == file.substr(at, row.verbatim.size()));
      at += row.verbatim.size();
    }
  };
  for (std::size_t block = 0; block < file.size(); block += 64 * kKiB) {
    reader.push(view_of(file.substr(block, 64 * kKiB)));
    take();
  }
  reader.finish();
  take();
  CHECK(at == file.size());
  return rows;
}

FileFault fault_of(const std::string& file, const CsvLimits& limits = {}) {
  const Parsed parsed = parse(file, kRfc4180, limits);
  CHECK(parsed.values().empty());
  return parsed.failure.fault;
}

}  // namespace

TEST_CASE("a quote that is never closed costs its line, not the rest of the file") {
  const std::string file = "a,b\n1,2\n3,\"4\n5,6\n7,8\n";
  const Parsed parsed = parse(file);
  CHECK(parsed.values() == std::vector<Fields>{{"1", "2"}, {"5", "6"}, {"7", "8"}});
  CHECK(parsed.rejected() ==
        std::vector<OwnedRow>{
            {RowKind::rejected, RowFault::unclosed_quote, 2, 3, 8, 8, "3,\"4\n", {}}});
  CHECK(parsed.verbatim() == file);
}

TEST_CASE("a quote that is never closed in the last line rejects it") {
  CHECK(parse("a,b\n1,2\n3,\"4").faults() == std::vector{RowFault::unclosed_quote});
  CHECK(parse("a,b\n1,2\n3,\"").faults() == std::vector{RowFault::unclosed_quote});
  CHECK(parse("a,b\n1,2\n3,\"4\"\"\n").faults() == std::vector{RowFault::unclosed_quote});
  CHECK(parse("a,b\n1,2\n3,=\"4").faults() == std::vector{RowFault::stray_quote});
}

TEST_CASE("a quote left open before a row with quotes costs its line") {
  const Parsed parsed = parse("a,b\n1,\"2\n\"3\",\"4\"\n5,6\n");
  CHECK(parsed.faults() == std::vector{RowFault::unclosed_quote});
  CHECK(parsed.values() == std::vector<Fields>{{"3", "4"}, {"5", "6"}});
}

TEST_CASE("a quote that is not closed within the bound for a row costs its line") {
  const std::string rows = times("1,2\n", 1000);
  const Parsed parsed = parse("a,b\n\"x,y\n" + rows + "\"3\",4\n", kRfc4180, kSmall);
  CHECK(parsed.faults() == std::vector{RowFault::unclosed_quote});
  CHECK(parsed.values().size() == 1001);
  CHECK(parsed.rows.back().number == 1002);
}

TEST_CASE("quotes at the wrong place reject the row") {
  for (const std::string row : {"x\"y,z", "x\",z", "\"x\"y,z", " \"x\",z", "\"x\" ,z", "==\"x\",z",
                                "=\"x\"y,z", "=\"x\"\"y\",z", "=\"x"}) {
    CAPTURE(row);
    const Parsed parsed = parse("a,b\n1,2\n" + row + "\n3,4\n");
    CHECK(parsed.faults() == std::vector{RowFault::stray_quote});
    CHECK(parsed.values() == std::vector<Fields>{{"1", "2"}, {"3", "4"}});
  }
}

TEST_CASE("a row with more fields or fewer is rejected") {
  const Parsed parsed = parse("a,b,c\n1,2,3\n1,2\n1,2,3,4\n1,2,3,\n\"1,2,3\"\n4,5,6\n");
  CHECK(parsed.faults() == std::vector(4, RowFault::field_count));
  CHECK(parsed.values() == std::vector<Fields>{{"1", "2", "3"}, {"4", "5", "6"}});
  CHECK(parse("a,b\n" + std::string(100'000, ',') + "\n").faults() ==
        std::vector{RowFault::field_count});
}

TEST_CASE("a NUL byte rejects the row, wherever it stands") {
  using namespace std::string_literals;
  for (const std::string& row : {"\0,2"s, "1,\0"s, "1,\"2\0\""s, "1,2\0"s}) {
    CHECK(parse("a,b\n"s + row + "\n3,4\n").faults() == std::vector{RowFault::nul_byte});
  }
  CHECK(parse("1\t\\\0\n"s, kMysqlOutfile, {}, {"a", "b"}).faults() ==
        std::vector{RowFault::nul_byte});
}

TEST_CASE("bytes that are not UTF-8 reject the row and are named by their place in the file") {
  const std::string start = "a,b\n1,2\n3,";
  for (const std::string bytes :
       {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF8\x88\x80\x80\x80", "\xE5\xBC", "\xE5", "\xFE", "\xD5\xC5\xCE\xB0"}) {
    CAPTURE(to_hex(view_of(bytes)));
    const Parsed parsed = parse((start + "x").append(bytes).append("\n4,5\n"));
    REQUIRE(parsed.faults() == std::vector{RowFault::invalid_text});
    CHECK(parsed.rejected().front().fault_offset == start.size() + 1);
    CHECK(parsed.values().size() == 2);
  }
  CHECK(parse(start + "\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\xC2\x80\n")
            .faults()
            .empty());
}

TEST_CASE("a byte order mark that is not at the file's start rejects the row") {
  const std::string bom = "\xEF\xBB\xBF";
  CHECK(parse("a,b\n1,2\n" + bom + "3,4\n5,6\n").faults() == std::vector{RowFault::bom_inside});
  CHECK(parse("a,b\n1," + bom + "2\n").faults() == std::vector{RowFault::bom_inside});
  const Parsed twice = parse(bom + bom + "a,b\n1,2\n");
  CHECK(twice.failure.fault == FileFault::bad_header);
  CHECK(twice.failure.row_fault == RowFault::bom_inside);
}

TEST_CASE("a file that ends in a backslash has its last row rejected") {
  const Parsed parsed = parse("1\t2\n3\t4\\", kMysqlOutfile, {}, {"a", "b"});
  CHECK(parsed.faults() == std::vector{RowFault::cut_escape});
  CHECK(parsed.values() == std::vector<Fields>{{"1", "2"}});
}

TEST_CASE("a row above the bound is rejected in pieces, and counts once") {
  const std::string row = "x," + std::string(10'000, 'y');
  const std::string file = "a,b\n1,2\n" + row + "\n3,4\n";
  const Parsed parsed = parse(file, kRfc4180, kSmall);
  CHECK(parsed.faults() == std::vector{RowFault::row_too_long});
  CHECK(parsed.values() == std::vector<Fields>{{"1", "2"}, {"3", "4"}});
  CHECK(parsed.rows.back().number == 3);
  CHECK(parsed.rows.back().line == 4);
  std::string pieces;
  for (const OwnedRow& piece : parsed.rows) {
    if (piece.fault != RowFault::row_too_long) continue;
    CHECK(piece.number == 2);
    CHECK(piece.verbatim.size() <= kSmall.row_size_max + 2);
    pieces += piece.verbatim;
  }
  CHECK(pieces == row + "\n");
  CHECK(parsed.verbatim() == file);
}

TEST_CASE("a row above the bound goes on past what is escaped") {
  const std::string part = "fields\\\tthat go on\\\nand\\\ton ";
  const std::string file = "1\t2\n3\t" + times(part, 500) + "\n4\t5\n";
  const Parsed parsed = parse(file, kMysqlOutfile, kSmall, {"a", "b"});
  CHECK(parsed.faults() == std::vector{RowFault::row_too_long});
  CHECK(parsed.values() == std::vector<Fields>{{"1", "2"}, {"4", "5"}});
  CHECK(parsed.rows.back().line == 503);
  CHECK(parsed.verbatim() == file);
}

TEST_CASE("a row at the bound is taken, and its line end does not count") {
  const std::string start = "a,b\n1," + std::string(kSmall.row_size_max - 2, 'x');
  for (const std::string next : {"\n2,3\n", "\r\n2,3\n"}) {
    CHECK(parse(start + next, kRfc4180, kSmall).values().size() == 2);
    CHECK(parse((start + "xx").append(next), kRfc4180, kSmall).faults() ==
          std::vector{RowFault::row_too_long});
  }
}

TEST_CASE("a header that cannot name its columns refuses the file") {
  CHECK(fault_of("") == FileFault::no_header);
  CHECK(fault_of("\n\r\n\n") == FileFault::no_header);
  CHECK(fault_of("\xEF\xBB\xBF") == FileFault::no_header);
  CHECK(fault_of("a,,b\n1,2,3\n") == FileFault::unnamed_column);
  CHECK(fault_of("\"\"\n1\n") == FileFault::unnamed_column);
  CHECK(fault_of("a,b,,\n1,2,,\n") == FileFault::unnamed_column);
  CHECK(fault_of("a,b,a\n1,2,3\n") == FileFault::duplicate_column);
  CHECK(fault_of("a,\"b\n1,2\n") == FileFault::bad_header);
  CHECK(fault_of("a,\xFF\n1,2\n") == FileFault::bad_header);
  CHECK(fault_of(std::string("a,b\0\n1,2\n", 9)) == FileFault::bad_header);
  CHECK(fault_of("a," + std::string(10'000, 'b') + "\n1,2\n", kSmall) == FileFault::bad_header);
}

TEST_CASE("what is wrong with a header is said with its place") {
  const Parsed parsed = parse("\n\nid,\"name\",phone,name\n1,2,3,4\n");
  CHECK(parsed.failure.fault == FileFault::duplicate_column);
  CHECK(parsed.failure.line == 3);
  CHECK(parsed.failure.column == 4);
  CHECK(parsed.failure.name == "name");
  CHECK(parse("a,b,\"\",d\n").failure.column == 3);
  CHECK(parse("a,\"b\n1,2\n").failure.row_fault == RowFault::unclosed_quote);
}

TEST_CASE("a header above the bound of columns refuses the file") {
  CHECK(fault_of("a,b,c,d,e,f,g,h,i\n", kSmall) == FileFault::too_many_columns);
  CHECK(fault_of("a,b,c,d,e,f,g,h,i,j,k\n", kSmall) == FileFault::too_many_columns);
  CHECK(fault_of("a,b,c,d,e,f,g,h,,j\n", kSmall) == FileFault::too_many_columns);
  CHECK(parse("a,b,c,d,e,f,g,h\n", kRfc4180, kSmall).columns.size() == 8);
  CHECK(parse("a,b,c,d,e,f,g,h,\n", kRfc4180, kSmall).columns.size() == 8);
  std::string million = "c0";
  for (int i = 1; i < 1'000'000; ++i) million += ",c" + std::to_string(i);
  CHECK(fault_of(million + "\n", {.row_size_max = 16 * kMiB}) == FileFault::too_many_columns);
  CHECK(fault_of(million + "\n") == FileFault::bad_header);
}

TEST_CASE("a field of a gigabyte is rejected in bounded memory") {
  CsvReader reader(kRfc4180);
  reader.push(view_of("a,b\n1,"));
  const Bytes block(kMiB, 'x');
  CsvRow row;
  std::uint64_t bytes = 0;
  std::size_t rejected = 0;
  const auto take = [&] {
    while (reader.next(row) == CsvStep::row) {
      bytes += row.verbatim.size();
      rejected += row.kind == RowKind::rejected ? 1 : 0;
      CHECK(row.verbatim.size() <= CsvLimits{}.row_size_max + 2);
    }
  };
  for (int i = 0; i < 1024; ++i) {
    reader.push(block);
    take();
  }
  reader.push(view_of("\n2,3\n"));
  reader.finish();
  take();
  CHECK(bytes == kGiB + 11);
  CHECK(rejected == 1);
  CHECK(row.kind == RowKind::row);
  CHECK(row.number == 2);
}

// Each of these would take hours if its bytes were gone through more than a few times.
TEST_CASE("hostile quotes and escapes are read in time") {
#ifdef HOLDFAST_SANITIZED
  constexpr std::size_t kSize = 256 * kKiB;
#else
  constexpr std::size_t kSize = 2 * kMiB;
#endif
  for (const std::string pattern : {"\"",       "\"\"",
                                    "\"\"\"",   "\"a\n",
                                    "\"\n",     "x\"\n",
                                    "\"\"\n",   "\",x\",\"\n",
                                    ",\",\n",   "=\"",
                                    "=\"\n",    "\"a\"b\n",
                                    "\"\"\"\n", "\n",
                                    ",",        "\"\r",
                                    "\",\"",    "\"a\n\"b",
                                    "\\",       "a\\\n",
                                    "\"a\\\n",  "a\\\na\\\na\"b\\\n",
                                    "\\\n",     "\\\"\n",
                                    "\"\\\n",   ",\"\\\n\"\\\n",
                                    "x\\\n\"\n"}) {
    CAPTURE(pattern);
    const std::string file = times(pattern, kSize / pattern.size());
    CHECK(count_rows(file, kNoHeader) > 0);
    CHECK(count_rows(file, kMysqlOutfileQuoted) > 0);
  }
}

TEST_CASE("quotes that the lines behind them do not close are read in time") {
  CHECK(count_rows("\"a\n" + times("x,y\n", 500'000), kNoHeader) == 500'001);
  CHECK(count_rows(times("\"a\n" + times("x,y\n", 5000), 100), kNoHeader) > 100);
}

}  // namespace holdfast::records
