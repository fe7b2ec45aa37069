// SPDX-License-Identifier: Apache-2.0
// hal/ports/sql.h on every body: in one program those that need no server, in another the others.
#include <algorithm>
#include <catch2/catch.hpp>

#ifdef HOLDFAST_SQL_SERVERS
#include "tests/conformance/sql_servers.h"
#else
#include "tests/conformance/sql_fixture.h"
#endif

namespace holdfast::test {

using ports::SqlField;
using ports::SqlQuery;

namespace {

// Three calls: with everything, with an empty note, and with none.
template <class Body>
class Calls : public Body {
 public:
  Calls() {
    this->run("create table calls (id bigint, agent varchar(40), note varchar(100))");
    this->run("insert into calls values (9007199254740993, 'it''s :since', '承诺还款')");
    this->run("insert into calls values (-2, 'b', '')");
    this->run("insert into calls values (3, 'c', null)");
    this->finds(all(), {"id", "agent", "note"}, rows());
  }

  static SqlQuery all() {
    return {.text = "select id, agent, note from calls order by agent desc"};
  }
  static Rows rows() {
    return {
        {"9007199254740993", "it's :since", "承诺还款"}, {"3", "c", std::nullopt}, {"-2", "b", ""}};
  }
};

// All that a reader must find unchanged.
template <class Body>
bool is_unchanged(Calls<Body>& body) {
  const Answer answer = ask(body, Calls<Body>::all());
  return answer.outcome == "ok" && answer.rows == Calls<Body>::rows();
}

std::vector<std::string> names_of(const Answer& answer) {
  std::vector<std::string> names;
  for (const ports::SqlColumn& column : answer.columns) names.push_back(column.name);
  return names;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("columns, then every row, then the end", "[sql]", SqlBodies) {
  Calls<TestType> body;
  const Answer answer = ask(body, body.all());
  CHECK(answer.outcome == "ok");
  CHECK(names_of(answer) == std::vector<std::string>{"id", "agent", "note"});
  CHECK(answer.rows == body.rows());
  CHECK(std::ranges::none_of(answer.columns, &ports::SqlColumn::is_base64));
}

TEMPLATE_LIST_TEST_CASE("a session takes one query after the other", "[sql]", SqlBodies) {
  Calls<TestType> body;
  const SqlQuery one{.text = "select agent from calls where id = 3"};
  body.finds(one, {"agent"}, {{"c"}});
  const auto session = *body.client().open(body.connection());
  for (int i = 0; i < 3; ++i) {
    CHECK(ask(*session, body.all()).rows == body.rows());
    CHECK(ask(*session, one).rows == Rows{{"c"}});
  }
}

TEMPLATE_LIST_TEST_CASE("a result without rows has its columns", "[sql]", SqlBodies) {
  Calls<TestType> body;
  const SqlQuery query{.text = "select agent, id from calls where id = 77"};
  body.finds(query, {"agent", "id"}, {});
  const Answer answer = ask(body, query);
  CHECK(answer.outcome == "ok");
  CHECK(names_of(answer) == std::vector<std::string>{"agent", "id"});
  CHECK(answer.rows.empty());
}

TEMPLATE_LIST_TEST_CASE("a parameter is a value and nothing else", "[sql]", SqlBodies) {
  Calls<TestType> body;
  SqlQuery query{.text =
                     "select note from calls where agent = :since and agent <> ':since'"
                     " and agent <= :since -- :since"};
  const auto find = [&](const std::string& value, const Rows& rows) {
    query.parameters = {{"since", value}, {"until", "unused"}};
    body.finds(query, {"note"}, rows);
    const Answer answer = ask(body, query);
    INFO(answer.outcome << answer.error.argument("reason"));
    CHECK(answer.outcome == "ok");
    return answer.rows == rows;
  };
  CHECK(find("it's :since", {{"承诺还款"}}));
  CHECK(find("b", {{""}}));
  CHECK(find("c", {{std::nullopt}}));
  CHECK(find("", {}));
  CHECK(find("' or '1' = '1", {}));
  CHECK(find("\\' or 1 = 1 -- ", {}));
}

TEMPLATE_LIST_TEST_CASE("what is no single reading statement is refused", "[sql]", SqlBodies) {
  Calls<TestType> body;
  for (const std::string text :
       {"delete from calls", "update calls set note = 'x'", "insert into calls values (1, 'x', '')",
        "drop table calls", "create table more (id int)", "commit",
        "with gone as (delete from calls) select 1", "select id into more from calls"}) {
    const Answer answer = ask(body, text);
    CHECK(answer.outcome == "sql_writes");
    CHECK(!answer.error.retryable);
    CHECK(answer.error.argument("reason") != "");
  }
  CHECK(ask(body, "select 1; delete from calls").outcome == "sql_many");
  CHECK(is_unchanged(body));
}

TEMPLATE_LIST_TEST_CASE("a parameter that nobody gives is named", "[sql]", SqlBodies) {
  Calls<TestType> body;
  const Answer answer = ask(
      body, {.text = "select id from calls where agent = :sinse", .parameters = {{"since", "b"}}});
  CHECK(answer.outcome == "sql_parameter");
  CHECK(answer.error.argument("name") == "sinse");
}

TEMPLATE_LIST_TEST_CASE("a query that the database refuses comes with its words", "[sql]",
                        SqlBodies) {
  Calls<TestType> body;
  for (const std::string text : {"select no_such_column from calls", "select id from no_such_table",
                                 "select id, from calls", "select 'unclosed"}) {
    const Answer answer = ask(body, text);
    CHECK(answer.outcome == "sql_error");
    CHECK(!answer.error.retryable);
    CHECK(answer.error.where == body.connection().name());
    CHECK(answer.error.argument("reason") != "");
  }
}

TEMPLATE_LIST_TEST_CASE("a database that is not there may be there later", "[sql]", SqlBodies) {
  TestType body;
  const auto session = body.client().open(body.unreachable());
  REQUIRE(outcome(session) == "sql_unreachable");
  CHECK(session.error().retryable);
  CHECK(session.error().where == body.unreachable().name());
  CHECK(session.error().argument("reason") != "");
}

TEMPLATE_LIST_TEST_CASE("a field above the limit is told by row and column", "[sql]", SqlBodies) {
  Calls<TestType> body;
  SqlQuery query = body.all();
  body.limits.field_max = 12;  // "承诺还款" has as many bytes
  body.finds(query, {"id", "agent", "note"}, body.rows());
  CHECK(ask(body, query).outcome == "sql_field_size");
  query.text = "select agent, note from calls order by agent";
  body.finds(query, {"agent", "note"},
             {{"b", ""}, {"c", std::nullopt}, {"it's :since", "承诺还款"}});
  body.limits.field_max = 11;
  const Answer answer = ask(body, query);
  CHECK(answer.outcome == "sql_field_size");
  CHECK(answer.rows == Rows{{"b", ""}, {"c", std::nullopt}});
  CHECK(answer.error.argument("row") == "3");
  CHECK(answer.error.argument("column") == "note");
  CHECK(answer.error.argument("limit") == "11");
  body.limits.field_max = 16;
  CHECK(ask(body, query).outcome == "ok");
}

TEMPLATE_LIST_TEST_CASE("a field may be long, and its neighbours stay what they are", "[sql]",
                        SqlBodies) {
  TestType body;
  std::string text = "录音";
  while (text.size() < kMiB) text += text;
  const std::string long_text = body.kLongText;
  body.run("create table notes (id int, a " + long_text + ", b " + long_text + ")");
  body.run("insert into notes values (1, '" + text + "', 'x')");
  body.run("insert into notes values (2, 'short', null)");
  body.run("insert into notes values (3, '', '" + text + "')");
  SqlQuery query{.text = "select a, b from notes order by id"};
  const Rows rows = {{text, "x"}, {"short", std::nullopt}, {"", text}};
  body.finds(query, {"a", "b"}, rows);
  CHECK(ask(body, query).rows == rows);
}

TEMPLATE_LIST_TEST_CASE("a session may go while rows are left", "[sql]", SqlBodies) {
  Calls<TestType> body;
  auto session = *body.client().open(body.connection());
  std::vector<SqlField> row;
  CHECK(outcome(session->start(body.all())) == "ok");
  CHECK(*session->next(row));
  session.reset();
  CHECK(is_unchanged(body));
}

}  // namespace holdfast::test
