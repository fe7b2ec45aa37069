// SPDX-License-Identifier: Apache-2.0
// What only the simulated body of hal/ports/sql.h does: fail when it is told to.
#include <catch2/catch.hpp>

#include "tests/conformance/sql_fixture.h"

namespace holdfast::test {

namespace {

const ports::SqlQuery kQuery{.text = "select id from calls"};

class Simulated : public SimulatedSql {
 public:
  Simulated() { finds(kQuery, {"id"}, {{"1"}, {"2"}, {"3"}}); }
};

}  // namespace

TEST_CASE("any operation of a simulated database may fail", "[sql]") {
  Simulated whole;
  REQUIRE(ask(whole, kQuery).outcome == "ok");
  const std::uint64_t operations = whole.world().operations();
  CHECK(operations == 6);  // open, start, three rows, the end
  for (std::uint64_t number = 1; number <= operations; ++number) {
    Simulated body;
    body.world().fail_at(number, ErrorCode::sql_gone);
    const Answer answer = ask(body, kQuery);
    CHECK(answer.outcome == "sql_gone");
    CHECK(answer.rows.size() == (number > 3 ? number - 3 : 0));
    CHECK(ask(body, kQuery).outcome == "ok");
  }
}

TEST_CASE("a simulated database refuses and breaks as often as it is told", "[sql]") {
  Simulated body;
  body.sql().set_faults({.refused_open = 2});
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    const Answer answer = ask(body, kQuery);
    if (answer.outcome == "ok") continue;
    ++refused;
    CHECK(answer.outcome == "sql_unreachable");
    CHECK(answer.error.retryable);
  }
  CHECK(refused > 400);
  CHECK(refused < 600);
  body.sql().set_faults({.gone = 1});
  const Answer answer = ask(body, kQuery);
  CHECK(answer.outcome == "sql_gone");
  CHECK(answer.error.retryable);
  CHECK(answer.error.argument("rows") == "0");
}

}  // namespace holdfast::test
