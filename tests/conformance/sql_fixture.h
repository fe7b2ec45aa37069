// SPDX-License-Identifier: Apache-2.0
// The bodies of ports::SqlClient that need no server, each with a fresh database.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <tuple>

#include "hal/linux/sql/client.h"
#include "hal/sim/sql.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

using Rows = std::vector<std::vector<std::optional<std::string>>>;

// Answers a query as the fixture was told it would be answered.
class SimulatedSql {
 public:
  ports::SqlClient& client() { return sql_; }
  [[nodiscard]] ports::SqlConnection connection() const { return {.server = "simulated"}; }
  [[nodiscard]] ports::SqlConnection unreachable() const { return {.server = "another"}; }
  // What the owner of the database does.
  void run(const std::string&) {}
  // Says what `query` will find in what run() made.
  void finds(const ports::SqlQuery& query, const std::vector<std::string>& columns,
             const Rows& rows) {
    sim::SqlTable table{.rows = rows};
    for (const std::string& name : columns) table.columns.push_back({.name = name});
    sql_.answer(connection().server, query, table);
  }

  sim::World& world() { return world_; }
  sim::SimSql& sql() { return sql_; }

 private:
  sim::World world_{1};
  sim::SimSql sql_{world_};
};

class SqliteFile {
 public:
  SqliteFile() { HF_CHECK(sqlite3_open(path().c_str(), &owner_) == SQLITE_OK); }
  ~SqliteFile() { sqlite3_close_v2(owner_); }
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  ports::SqlClient& client() { return client_; }
  [[nodiscard]] ports::SqlConnection connection() const {
    return {.server = path(), .open_timeout_s = 1};
  }
  [[nodiscard]] ports::SqlConnection unreachable() const {
    return {.server = folder_.file("none.db")};
  }
  void run(const std::string& statement) {
    HF_CHECK(sqlite3_exec(owner_, statement.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  void finds(const ports::SqlQuery&, const std::vector<std::string>&, const Rows&) {}

  [[nodiscard]] std::string path() const { return folder_.file("a b?c#.db"); }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  void close() { sqlite3_close_v2(std::exchange(owner_, nullptr)); }

 private:
  TemporaryFolder folder_;
  linux::SqlClients client_;
  sqlite3* owner_ = nullptr;
};

// All that a query gives: rows, or why not.
struct Answer {
  std::vector<ports::SqlColumn> columns = {};
  Rows rows = {};
  std::string outcome = "ok";
  Error error = {};
};

inline Answer ask(ports::SqlSession& session, const ports::SqlQuery& query) {
  Answer answer;
  const auto fail = [&](const Error& error) {
    answer.error = error;
    answer.outcome = std::string(name_of(error.code));
    return answer;
  };
  auto columns = session.start(query);
  if (!columns) return fail(columns.error());
  answer.columns = *columns;
  std::vector<ports::SqlField> row;
  while (true) {
    const auto more = session.next(row);
    if (!more) return fail(more.error());
    if (!*more) return answer;
    auto& fields = answer.rows.emplace_back();
    for (const ports::SqlField& field : row) fields.emplace_back(field);
  }
}

template <class Body>
Answer ask(Body& body, const ports::SqlQuery& query) {
  auto session = body.client().open(body.connection());
  if (!session) return {.outcome = outcome(session), .error = session.error()};
  return ask(**session, query);
}

template <class Body, std::convertible_to<std::string> Text>
Answer ask(Body& body, const Text& text) {
  return ask(body, ports::SqlQuery{.text = text});
}

#ifndef HOLDFAST_SQL_SERVERS
using SqlBodies = std::tuple<SimulatedSql, SqliteFile>;
#endif

}  // namespace holdfast::test
