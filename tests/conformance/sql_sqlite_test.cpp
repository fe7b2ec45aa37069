// SPDX-License-Identifier: Apache-2.0
// What is SQLite's own: its types, and a file that is read without a trace.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/conformance/sql_fixture.h"

namespace holdfast::test {

namespace {

// {name: bytes} of a folder.
std::map<std::string, std::string> files_of(const TemporaryFolder& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

}  // namespace

TEST_CASE("SQLite: values become text without loss", "[sql][sqlite]") {
  SqliteFile body;
  const auto text = [&](const std::string& expression) {
    const Answer answer = ask(body, "select " + expression);
    REQUIRE(answer.outcome == "ok");
    return answer.rows.at(0).at(0).value_or("NULL");
  };
  CHECK(text("9223372036854775807") == "9223372036854775807");
  CHECK(text("-9223372036854775807 - 1") == "-9223372036854775808");
  CHECK(text("9007199254740993") == "9007199254740993");
  CHECK(text("0.1 + 0.2") == "0.30000000000000004");
  CHECK(text("3.0") == "3.0");
  CHECK(text("-1e300 * 1e300") == "-inf");
  CHECK(text("1e23") == "1e+23");
  CHECK(text("'12345678901234567890.0123456789'") == "12345678901234567890.0123456789");
  CHECK(text("char(97, 0, 98)") == std::string("a\0b", 3));
  CHECK(text("null") == "NULL");
  CHECK(text("''") == "");
}

TEST_CASE("SQLite: bytes are base64 where the column says that it holds bytes", "[sql][sqlite]") {
  SqliteFile body;
  body.run("create table t (id int, a blob, b varbinary(9), c text)");
  body.run(
      "insert into t values (1, x'00ff10', x'00', 'x'), (2, 'ab', x'', null), (3, null, 7, '')");
  const Answer answer = ask(body, "select a, b, c from t order by id");
  CHECK(answer.columns == std::vector<ports::SqlColumn>{{"a", "BLOB", true},
                                                        {"b", "varbinary(9)", true},
                                                        {"c", "TEXT", false}});
  CHECK(answer.rows ==
        Rows{{"AP8Q", "AA==", "x"}, {"YWI=", "", std::nullopt}, {std::nullopt, "Nw==", ""}});
}

TEST_CASE("SQLite: bytes in a column of text are told by row and column", "[sql][sqlite]") {
  SqliteFile body;
  body.run("create table t (id int, note text)");
  body.run("insert into t values (1, 'x'), (2, x'00ff')");
  const Answer answer = ask(body, "select id, note from t order by id");
  CHECK(answer.outcome == "sql_field_binary");
  CHECK(answer.rows.size() == 1);
  CHECK(answer.error.argument("row") == "2");
  CHECK(answer.error.argument("column") == "note");
}

TEST_CASE("SQLite: a long blob is whole", "[sql][sqlite]") {
  SqliteFile body;
  body.run("create table t (a blob)");
  body.run("insert into t values (zeroblob(6000002))");
  body.limits.field_max = 16 * kMiB;
  const Answer answer = ask(body, "select a from t");
  REQUIRE(answer.outcome == "ok");
  CHECK(*answer.rows.at(0).at(0) == std::string(8000003, 'A') + "=");
}

TEST_CASE("SQLite: a field that it does not read for its size is told without its column",
          "[sql][sqlite]") {
  SqliteFile body;
  body.run("create table t (id int, a blob)");
  body.run("insert into t values (1, x'00'), (2, zeroblob(6000000))");
  body.limits.field_max = 1000000;
  const Answer answer = ask(body, "select a from t");
  CHECK(answer.outcome == "sql_field_size");
  CHECK(answer.error.argument("row") == "2");
  CHECK(answer.error.argument("column") == "?");
}

TEST_CASE("SQLite: its own parameters and other files are out of reach", "[sql][sqlite]") {
  SqliteFile body;
  CHECK(ask(body, "select @a").outcome == "sql_parameter");
  CHECK(ask(body, "select $a").outcome == "sql_parameter");
  CHECK(ask(body, "select load_extension('x')").outcome == "sql_error");
  CHECK(ask(body, "attach 'other.db' as other").outcome == "sql_writes");
}

TEST_CASE("SQLite: a query that does not end is stopped", "[sql][sqlite]") {
  SqliteFile body;
  body.limits.query_timeout_s = 1;
  const Answer answer = ask(body,
                            "with recursive n(i) as (select 1 union all select i + 1 from n)"
                            " select count(*) from n");
  CHECK(answer.outcome == "sql_timeout");
  CHECK(answer.error.argument("seconds") == "1");
}

TEST_CASE("SQLite: a file that is no database is refused", "[sql][sqlite]") {
  SqliteFile body;
  std::ofstream(body.folder().file("note.txt")) << std::string(5000, 'x');
  const auto session = *body.client().open({.server = body.folder().file("note.txt")});
  CHECK(ask(*session, {.text = "select 1 from sqlite_schema"}).outcome == "sql_error");
}

TEST_CASE("SQLite: a writer that holds its file locked makes us wait, not for ever",
          "[sql][sqlite]") {
  SqliteFile body;
  body.run("create table t (a)");
  body.run("begin exclusive");
  const Answer answer = ask(body, "select a from t");
  CHECK(answer.outcome == "sql_unreachable");
  CHECK(answer.error.retryable);
}

TEST_CASE("SQLite: reading leaves no trace, in whatever state the file is", "[sql][sqlite]") {
  SqliteFile body;
  const bool is_wal = GENERATE(false, true);
  const bool has_writer = GENERATE(false, true);
  CAPTURE(is_wal, has_writer);
  if (is_wal) body.run("pragma journal_mode = wal");
  body.run("create table t (a); insert into t values (1)");
  if (!has_writer) body.close();
  const auto before = files_of(body.folder());
  CHECK(before.size() == (is_wal && has_writer ? 3 : 1));
  CHECK(ask(body, "select a from t").rows == Rows{{"1"}});
  CHECK(files_of(body.folder()).size() == before.size());
  if (!has_writer) CHECK(files_of(body.folder()) == before);
}

TEST_CASE("SQLite: what a writer adds meanwhile is read or not, and never half", "[sql][sqlite]") {
  SqliteFile body;
  body.run("pragma journal_mode = wal");
  body.run("create table t (a); insert into t values (1), (2)");
  const auto session = *body.client().open(body.connection());
  std::vector<ports::SqlField> row;
  REQUIRE(outcome(session->start({.text = "select a from t"})) == "ok");
  CHECK(*session->next(row));
  body.run("insert into t values (3)");
  CHECK(*session->next(row));
  CHECK(!*session->next(row));
  CHECK(ask(*session, {.text = "select a from t"}).rows.size() == 3);
}

TEST_CASE("SQLite: a file that was at rest and is written meanwhile fails the query",
          "[sql][sqlite]") {
  SqliteFile body;
  body.run("pragma journal_mode = wal");
  body.run("create table t (a); insert into t values (1), (2)");
  body.close();
  const auto session = *body.client().open(body.connection());
  std::vector<ports::SqlField> row;
  REQUIRE(outcome(session->start({.text = "select a from t"})) == "ok");
  CHECK(*session->next(row));
  sqlite3* writer = nullptr;
  REQUIRE(sqlite3_open(body.path().c_str(), &writer) == SQLITE_OK);
  sqlite3_exec(writer, "insert into t values (3)", nullptr, nullptr, nullptr);
  CHECK(*session->next(row));
  const auto end = session->next(row);
  CHECK(outcome(end) == "sql_gone");
  CHECK(end.error().retryable);
  CHECK(end.error().argument("rows") == "2");
  sqlite3_close_v2(writer);
}

TEST_CASE("SQLite: a file whose writer died is left to its writer", "[sql][sqlite]") {
  SqliteFile body;
  body.run("pragma journal_mode = wal");
  body.run("create table t (a); insert into t values (1)");
  TemporaryFolder copy;  // as a power cut leaves it
  for (const auto& [name, bytes] : files_of(body.folder())) {
    if (!name.ends_with("-shm")) std::ofstream(copy.file(name), std::ios::binary) << bytes;
  }
  const auto before = files_of(copy);
  REQUIRE(before.size() == 2);
  const auto session = body.client().open({.server = copy.file("a b?c#.db")});
  REQUIRE(outcome(session) == "sql_unreachable");
  CHECK(session.error().retryable);
  CHECK(files_of(copy) == before);
}

}  // namespace holdfast::test
