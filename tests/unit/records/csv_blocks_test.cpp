// SPDX-License-Identifier: Apache-2.0
// The same bytes give the same rows, however they are cut in blocks; and the fast search for bytes
// finds what the plain one finds.
#include <catch2/catch.hpp>
#include <random>

#include "firmware/records/byte_marks.h"
#include "firmware/records/csv_reader.h"
#include "tests/unit/records/csv_fixture.h"

namespace holdfast::records {

namespace {

// Pieces whose borders are where a parser goes wrong.
std::string random_file(std::mt19937& random, std::size_t pieces) {
  static const std::vector<std::string> kPieces = {",",
                                                   ",",
                                                   "\t",
                                                   ";",
                                                   "\"",
                                                   "\"\"",
                                                   "\n",
                                                   "\r\n",
                                                   "\r",
                                                   "\\",
                                                   "\\N",
                                                   "\\\n",
                                                   "=\"1\"",
                                                   "\"a,b\"",
                                                   "\"x\ny\"",
                                                   "1",
                                                   "22",
                                                   "张伟",
                                                   "\xFF",
                                                   "\xE5",
                                                   "\xEF\xBB\xBF",
                                                   std::string(1, '\0'),
                                                   std::string(70, 'z'),
                                                   std::string(600, 'w')};
  std::string file;
  for (std::size_t i = 0; i < pieces; ++i) file += kPieces[random() % kPieces.size()];
  return file;
}

CsvDialect random_dialect(std::mt19937& random) {
  CsvDialect dialect;
  dialect.delimiter = ",\t;"[random() % 3];
  dialect.quotes = random() % 4 != 0;
  dialect.backslash = random() % 2 == 0;
  dialect.row_end = static_cast<RowEnd>(random() % 3);
  dialect.header = false;
  return dialect;
}

}  // namespace

TEST_CASE("blocks of every size give the same rows") {
  const std::string file =
      "\xEF\xBB\xBFid,name,note\r\n1,\"张伟\",\"a "
      "\"\"b\"\"\r\nc\"\r2,=\"01\",\n\n3,\xFF,x\n4,\"x\"y,\n"
      "5,6\n" +
      std::string(3000, 'x') + "\n7,\"never\nclosed,8,9\n10,11,12";
  const CsvLimits limits{.row_size_max = 1024};
  const Parsed whole = parse(file, kRfc4180, limits);
  CHECK(whole.verbatim() == file);
  CHECK(whole.values().size() == 4);
  CHECK(whole.faults().size() == 5);
  for (std::size_t size = 1; size < file.size(); ++size) {
    const Parsed parsed = parse(file, kRfc4180, limits, {}, size);
    CAPTURE(size);
    REQUIRE(parsed.rows == whole.rows);
    REQUIRE(parsed.columns == whole.columns);
  }
}

TEST_CASE("random files of every dialect give the same rows in blocks of every size") {
  std::mt19937 random(6);  // NOLINT: the same every time
  const CsvLimits limits{.row_size_max = 1024};
  for (int round = 0; round < 600; ++round) {
    const CsvDialect dialect = random_dialect(random);
    const std::string file = random_file(random, 1 + random() % 60);
    const Parsed whole = parse(file, dialect, limits, {"a", "b"});
    REQUIRE(whole.verbatim() == file);
    for (const std::size_t size : {1U, 2U, 3U, 7U, 63U, 64U, 65U, 1023U, 1026U}) {
      const Parsed parsed = parse(file, dialect, limits, {"a", "b"}, size);
      CAPTURE(round, size, to_hex(view_of(file)));
      REQUIRE(parsed.rows == whole.rows);
    }
  }
}

TEST_CASE("the fast search for bytes finds what the plain one finds") {
  std::mt19937 random(7);  // NOLINT: the same every time
  const WantedBytes wanted = {',', '\n', 0, '"', '\\', 0xFF};
  for (int round = 0; round < 1000; ++round) {
    std::array<std::uint8_t, kMarksWidth> bytes{};
    for (auto& byte : bytes) {
      byte = random() % 3 == 0 ? wanted[random() % 6] : static_cast<std::uint8_t>(random());
    }
    REQUIRE(ByteFinder(wanted).marks_of(bytes.data()) == plain_marks_of(bytes.data(), wanted));
  }
}

TEST_CASE("marks are told in order, each once, up to the end and past what is skipped") {
  const ByteFinder commas({',', ',', ',', ',', ',', ','});
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text(size, ',');
    ByteMarks all(view_of(text), commas);
    for (std::size_t at = 0; at < size; ++at) REQUIRE(all.next() == at);
    CHECK(all.next() == size);
    CHECK(all.next() == size);
    for (std::size_t to = 1; to <= size; ++to) {
      ByteMarks some(view_of(text), commas);
      REQUIRE(some.next() == 0);
      some.skip_to(to);
      REQUIRE(some.next() == to);
    }
  }
  CHECK(ByteMarks(view_of("abc"), commas).next() == 3);
}

}  // namespace holdfast::records
