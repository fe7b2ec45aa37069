// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/row_questions.h"

#include <catch2/catch.hpp>

namespace holdfast::job {

namespace {

source::SourceDefinition definition() {
  source::SourceDefinition source;
  source.name = "cdr";
  source.sql.query = "select * from cdr where t >= :since and t < :until";
  source.sql.zone = "UTC";
  source.sql.first = "2025-01-01 00:00:00";
  source.sql.overlap_minutes = 0;
  return source;
}

Timestamp day(int number) {
  return Timestamp{Timestamp::parse("2025-01-01")->ns + number * 86'400'000'000'000};
}

AskedItem item(int until, bool is_lost = false, std::uint32_t number = 1) {
  return {source::row_item_path("cdr", day(until), number), day(until), is_lost};
}

}  // namespace

TEST_CASE("what came since the newest item is asked for, by a name that no item has") {
  const auto questions = questions_of(definition(), {item(20), item(10), item(30)}, day(30));
  REQUIRE(questions.size() == 1);
  CHECK(questions[0].window == source::RowWindow{day(30), day(30)});
  CHECK(questions[0].path == source::row_item_path("cdr", day(30), 2));
}

TEST_CASE("lost items are asked for first, from where the one before them ended") {
  const auto questions = questions_of(
      definition(), {item(30), item(10, true), item(20, true), item(20, true, 2)}, day(40));
  REQUIRE(questions.size() == 4);
  CHECK(questions[0].window == source::RowWindow{day(0), day(10)});
  CHECK(questions[0].path == item(10).path);
  CHECK(questions[1].window == source::RowWindow{day(10), day(20)});
  CHECK(questions[2].window == source::RowWindow{day(10), day(20)});
  CHECK(questions[2].path == item(20, true, 2).path);
  CHECK(questions[3].window == source::RowWindow{day(30), day(40)});
  CHECK_FALSE(questions[3].is_lost);
}

TEST_CASE("an item of the future is none to go on from") {
  const auto questions = questions_of(definition(), {item(10), item(500)}, day(20));
  REQUIRE(questions.size() == 1);
  CHECK(questions[0].window == source::RowWindow{day(10), day(20)});
}

}  // namespace holdfast::job
