// SPDX-License-Identifier: Apache-2.0
#include "hal/ports/sql_text.h"

#include <catch2/catch.hpp>

namespace holdfast::ports {

namespace {

const std::vector<SqlParameter> kParameters = {{"since", "2026-01-01"}, {"until", "2026-02-01"}};
// Of a database behind ODBC that is not known.
constexpr SqlDialect kPlain{};

std::string text_of(std::string_view query, const SqlDialect& dialect) {
  const auto statement = translate(query, kParameters, dialect);
  return statement ? statement->text : debug_text(statement.error());
}

// The code and what it names: "sql_writes DELETE".
std::string refusal(std::string_view query, const SqlDialect& dialect) {
  const auto statement = translate(query, kParameters, dialect);
  if (statement) return "none: " + statement->text;
  std::string said(name_of(statement.error().code));
  for (const ErrorArgument& argument : statement.error().arguments) said += " " + argument.value;
  return said;
}

std::vector<SqlDialect> dialects() {
  return {kPlain, kSqliteDialect, kMysqlDialect, kPostgresqlDialect};
}

}  // namespace

TEST_CASE("parameters become the client's placeholders, one for each use", "[sql_text]") {
  const std::string_view query = "select * from cdr where t>=:since and t<:until or u=:since";
  const auto plain = *translate(query, kParameters, kPlain);
  CHECK(plain.text == "select * from cdr where t>=? and t<? or u=?");
  CHECK(plain.values == std::vector<std::string>{"2026-01-01", "2026-02-01", "2026-01-01"});
  const auto numbered = *translate(query, kParameters, kPostgresqlDialect);
  CHECK(numbered.text == "select * from cdr where t>=$1 and t<$2 or u=$3");
  CHECK(numbered.values == plain.values);
}

TEST_CASE("a parameter that the query does not use is left out", "[sql_text]") {
  CHECK(translate("select 1", kParameters, kPlain)->values.empty());
}

TEST_CASE("quotes and comments of every dialect are left alone", "[sql_text]") {
  const auto query =
      GENERATE(as<std::string>{}, "select ':since'", "select 'it''s :since'", "select \"a:since\"",
               "select \"a\"\":since\"", "select 1 -- :since; drop\n", "select 1 -- ?\n+1",
               "select /* :since ; ' */ 1", "select 1 as `:since`");
  for (const SqlDialect& dialect : dialects()) {
    const auto statement = translate(query, kParameters, dialect);
    REQUIRE(statement);
    CHECK(statement->text == query);
    CHECK(statement->values.empty());
  }
}

TEST_CASE("a parameter behind a quote or a comment is one", "[sql_text]") {
  for (const SqlDialect& dialect : dialects()) {
    const std::string mark = dialect.has_numbers ? "$1" : "?";
    CHECK(text_of("select 'a':since", dialect) == "select 'a'" + mark);
    CHECK(text_of("select '':since", dialect) == "select ''" + mark);
    CHECK(text_of("select 1 --x\n,:since", dialect) == "select 1 --x\n," + mark);
    CHECK(text_of("select /**/:since", dialect) == "select /**/" + mark);
    CHECK(text_of("select (:since)", dialect) == "select (" + mark + ")");
  }
}

TEST_CASE("casts and assignments have colons that are no parameters", "[sql_text]") {
  CHECK(text_of("select :since::date, a::text", kPostgresqlDialect) == "select $1::date, a::text");
  CHECK(text_of("select a[1:2], a[: 2]", kPostgresqlDialect) == "select a[1:2], a[: 2]");
  CHECK(text_of("select @a:=1, @b:=:since", kMysqlDialect) == "select @a:=1, @b:=?");
}

TEST_CASE("MySQL: backslashes, hashes, and dashes that need a blank", "[sql_text]") {
  CHECK(text_of(R"(select 'a\':since', :until)", kMysqlDialect) == R"(select 'a\':since', ?)");
  CHECK(text_of(R"(select "a\":since", :until)", kMysqlDialect) == R"(select "a\":since", ?)");
  CHECK(text_of(R"(select '\\', :until)", kMysqlDialect) == R"(select '\\', ?)");
  CHECK(text_of("select 1 # :since\n, :until", kMysqlDialect) == "select 1 # :since\n, ?");
  CHECK(text_of("select 5--1, :until", kMysqlDialect) == "select 5--1, ?");
  CHECK(text_of("select 1 #", kMysqlDialect) == "select 1 #\n");
  CHECK(text_of("select 5 --\n, :until", kMysqlDialect) == "select 5 --\n, ?");
  // Elsewhere a backslash is a character like any other, and so is a hash.
  CHECK(text_of(R"(select '\', :until)", kPlain) == R"(select '\', ?)");
  CHECK(text_of("select 1 # :since", kPlain) == "select 1 # ?");
}

TEST_CASE("PostgreSQL: escape strings, dollar quotes, comments in comments", "[sql_text]") {
  const SqlDialect& dialect = kPostgresqlDialect;
  CHECK(text_of(R"(select E'\':since', :until)", dialect) == R"(select E'\':since', $1)");
  CHECK(text_of(R"(select e'\\', :until)", dialect) == R"(select e'\\', $1)");
  CHECK(text_of(R"(select '\', :until)", dialect) == R"(select '\', $1)");
  CHECK(text_of(R"(select cafe'\', :until)", dialect) == R"(select cafe'\', $1)");
  CHECK(text_of("select $$:since;'$$, :until", dialect) == "select $$:since;'$$, $1");
  CHECK(text_of("select $a$ $$:since $b$ $a$, :until", dialect) ==
        "select $a$ $$:since $b$ $a$, $1");
  CHECK(text_of("select a$b$, :until, c$b$", dialect) == "select a$b$, $1, c$b$");
  CHECK(text_of("select /* /* */ :since */ :until", dialect) == "select /* /* */ :since */ $1");
  CHECK(text_of("select j ? 'a', :until", dialect) == "select j ? 'a', $1");
  // Elsewhere a comment ends at the first end.
  CHECK(text_of("select /* /* */ :until", kPlain) == "select /* /* */ ?");
}

TEST_CASE("names in brackets are quotes where the database has such", "[sql_text]") {
  CHECK(text_of("select [:since], :until", kSqliteDialect) == "select [:since], ?");
  CHECK(text_of("select a[:since]", kPostgresqlDialect) == "select a[$1]");
}

TEST_CASE("what is not closed is left to the server to complain about", "[sql_text]") {
  for (const SqlDialect& dialect : dialects()) {
    CHECK(text_of("select ':since", dialect) == "select ':since");
    CHECK(text_of("select /* :since", dialect) == "select /* :since");
    CHECK(text_of("select /", dialect) == "select /");
    CHECK(text_of("select :", dialect) == "select :");
  }
  CHECK(text_of("select $a$ :since", kPostgresqlDialect) == "select $a$ :since");
  CHECK(text_of("select 'a\\", kMysqlDialect) == "select 'a\\");
}

TEST_CASE("a name that nobody gives and a placeholder of the client are refused", "[sql_text]") {
  for (const SqlDialect& dialect : dialects()) {
    CHECK(refusal("select :sinc", dialect) == "sql_parameter sinc");
    CHECK(refusal("select :since2", dialect) == "sql_parameter since2");
    CHECK(refusal("select :Since", dialect) == "sql_parameter Since");
    CHECK(refusal("select $1", dialect) == "sql_parameter $1");
  }
  CHECK(refusal("select ?", kMysqlDialect) == "sql_parameter ?");
}

TEST_CASE("one statement only; a semicolon at its end is left out", "[sql_text]") {
  for (const SqlDialect& dialect : dialects()) {
    CHECK(text_of("select 1 ; \n", dialect) == "select 1  \n");
    CHECK(text_of("select ';' /* ; */; -- ;", dialect) == "select ';' /* ; */ -- ;\n");
    CHECK(refusal("select 1; select 2", dialect) == "sql_many");
    CHECK(refusal("select 1;;", dialect) == "sql_many");
    CHECK(refusal("select 1; /* */ delete from a", dialect) == "sql_many");
  }
}

TEST_CASE("a statement that does not read is refused by its first word", "[sql_text]") {
  const auto word = GENERATE(as<std::string>{}, "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE",
                             "CREATE", "DROP", "ALTER", "TRUNCATE", "SET", "CALL", "DO", "COPY",
                             "GRANT", "LOCK", "EXPLAIN", "PRAGMA", "ATTACH", "BEGIN", "COMMIT");
  for (const SqlDialect& dialect : dialects()) {
    CHECK(refusal("\n" + word + " x", dialect) == "sql_writes " + word);
    CHECK(refusal("/* select */ (" + word, dialect) == "sql_writes " + word);
  }
}

TEST_CASE("a statement that writes or locks further on is refused by that word", "[sql_text]") {
  for (const SqlDialect& dialect : dialects()) {
    CHECK(refusal("with a as (delete from cdr returning *) select * from a", dialect) ==
          "sql_writes DELETE");
    CHECK(refusal("with a as (select 1) insert into b select * from a", dialect) ==
          "sql_writes INSERT");
    CHECK(refusal("select * into copy from cdr", dialect) == "sql_writes INTO");
    CHECK(refusal("select 1.into outfile 'a'", dialect) == "sql_writes INTO");
    CHECK(refusal("select .1.into outfile 'a'", dialect) == "sql_writes INTO");
    CHECK(refusal("select ''into outfile 'a'", dialect) == "sql_writes INTO");
    CHECK(refusal("select * from cdr for Update", dialect) == "sql_writes UPDATE");
  }
  CHECK(refusal("select 1 /*!into outfile 'a'*/", kMysqlDialect) == "sql_writes /*!");
  CHECK(refusal("select 1 /*M!50000 into outfile 'a'*/", kMysqlDialect) == "sql_writes /*!");
}

TEST_CASE("names that look like such words are taken", "[sql_text]") {
  for (const SqlDialect& dialect : dialects()) {
    for (const std::string query :
         {"select \"update\", a.update, a . delete, `t`.into, updated, 更into, replace(a,b,c)",
          "select 'delete into'", "select insert('abc', 1, 2, 'x')", "VALUES (1)", "table cdr",
          "((select 1) union (select 2))"}) {
      CHECK(text_of(query, dialect) == query);
    }
  }
}

TEST_CASE("no statement at all, and a zero byte, are refused", "[sql_text]") {
  for (const SqlDialect& dialect : dialects()) {
    CHECK(refusal("", dialect) == "sql_writes ");
    CHECK(refusal(" -- nothing", dialect) == "sql_writes ");
    CHECK(refusal(";", dialect) == "sql_writes ");
    CHECK(refusal(std::string("select 1\0", 9), dialect) == "sql_writes \\0");
  }
}

}  // namespace holdfast::ports
