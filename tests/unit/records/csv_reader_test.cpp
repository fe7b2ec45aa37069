// SPDX-License-Identifier: Apache-2.0
// Good files of every dialect, and what rows say about themselves.
#include "firmware/records/csv_reader.h"

#include <catch2/catch.hpp>

#include "tests/unit/records/csv_fixture.h"

namespace holdfast::records {

TEST_CASE("fields are what was written, whatever parts them") {
  const auto [delimiter, dialect] = GENERATE(
      table<char, CsvDialect>({{',', kRfc4180}, {';', kSemicolon}, {'|', kPipe}, {'\t', kTab}}));
  std::string file = "id,name,note\n1,张伟,\n2,,\"a,b\"\n3,\"\",\"say \"\"hi\"\"\"\n";
  std::ranges::replace(file, ',', delimiter);
  const Parsed parsed = parse(file, dialect);
  CHECK(parsed.columns == std::vector<std::string>{"id", "name", "note"});
  CHECK(parsed.rows.front().kind == RowKind::header);
  CHECK(parsed.rows.front().fields == Fields{"id", "name", "note"});
  const std::string quoted = std::string("a") + delimiter + "b";
  CHECK(parsed.values() ==
        std::vector<Fields>{{"1", "张伟", ""}, {"2", "", quoted}, {"3", "", "say \"hi\""}});
  CHECK(parsed.verbatim() == file);
}

TEST_CASE("rows know their number, their line, their place and their bytes") {
  const std::string file = "a,b\r\n1,\"x\ny\r\nz\"\n\n2,\xFF\r3,4";
  const Parsed parsed = parse(file);
  CHECK(parsed.rows ==
        std::vector<OwnedRow>{
            {RowKind::header, RowFault::none, 0, 1, 0, 0, "a,b\r\n", {"a", "b"}},
            {RowKind::row, RowFault::none, 1, 2, 5, 5, "1,\"x\ny\r\nz\"\n", {"1", "x\ny\r\nz"}},
            {RowKind::blank, RowFault::none, 0, 5, 16, 16, "\n", {}},
            {RowKind::rejected, RowFault::invalid_text, 2, 6, 17, 19, "2,\xFF\r", {}},
            {RowKind::row, RowFault::none, 3, 7, 21, 21, "3,4", {"3", "4"}}});
}

TEST_CASE("lines may end in three ways in one file, and the last one need not end") {
  CHECK(parse("a,b\n1,2\r\n3,4\r5,6\r\r\n7,8").values() ==
        std::vector<Fields>{{"1", "2"}, {"3", "4"}, {"5", "6"}, {"7", "8"}});
  CHECK(parse("a,b\r\n\"1\",\"2\"\r\n\"3\",\"4\"").values() ==
        std::vector<Fields>{{"1", "2"}, {"3", "4"}});
}

TEST_CASE("a byte order mark at the start is in no name") {
  const Parsed parsed = parse("\xEF\xBB\xBF\"id\",name\n1,2\n");
  CHECK(parsed.columns == std::vector<std::string>{"id", "name"});
  CHECK(parsed.rows.front().verbatim == "\xEF\xBB\xBF\"id\",name\n");
  CHECK(parsed.values() == std::vector<Fields>{{"1", "2"}});
}

TEST_CASE("a delimiter at the end of the header makes no column") {
  const Parsed parsed = parse("a,b,\n1,2,\n3,4\n5,6,7\n");
  CHECK(parsed.columns == std::vector<std::string>{"a", "b"});
  CHECK(parsed.values() == std::vector<Fields>{{"1", "2"}, {"3", "4"}});
  CHECK(parsed.faults() == std::vector{RowFault::field_count});
}

TEST_CASE("an empty line is blank where there are more columns than one, and a row where not") {
  CHECK(parse("a,b\n\n1,2\n\n").values() == std::vector<Fields>{{"1", "2"}});
  CHECK(parse("\n\na\n\n1\n").values() == std::vector<Fields>{{""}, {"1"}});
  CHECK(parse("a,b\n\"\"\n").faults() == std::vector{RowFault::field_count});
}

TEST_CASE("MySQL: what INTO OUTFILE writes by default") {
  // As documented for FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'.
  const std::string file(
      "1\t\\N\t\n"
      "2\tN\ttab \\\t line \\\nend\n"
      "3\tback\\\\slash\t\"quoted\" \\0 NUL\r\n"
      "4\t\\\\N\t\\Z\\b\\r\\n\\t\\q\n");
  const Parsed parsed = parse(file, kMysqlOutfile, {}, {"id", "name", "note"});
  CHECK(parsed.values() ==
        std::vector<Fields>{{"1", kNull, ""},
                            {"2", "N", "tab \t line \nend"},
                            {"3", "back\\slash", std::string("\"quoted\" \0 NUL\r", 15)},
                            {"4", "\\N", "\x1A\b\r\n\tq"}});
  CHECK(parsed.rows[2].line == 4);
  CHECK(parsed.verbatim() == file);
}

TEST_CASE("MySQL: what INTO OUTFILE writes with enclosed fields") {
  const Parsed parsed = parse(
      "\"1\",\\N,\"say \\\"hi\\\", \\\\ and \"\"ho\"\"\"\n"
      "2,\"\\N\",\"two\nlines\\\nthree\"\n"
      "3,,\"\"\n",
      kMysqlOutfileQuoted, {}, {"id", "name", "note"});
  CHECK(parsed.values() == std::vector<Fields>{{"1", kNull, "say \"hi\", \\ and \"ho\""},
                                               {"2", "N", "two\nlines\nthree"},
                                               {"3", "", ""}});
}

TEST_CASE("where lines end in CR LF alone, each of the two is data by itself") {
  CsvDialect dialect = kRfc4180;
  dialect.row_end = RowEnd::crlf;
  const Parsed parsed = parse("a,b\r\n1\n,2\r\r\n3,\"4\"\r\n\"5\"\r,6\r\n7,8\r", dialect);
  CHECK(parsed.values() == std::vector<Fields>{{"1\n", "2\r"}, {"3", "4"}, {"7", "8\r"}});
  CHECK(parsed.faults() == std::vector{RowFault::stray_quote});
  CHECK(parsed.rows.back().line == 5);
}

TEST_CASE(
    "a backslash is a byte like others where it does not escape, a quote where none enclose") {
  CHECK(parse("a,b\n\\N,c:\\\n").values() == std::vector<Fields>{{"\\N", "c:\\"}});
  CsvDialect dialect = kPipe;
  dialect.quotes = false;
  CHECK(parse("a|b\n\"1|2\"\n", dialect).values() == std::vector<Fields>{{"\"1", "2\""}});
}

TEST_CASE("what people write so that Excel leaves a number alone is a field as it stands") {
  CHECK(parse("a,b\n=\"0138\",=\"1\"\n=1+1,=\"\"\n").values() ==
        std::vector<Fields>{{"=\"0138\"", "=\"1\""}, {"=1+1", "=\"\""}});
  CHECK(parse("a,b\n\"=\"\"0138\"\"\",x\n").values() == std::vector<Fields>{{"=\"0138\"", "x"}});
  CHECK(parse("a,b\n=\"01,38\",x\n1,2\n").faults() == std::vector{RowFault::stray_quote});
}

TEST_CASE("a file of one row or of a header alone") {
  CHECK(parse("a,b").columns == std::vector<std::string>{"a", "b"});
  CHECK(parse("1,2", CsvDialect{.header = false}, {}, {"a", "b"}).values() ==
        std::vector<Fields>{{"1", "2"}});
  CHECK(parse("", CsvDialect{.header = false}, {}, {"a", "b"}).rows.empty());
}

}  // namespace holdfast::records
