// SPDX-License-Identifier: Apache-2.0
// The bodies of ports::SqlClient that need no server, each with a fresh database.
#pragma once

#include <sqlite3.h>

#include <tuple>

#include "hal/linux/sql/client.h"
#include "hal/sim/sql.h"
#include "tests/conformance/sql_answer.h"

namespace holdfast::test {

// Answers a query as the fixture was told it would be answered.
class SimulatedSql {
 public:
  static constexpr const char* kLongText = "text";

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

  Limits limits;

  sim::World& world() { return world_; }
  sim::SimSql& sql() { return sql_; }

 private:
  sim::World world_{1};
  sim::SimSql sql_{world_};
};

class SqliteFile {
 public:
  static constexpr const char* kLongText = "text";

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

  Limits limits;

  [[nodiscard]] std::string path() const { return folder_.file("a b?c#.db"); }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  void close() { sqlite3_close_v2(std::exchange(owner_, nullptr)); }

 private:
  TemporaryFolder folder_;
  linux::SqlClients client_;
  sqlite3* owner_ = nullptr;
};

using SqlBodies = std::tuple<SimulatedSql, SqliteFile>;

}  // namespace holdfast::test
