// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/csv_writer.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/records/csv_fixture.h"

namespace holdfast::records {

namespace {

using Rows = std::vector<Fields>;

std::string written(const CsvDialect& dialect, const Rows& rows) {
  std::string out;
  for (const Fields& row : rows) {
    std::vector<CsvField> fields;
    for (const auto& field : row) {
      fields.push_back(field ? CsvField(*field) : std::nullopt);
    }
    append_csv_row(dialect, fields, out);
  }
  return out;
}

}  // namespace

TEST_CASE("Only what a reader would take for something else stands in quotes") {
  CHECK(written(kRfc4180, {{"id", "note"}, {"1", "a,b"}, {"", "say \"hi\""}, {"x y", "\\"}}) ==
        "id,note\r\n1,\"a,b\"\r\n,\"say \"\"hi\"\"\"\r\nx y,\\\r\n");
  CHECK(written(kRfc4180, {{""}}) == "\"\"\r\n");
}

TEST_CASE("NULL differs from an empty text and from a backslash with an N") {
  CHECK(written(kRowsOfQuery, {{std::nullopt, "", "\\N", std::string("\0", 1)}}) ==
        "\\N,,\\\\N,\\0\n");
}

TEST_CASE("What was written is read back, whatever it is") {
  std::mt19937 random(1);
  const std::vector<std::string> pieces = {"a",  "张", ",",  "\"", "\\", "N",
                                           "\r", "\n", "\t", " ",  "0",  std::string("\0", 1)};
  for (const CsvDialect& dialect : {kRfc4180, kRowsOfQuery}) {
    for (int world = 0; world < 2000; ++world) {
      const std::size_t columns = 1 + random() % 4;
      Rows rows;
      Fields header;
      for (std::size_t i = 0; i < columns; ++i) header.push_back("c" + std::to_string(i));
      rows.push_back(header);
      for (auto count = random() % 5; count > 0; --count) {
        Fields row;
        for (std::size_t i = 0; i < columns; ++i) {
          std::string text;
          const std::size_t kinds = pieces.size() - (dialect.backslash ? 0 : 1);
          for (auto length = random() % 4; length > 0; --length) text += pieces[random() % kinds];
          const bool is_null = dialect.backslash && random() % 8 == 0;
          row.push_back(is_null ? std::nullopt : std::optional(text));
        }
        rows.push_back(row);
      }
      const std::string file = written(dialect, rows);
      const Parsed parsed = parse(file, dialect);
      CAPTURE(world, file);
      CHECK(parsed.faults().empty());
      REQUIRE(parsed.values() == Rows(rows.begin() + 1, rows.end()));
    }
  }
}

}  // namespace holdfast::records
