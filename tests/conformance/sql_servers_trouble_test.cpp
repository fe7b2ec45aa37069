// SPDX-License-Identifier: Apache-2.0
// What a source can do to us and we to it: who may log in, statements that write after all, results
// larger than memory, queries that last, and servers that die.
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>

#include "tests/conformance/sql_servers.h"

namespace holdfast::test {

namespace {

using ports::SqlTls;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kWrong = "not the word";
// Far less than a query that lasts would take, far more than a slow machine needs to stop it.
constexpr std::chrono::seconds kSoon{20};

// How each server writes: a function of its owner's that deletes all calls; a query of so many rows
// of `size` bytes; a query that takes so long.
struct Mysql {
  static constexpr const char* kWipe =
      "create function wipe() returns int modifies sql data begin delete from calls; return 1; end";
  static std::string rows(std::uint64_t count, std::size_t size) {
    return "select seq, repeat('x', " + std::to_string(size) + ") from seq_1_to_" +
           std::to_string(count);
  }
  static std::string lasting(int seconds) {
    return "select sleep(" + std::to_string(seconds) + ")";
  }
};
struct Postgres {
  static constexpr const char* kWipe =
      "create function wipe() returns int language sql as 'delete from calls; select 1'";
  static std::string rows(std::uint64_t count, std::size_t size) {
    // Not in the FROM clause: there the server would make all of them first.
    return "select generate_series(1::bigint, " + std::to_string(count) + "), repeat('x', " +
           std::to_string(size) + ")";
  }
  static std::string lasting(int seconds) {
    return "select pg_sleep(" + std::to_string(seconds) + ")";
  }
};

template <class Body>
using Way = std::conditional_t<std::is_base_of_v<Mariadb, Body>, Mysql, Postgres>;

// Of Debian 12, MariaDB's driver is none of these: see hal/linux/sql/odbc.h.
using RowByRow = std::tuple<Mariadb, Postgresql, OdbcPostgresql>;

// Kilobytes of this process, by a line of its status.
std::uint64_t memory_kib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(line.find_first_of("0123456789")));
  }
  return 0;
}

// The largest resident set is counted anew from here.
void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << 5;
}

