// SPDX-License-Identifier: Apache-2.0
// Rows that MariaDB 10.11 wrote by SELECT ... INTO OUTFILE 'file' CHARACTER SET utf8mb4 FORM come
// back as the values in the table.
#include <catch2/catch.hpp>

#include "tests/unit/records/csv_fixture.h"

namespace holdfast::records {

namespace {

const std::vector<Fields> kRows = {
    {"1", "张伟", kNull},           {"2", "", "NULL"},     {"3", "N", "\\N"},
    {"4", "a\tb\nc", "say \"hi\""}, {"5", "a\r\nb", "\\"}, {"6", std::string(1, '\0'), "\x1A\b"},
    {"7", "a,b;c|d", "\""},         {"8", "\n", "\r"},
};

constexpr CsvDialect kQuotedCrLf{.backslash = true, .row_end = RowEnd::crlf, .header = false};
constexpr CsvDialect kCrLf{.delimiter = '\t',
                           .quotes = false,
                           .backslash = true,
                           .row_end = RowEnd::crlf,
                           .header = false};

struct Written {
  const char* form;
  CsvDialect dialect;
  const char* file;
};

const std::vector<Written> kWritten = {
    {"", kMysqlOutfile,
     "1\t张伟\t\\N\n"
     "2\t\tNULL\n"
     "3\tN\t\\\\N\n"
     "4\ta\\\tb\\\n"
     "c\tsay \"hi\"\n"
     "5\ta\r\\\n"
     "b\t\\\\\n"
     "6\t\\0\t\032\b\n"
     "7\ta,b;c|d\t\"\n"
     "8\t\\\n"
     "\t\r\n"},
    {"FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'", kMysqlOutfileQuoted,
     "1,\"张伟\",\\N\n"
     "2,\"\",\"NULL\"\n"
     "3,\"N\",\"\\\\N\"\n"
     "4,\"a\tb\\\n"
     "c\",\"say \\\"hi\\\"\"\n"
     "5,\"a\r\\\n"
     "b\",\"\\\\\"\n"
     "6,\"\\0\",\"\032\b\"\n"
     "7,\"a,b;c|d\",\"\\\"\"\n"
     "8,\"\\\n"
     "\",\"\r\"\n"},
    {"FIELDS TERMINATED BY ',' ENCLOSED BY '\"'", kMysqlOutfileQuoted,
     "\"1\",\"张伟\",\\N\n"
     "\"2\",\"\",\"NULL\"\n"
     "\"3\",\"N\",\"\\\\N\"\n"
     "\"4\",\"a\tb\\\n"
     "c\",\"say \\\"hi\\\"\"\n"
     "\"5\",\"a\r\\\n"
     "b\",\"\\\\\"\n"
     "\"6\",\"\\0\",\"\032\b\"\n"
     "\"7\",\"a,b;c|d\",\"\\\"\"\n"
     "\"8\",\"\\\n"
     "\",\"\r\"\n"},
    {"FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\r\\n'",
     kQuotedCrLf,
     "1,\"张伟\",\\N\r\n"
     "2,\"\",\"NULL\"\r\n"
     "3,\"N\",\"\\\\N\"\r\n"
     "4,\"a\tb\n"
     "c\",\"say \\\"hi\\\"\"\r\n"
     "5,\"a\\\r\n"
     "b\",\"\\\\\"\r\n"
     "6,\"\\0\",\"\032\b\"\r\n"
     "7,\"a,b;c|d\",\"\\\"\"\r\n"
     "8,\"\n"
     "\",\"\\\r\"\r\n"},
    {"LINES TERMINATED BY '\\r\\n'", kCrLf,
     "1\t张伟\t\\N\r\n"
     "2\t\tNULL\r\n"
     "3\tN\t\\\\N\r\n"
     "4\ta\\\tb\n"
     "c\tsay \"hi\"\r\n"
     "5\ta\\\r\n"
     "b\t\\\\\r\n"
     "6\t\\0\t\032\b\r\n"
     "7\ta,b;c|d\t\"\r\n"
     "8\t\n"
     "\t\\\r\r\n"},
};

}  // namespace

TEST_CASE("what MariaDB writes comes back as it was") {
  for (const Written& written : kWritten) {
    CAPTURE(written.form);
    const Parsed parsed = parse(written.file, written.dialect, {}, {"id", "name", "note"});
    CHECK(parsed.values() == kRows);
    CHECK(parsed.faults().empty());
    CHECK(parsed.verbatim() == written.file);
  }
}

}  // namespace holdfast::records
