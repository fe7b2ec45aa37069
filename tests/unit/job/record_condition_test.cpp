// SPDX-License-Identifier: Apache-2.0
// What people write as KEY=VALUE, and what a hold by such a key stands on.
#include "firmware/job/record_condition.h"

#include <catch2/catch.hpp>

namespace holdfast::job {

namespace {

catalog::RecordQuery query_of(const char* text) {
  catalog::RecordQuery query;
  REQUIRE(add_condition(text, query));
  return query;
}

}  // namespace

TEST_CASE("Keys that mean more than a column mean it, and any other is a column") {
  CHECK(query_of("number=+86 138 0000 0001").numbers == std::vector<std::string>{"13800000001"});
  CHECK(query_of("number=0001").number_endings == std::vector<std::string>{"0001"});
  CHECK(query_of("text=call back").texts.at(0).text == "call back");
  CHECK(query_of("call_id=a=b").call_id == "a=b");
  CHECK(query_of("key=7").key == "7");
  CHECK(query_of("class=late").row_class == records::CallClass::late);
  CHECK(query_of("contract=K-1").columns.at(0).name == "contract");
  CHECK(query_of("contract=").columns.at(0).value.empty());
}

TEST_CASE("A column may have the name of a key that means more") {
  for (const char* name : {"number", "text", "call_id", "class", "column.x", "合同"}) {
    const auto query = query_of(("column." + std::string(name) + "=7").c_str());
    REQUIRE(query.columns.size() == 1);
    CHECK(query.columns[0].name == name);
    CHECK(query.columns[0].value == "7");
    CHECK((query.numbers.empty() && query.texts.empty() && !query.call_id && !query.row_class));
  }
}

TEST_CASE("What is no condition adds nothing") {
  for (const char* text :
       {"", "=", "=7", "contract", "number=12", "number=x", "class=none", "column.=7"}) {
    catalog::RecordQuery query;
    CAPTURE(text);
    CHECK_FALSE(add_condition(text, query));
    CHECK((query.columns.empty() && query.numbers.empty() && query.number_endings.empty()));
  }
}

TEST_CASE("A hold stands on all that its key may mean") {
  const auto number = held_queries("number=13800000001");
  REQUIRE(number.size() == 2);
  CHECK(number[0].columns.at(0).name == "number");
  CHECK(number[1].numbers == std::vector<std::string>{"13800000001"});
  const auto column = held_queries("column.number=1");
  REQUIRE(column.size() == 2);
  CHECK(column[0].columns.at(0).name == "column.number");
  CHECK(column[1].columns.at(0).name == "number");
  CHECK(column[1].columns.at(0).value == "1");
  CHECK(held_queries("key=7").size() == 2);
  CHECK(held_queries("contract=7").size() == 1);
  CHECK(held_queries("number=12").size() == 1);  // no number, but a column may have it
}

TEST_CASE("A key is known by the columns that there are, unless it means more") {
  const std::vector<std::string> columns{"agent", "contract"};
  for (const char* known : {"contract=7", "column.agent=7", "call_id=7", "key=7", "number=1234"}) {
    CAPTURE(known);
    CHECK(is_known_key(known, columns));
  }
  for (const char* unknown : {"contrct=7", "column.contrct=7", "number=12", "text=a", "=7"}) {
    CAPTURE(unknown);
    CHECK_FALSE(is_known_key(unknown, columns));
  }
}

}  // namespace holdfast::job
