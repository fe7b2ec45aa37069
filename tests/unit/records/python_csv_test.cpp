// SPDX-License-Identifier: Apache-2.0
// Rows that Python's csv module wrote come back as the values it was given. The files are what
// csv.writer(file, DIALECT) of Python 3.11 makes of kRows, behind a header of its own.
#include <catch2/catch.hpp>

#include "tests/unit/records/csv_fixture.h"

namespace holdfast::records {

namespace {

const std::vector<Fields> kRows = {
    {"1", "张伟", "plain"},
    {"2", "", "a,b;c|d\te"},
    {"3", "say \"hi\"", "\""},
    {"4", "two\nlines", "CR\rLF\r\nend"},
    {"5", " space ", "back\\slash \\N"},
    {"6", "\n", ""},
    {"", "", ""},
    {"8", "=1+1", "'0138"},
    {"9", "\"\"", ",,,"},
};

struct Written {
  const char* dialect_of_python;
  CsvDialect dialect;
  const char* file;
};

const std::vector<Written> kWritten = {
    {"excel", kRfc4180,
     "id,name,note\r\n"
     "1,张伟,plain\r\n"
     "2,,\"a,b;c|d\te\"\r\n"
     "3,\"say \"\"hi\"\"\",\"\"\"\"\r\n"
     "4,\"two\n"
     "lines\",\"CR\rLF\r\n"
     "end\"\r\n"
     "5, space ,back\\slash \\N\r\n"
     "6,\"\n"
     "\",\r\n"
     ",,\r\n"
     "8,=1+1,'0138\r\n"
     "9,\"\"\"\"\"\",\",,,\"\r\n"},
    {"excel-tab", kTab,
     "id\tname\tnote\r\n"
     "1\t张伟\tplain\r\n"
     "2\t\t\"a,b;c|d\te\"\r\n"
     "3\t\"say \"\"hi\"\"\"\t\"\"\"\"\r\n"
     "4\t\"two\n"
     "lines\"\t\"CR\rLF\r\n"
     "end\"\r\n"
     "5\t space \tback\\slash \\N\r\n"
     "6\t\"\n"
     "\"\t\r\n"
     "\t\t\r\n"
     "8\t=1+1\t'0138\r\n"
     "9\t\"\"\"\"\"\"\t,,,\r\n"},
    {"unix", kRfc4180,
     "\"id\",\"name\",\"note\"\n"
     "\"1\",\"张伟\",\"plain\"\n"
     "\"2\",\"\",\"a,b;c|d\te\"\n"
     "\"3\",\"say \"\"hi\"\"\",\"\"\"\"\n"
     "\"4\",\"two\n"
     "lines\",\"CR\rLF\r\n"
     "end\"\n"
     "\"5\",\" space \",\"back\\slash \\N\"\n"
     "\"6\",\"\n"
     "\",\"\"\n"
     "\"\",\"\",\"\"\n"
     "\"8\",\"=1+1\",\"'0138\"\n"
     "\"9\",\"\"\"\"\"\",\",,,\"\n"},
    {"excel, delimiter=';', quoting=QUOTE_ALL", kSemicolon,
     "\"id\";\"name\";\"note\"\r\n"
     "\"1\";\"张伟\";\"plain\"\r\n"
     "\"2\";\"\";\"a,b;c|d\te\"\r\n"
     "\"3\";\"say \"\"hi\"\"\";\"\"\"\"\r\n"
     "\"4\";\"two\n"
     "lines\";\"CR\rLF\r\n"
     "end\"\r\n"
     "\"5\";\" space \";\"back\\slash \\N\"\r\n"
     "\"6\";\"\n"
     "\";\"\"\r\n"
     "\"\";\"\";\"\"\r\n"
     "\"8\";\"=1+1\";\"'0138\"\r\n"
     "\"9\";\"\"\"\"\"\";\",,,\"\r\n"},
    {"unix, delimiter='|', quoting=QUOTE_MINIMAL", kPipe,
     "id|name|note\n"
     "1|张伟|plain\n"
     "2||\"a,b;c|d\te\"\n"
     "3|\"say \"\"hi\"\"\"|\"\"\"\"\n"
     "4|\"two\n"
     "lines\"|\"CR\rLF\r\n"
     "end\"\n"
     "5| space |back\\slash \\N\n"
     "6|\"\n"
     "\"|\n"
     "||\n"
     "8|=1+1|'0138\n"
     "9|\"\"\"\"\"\"|,,,\n"},
};

}  // namespace

TEST_CASE("what Python writes comes back as it was") {
  for (const Written& written : kWritten) {
    CAPTURE(written.dialect_of_python);
    const Parsed parsed = parse(written.file, written.dialect);
    CHECK(parsed.columns == std::vector<std::string>{"id", "name", "note"});
    CHECK(parsed.values() == kRows);
    CHECK(parsed.faults().empty());
    CHECK(parsed.verbatim() == written.file);
  }
}

TEST_CASE("what Python writes comes back in other charsets too") {
  for (const Written& written : kWritten) {
    CAPTURE(written.dialect_of_python);
    const std::string utf16 = encoded(std::string("\xEF\xBB\xBF") + written.file, "UTF-16LE");
    CHECK(parse_file(utf16, std::nullopt, written.dialect).values() == kRows);
    const std::string gb18030 = encoded(written.file, "GB18030");
    CHECK(parse_file(gb18030, std::nullopt, written.dialect).values() == kRows);
  }
}

}  // namespace holdfast::records
