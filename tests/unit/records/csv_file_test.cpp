// SPDX-License-Identifier: Apache-2.0
// Files in other charsets: rows are read as if they were UTF-8, and keep the bytes of the file.
#include "firmware/records/csv_file.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/records/csv_fixture.h"

namespace holdfast::records {

namespace {

struct Form {
  Charset charset;
  const char* name;  // for iconv(3)
};

constexpr std::string_view kText =
    "编号|姓名|备注\r\n1|张伟|\"两\n行\"\n2|䶮𠀀|\"a|b "
    "\"\"c\"\"\"\r3|杨\n\n4|王|\"没有结束\n5|李|好\n";

}  // namespace

TEST_CASE("a file means the same in every charset, and keeps its bytes") {
  const Parsed expected = parse(kText, kPipe);
  CHECK(expected.values().size() == 3);
  CHECK(expected.faults() == std::vector{RowFault::field_count, RowFault::unclosed_quote});
  const auto form =
      GENERATE(Form{Charset::utf8, "UTF-8"}, Form{Charset::gb18030, "GB18030"},
               Form{Charset::utf16le, "UTF-16LE"}, Form{Charset::utf16be, "UTF-16BE"});
  CAPTURE(form.name);
  for (const std::string bom : {"", "\xEF\xBB\xBF"}) {
    const std::string file = encoded(bom + std::string(kText), form.name);
    const Parsed parsed = parse_file(file, form.charset, kPipe);
    CHECK(parsed.columns == expected.columns);
    CHECK(parsed.values() == expected.values());
    CHECK(parsed.verbatim() == file);
    REQUIRE(parsed.rows.size() == expected.rows.size());
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < parsed.rows.size(); ++i) {
      const std::string text = (i == 0 ? bom : "") + expected.rows[i].verbatim;
      CHECK(parsed.rows[i].verbatim == encoded(text, form.name));
      CHECK(parsed.rows[i].offset == offset);
      CHECK(parsed.rows[i].line == expected.rows[i].line);
      CHECK(parsed.rows[i].fault == expected.rows[i].fault);
      offset += parsed.rows[i].verbatim.size();
    }
    for (std::size_t size = 1; size < file.size(); ++size) {
      REQUIRE(parse_file(file, form.charset, kPipe, {}, {}, size).rows == parsed.rows);
      REQUIRE(parse_file(file, std::nullopt, kPipe, {}, {}, size).rows == parsed.rows);
    }
  }
}

TEST_CASE("bytes without a meaning reject their row and are named by their place in the file") {
  const std::string start = encoded("编号,姓名\n1,张伟\n2,", "GB18030");
  const std::string file = start + "\xD5\n3,\xC0\xEE\n";
  const Parsed parsed = parse_file(file, Charset::gb18030);
  REQUIRE(parsed.faults() == std::vector{RowFault::invalid_text});
  CHECK(parsed.rejected().front().fault_offset == start.size());
  CHECK(parsed.rejected().front().verbatim == "2,\xD5\n");
  CHECK(parsed.values() == std::vector<Fields>{{"1", "张伟"}, {"3", "李"}});
}

TEST_CASE("half a surrogate pair and half a unit reject their rows") {
  using namespace std::string_literals;
  const std::string start = encoded("a,b\n1,2\n", "UTF-16LE");
  const std::string file = start + "3\0,\0\x3D\xD8\n\0"s + encoded("4,5\n6,7", "UTF-16LE") + "x";
  const Parsed parsed = parse_file(file, Charset::utf16le);
  CHECK(parsed.faults() == std::vector{RowFault::invalid_text, RowFault::invalid_text});
  CHECK(parsed.rejected().front().fault_offset == start.size() + 4);
  CHECK(parsed.rejected().back().fault_offset == file.size() - 1);
  CHECK(parsed.values() == std::vector<Fields>{{"1", "2"}, {"4", "5"}});
  CHECK(parsed.verbatim() == file);
}

TEST_CASE("rows of another charset are found and rejected") {
  const std::string row = "2,王芳,承诺还款\n";
  const std::string start = "编号,姓名,备注\n1,张伟,已还清\n";
  const std::string in_utf8 = start + encoded(row, "GB18030") + "3,\xFF,x\n4,李,好\n";
  const Parsed utf8 = parse_file(in_utf8);
  CHECK(utf8.faults() == std::vector{RowFault::other_charset, RowFault::invalid_text});
  CHECK(utf8.rejected().front().verbatim == encoded(row, "GB18030"));
  CHECK(utf8.values().size() == 2);

  const std::string in_gb18030 =
      encoded(start, "GB18030") + row + encoded("3,联通,好\n", "GB18030");
  const Parsed gb18030 = parse_file(in_gb18030);
  CHECK(gb18030.faults() == std::vector{RowFault::other_charset});
  CHECK(gb18030.rejected().front().verbatim == row);
  CHECK(gb18030.values() == std::vector<Fields>{{"1", "张伟", "已还清"}, {"3", "联通", "好"}});
}

TEST_CASE("a line too long is rejected in pieces that are the file's bytes") {
  const std::string text = "a,b\n1," + std::string(300'000, 'x') + "\n2,3\n";
  for (const Form form : {Form{Charset::gb18030, "GB18030"}, Form{Charset::utf16le, "UTF-16LE"}}) {
    const std::string file = encoded(text, form.name);
    const CsvLimits limits{.row_size_max = 10'000};
    const Parsed parsed = parse_file(file, form.charset, kRfc4180, limits);
    CHECK(parsed.faults() == std::vector{RowFault::row_too_long});
    CHECK(parsed.values() == std::vector<Fields>{{"2", "3"}});
    CHECK(parsed.verbatim() == file);
    for (const std::size_t size : {1U, 1000U, 65'535U}) {
      CHECK(parse_file(file, form.charset, kRfc4180, limits, {}, size).rows == parsed.rows);
    }
  }
}

TEST_CASE("random bytes in any charset give the same rows in blocks of every size") {
  std::mt19937 random(8);  // NOLINT: the same every time
  static const std::vector<std::string> kPieces = {
      ",",        "\"",   "\n",   "\r", "\\", std::string(1, '\0'), "\xD5\xC5",           "\xD5",
      "\x81\x30", "\xD8", "\xDC", "1",  "张", "\xFF\xFE",           std::string(500, 'y')};
  CsvDialect dialect = kRfc4180;
  dialect.header = false;
  for (int round = 0; round < 500; ++round) {
    std::string file;
    for (std::size_t i = random() % 80; i > 0; --i) file += kPieces[random() % kPieces.size()];
    dialect.backslash = random() % 2 == 0;
    const auto charset = static_cast<Charset>(random() % 4);
    const Parsed whole = parse_file(file, charset, dialect, {.row_size_max = 1024}, {"a", "b"});
    CAPTURE(round, static_cast<int>(charset), to_hex(view_of(file)));
    REQUIRE(whole.verbatim() == file);
    for (const std::size_t size : {1U, 2U, 3U, 64U, 1000U}) {
      REQUIRE(parse_file(file, charset, dialect, {.row_size_max = 1024}, {"a", "b"}, size).rows ==
              whole.rows);
    }
  }
}

}  // namespace holdfast::records