template <class Opened>
std::string login(const Opened& session) {
  if (session) return "ok";
  UNSCOPED_INFO(debug_text(session.error()));
  return outcome(session) + (session.error().retryable ? " retryable" : "");
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("a function that writes is refused by the server", "[sql]", SqlBodies) {
  TestType body;
  body.run("create table calls (id int)");
  body.run("insert into calls values (7)");
  body.run(Way<TestType>::kWipe);
  const Answer answer = ask(body, "select wipe()");
  CHECK(answer.outcome == "sql_writes");
  CHECK(answer.error.argument("reason") != "");
  CHECK(ask(body, "select id from calls").rows == Rows{{"7"}});
}

TEST_CASE("PostgreSQL: neither a sequence moves nor does a transaction become one that writes",
          "[postgresql]") {
  Postgresql body;
  body.run("create sequence numbers");
  CHECK(ask(body, "select nextval('numbers')").outcome == "sql_writes");
  CHECK(ask(body, "select set_config('transaction_read_only', 'off', true)").outcome ==
        "sql_error");
  CHECK(ask(body, "select is_called from numbers").rows == Rows{{"f"}});
}

TEMPLATE_LIST_TEST_CASE("a query that lasts is ended by the server", "[sql]", SqlBodies) {
  TestType body;
  body.limits.query_timeout_s = 1;
  const auto begin = Clock::now();
  const Answer answer = ask(body, Way<TestType>::lasting(100));
  INFO(answer.error.argument("reason"));
  CHECK(answer.outcome == "sql_timeout");
  CHECK(answer.error.argument("seconds") == "1");
  CHECK(Clock::now() - begin < kSoon);
}

TEMPLATE_LIST_TEST_CASE("a session goes at once, whatever is left of its rows", "[sql]", RowByRow) {
  TestType body;
  auto session = *body.client().open(body.connection());
  std::vector<ports::SqlField> row;
  REQUIRE(outcome(session->start({.text = Way<TestType>::rows(100'000'000, 1000)})) == "ok");
  CHECK(*session->next(row));
  const auto begin = Clock::now();
  session.reset();
  CHECK(Clock::now() - begin < kSoon);
}

TEMPLATE_LIST_TEST_CASE("rows take the memory of one, however many there are", "[sql]", RowByRow) {
  constexpr std::uint64_t kCount = 100'000;
  constexpr std::size_t kSize = 4000;
#ifdef HOLDFAST_SANITIZED
  constexpr std::uint64_t kMost_kib = 330 * kKiB;  // freed memory is kept for a while
#else
  constexpr std::uint64_t kMost_kib = 32 * kKiB;
#endif
  TestType body;
  auto session = *body.client().open(body.connection());
  forget_peak();
  const std::uint64_t before = memory_kib("VmRSS");
  std::vector<ports::SqlField> row;
  REQUIRE(outcome(session->start({.text = Way<TestType>::rows(kCount, kSize)})) == "ok");
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  while (*session->next(row)) {
    ++rows;
    bytes += row.at(1)->size();
  }
  CHECK(rows == kCount);
  CHECK(bytes == kCount * kSize);
  REQUIRE(before > 0);
  CHECK(memory_kib("VmHWM") - before < kMost_kib);
}

TEMPLATE_LIST_TEST_CASE("a field far above the limit is told by row and column", "[sql]",
                        SqlBodies) {
  TestType body;
  const std::string row = "select 1 as id, '' as note union all select 2, ";
  const Answer answer = ask(body, row + "repeat('x', 10000000)");
  CHECK(answer.outcome == "sql_field_size");
  CHECK(answer.rows == Rows{{"1", ""}});
  CHECK(answer.error.argument("row") == "2");
  CHECK(answer.error.argument("column") == "note");
}

TEST_CASE("a wrong password is refused, and not told", "[sql]") {
  for (const auto make : {Mariadb::network, Postgresql::network, OdbcMariadb::connection}) {
    ports::SqlConnection connection = make();
    CAPTURE(connection.name());
    linux::SqlClients client;
    CHECK(login(client.open(connection)) == "ok");
    connection.password = SecretBytes(bytes_of(kWrong));
    const auto session = client.open(connection);
    CHECK(login(session) == "sql_login");
    CHECK(debug_text(session.error()).find(kWrong) == std::string::npos);
  }
}

TEST_CASE("a database that the server does not have is refused", "[sql]") {
  for (const auto make : {Mariadb::connection, Postgresql::connection}) {
    ports::SqlConnection connection = make();
    connection.database = "none";
    linux::SqlClients client;
    CHECK(login(client.open(connection)) == "sql_login");
  }
}

TEST_CASE("ODBC: a driver that is not there is named, and the text's secrets are not", "[odbc]") {
  linux::SqlClients client;
  const ports::SqlConnection connection{
      .kind = ports::SqlKind::odbc,
      .server = "DRIVER=no_such_driver.so;PWD=hidden",
      .password = SecretBytes(bytes_of(kPassword)),
  };
  const auto session = client.open(connection);
  REQUIRE(login(session) == "sql_client_missing");
  CHECK(session.error().argument("library").find("no_such_driver.so") != std::string::npos);
  CHECK(session.error().where == "DRIVER=no_such_driver.so");
  CHECK(debug_text(session.error()).find("hidden") == std::string::npos);
}

TEST_CASE("TLS: a server is believed by its certificate only", "[tls]") {
  for (const auto make : {Mariadb::network, Postgresql::network}) {
    ports::SqlConnection connection = make();
    CAPTURE(connection.port);
    linux::SqlClients client;
    connection.tls = SqlTls::verified;
    connection.ca_file = environment("HOLDFAST_TEST_CA_FILE");
    CHECK(login(client.open(connection)) == "ok");
    connection.ca_file = {};  // what the system trusts: not this one
    CHECK(login(client.open(connection)) == "sql_login");
    connection.tls = SqlTls::encrypted;
    CHECK(login(client.open(connection)) == "ok");
    connection.tls = SqlTls::verified;
    connection.ca_file = environment("HOLDFAST_TEST_CA_FILE");
    connection.server = "127.0.0.1";  // not the name in it
    CHECK(login(client.open(connection)) == "sql_login");
  }
}

TEST_CASE("TLS: a connection is encrypted, or not, as it was asked for", "[tls]") {
  const auto is_encrypted = [](ports::SqlConnection connection, SqlTls tls,
                               const std::string& query) {
    connection.tls = tls;
    linux::SqlClients client;
    const auto session = *client.open(connection);
    const Answer answer = ask(*session, {.text = query});
    REQUIRE(answer.rows.size() == 1);
    return answer.rows[0][0] != "" && answer.rows[0][0] != "f";
  };
  const std::string mariadb =
      "select variable_value from information_schema.session_status where"
      " variable_name = 'ssl_cipher'";
  const std::string postgresql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
  CHECK(is_encrypted(Mariadb::network(), SqlTls::encrypted, mariadb));
  CHECK(!is_encrypted(Mariadb::network(), SqlTls::none, mariadb));
  CHECK(is_encrypted(Postgresql::network(), SqlTls::encrypted, postgresql));
  CHECK(!is_encrypted(Postgresql::network(), SqlTls::none, postgresql));
}

TEST_CASE("MariaDB: quotes end where the server's mode says", "[mariadb]") {
  Mariadb body;
  body.run("set global sql_mode = 'NO_BACKSLASH_ESCAPES'");
  const Answer answer =
      ask(body, {.text = R"(select '\', :since)", .parameters = {{"since", "a"}}});
  body.run("set global sql_mode = default");
  CHECK(answer.rows == Rows{{"\\", "a"}});
  CHECK(ask(body, {.text = R"(select '\':since', :since)", .parameters = {{"since", "a"}}}).rows ==
        Rows{{"':since", "a"}});
}

TEST_CASE("a parameter is compared as its column's type", "[sql]") {
  Postgresql postgresql;
  Mariadb mariadb;
  const ports::SqlQuery query{
      .text = "select id from calls where at >= :since and day >= :since and :until > id",
      .parameters = {{"since", "2026-03-01"}, {"until", "10"}}};
  const auto check = [&](auto& body) {
    body.run("create table calls (id int, at timestamp, day date)");
    body.run(
        "insert into calls values (9, '2026-03-01 00:00:00', '2026-03-02'),"
        " (8, '2026-02-28 23:59:59', '2026-03-02'), (11, '2026-03-05', '2026-03-05')");
    CHECK(ask(body, query).rows == Rows{{"9"}});
  };
  check(postgresql);
  check(mariadb);
}

// By the suite's script these run last, PostgreSQL's first: it starts anew by itself.
TEMPLATE_TEST_CASE("a server that dies ends the rows, and more may be had later", "[killed]",
                   OdbcPostgresql, Postgresql, Mariadb) {
  TestType body;
  const auto session = *body.client().open(body.connection());
  std::vector<ports::SqlField> row;
  REQUIRE(outcome(session->start({.text = Way<TestType>::rows(10'000'000, 1000)})) == "ok");
  REQUIRE(*session->next(row));
  body.kill();
  std::uint64_t rows = 1;
  auto more = session->next(row);
  for (; more && *more; more = session->next(row)) ++rows;
  CHECK(outcome(more) == "sql_gone");
  REQUIRE(!more);
  CHECK(more.error().retryable);
  CHECK(more.error().argument("rows") == std::to_string(rows));
  CHECK(rows < 1'000'000);
}

}  // namespace holdfast::test
