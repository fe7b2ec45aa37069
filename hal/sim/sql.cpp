// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/sql.h"

#include "hal/sim/folder.h"

namespace holdfast::sim {

using ports::SqlColumn;
using ports::SqlField;

namespace {

constexpr ports::SqlDialect kDialect = ports::kSqliteDialect;

Error simulated(ErrorCode code, const std::string& where) {
  return make_error(code, where, {{"reason", "simulated database"}});
}

}  // namespace

class SimSqlSession final : public ports::SqlSession {
 public:
  SimSqlSession(SimSql& sql, const ports::SqlConnection& connection)
      : ports::SqlSession(connection), sql_(sql), server_(connection.server) {}

 private:
  [[nodiscard]] ports::SqlDialect dialect() const override { return kDialect; }

  [[nodiscard]] Result<std::vector<SqlColumn>> execute(
      const ports::SqlStatement& statement) override {
    using Columns = Result<std::vector<SqlColumn>>;
    return run_operation(Touch::look, sql_.world_, "start query", server_, [&]() -> Columns {
      if (sql_.dice_.falls(sql_.faults_.gone)) return simulated(ErrorCode::sql_gone, server_);
      const SimSql::Answers& answers = sql_.servers_[server_];
      auto found = answers.find({statement.text, statement.values});
      if (found == answers.end()) found = answers.find({statement.text, {}});
      if (found == answers.end()) return simulated(ErrorCode::sql_error, server_);
      table_ = &found->second;
      next_ = 0;
      return table_->columns;
    });
  }

  [[nodiscard]] Result<bool> fetch(std::vector<SqlField>& row) override {
    return run_operation(Touch::look, sql_.world_, "next row", server_, [&]() -> Result<bool> {
      if (sql_.dice_.falls(sql_.faults_.gone)) return simulated(ErrorCode::sql_gone, server_);
      if (next_ == table_->rows.size()) return false;
      const auto& fields = table_->rows[next_++];
      row.assign(fields.begin(), fields.end());
      return true;
    });
  }

  SimSql& sql_;
  std::string server_;
  const SqlTable* table_ = nullptr;
  std::size_t next_ = 0;
};

Result<std::unique_ptr<ports::SqlSession>> SimSql::open(const ports::SqlConnection& connection) {
  using Opened = Result<std::unique_ptr<ports::SqlSession>>;
  return run_operation(Touch::look, world_, "open database", connection.server, [&]() -> Opened {
    const bool is_refused = refused_ > 0;
    if (is_refused) --refused_;
    if (is_refused || dice_.falls(faults_.refused_open) || !servers_.contains(connection.server)) {
      Error error = simulated(ErrorCode::sql_unreachable, connection.server);
      error.retryable = true;
      return error;
    }
    return std::make_unique<SimSqlSession>(*this, connection);
  });
}

void SimSql::answer(const std::string& server, const ports::SqlQuery& query, SqlTable table) {
  ports::SqlStatement statement = *ports::translate(query.text, query.parameters, kDialect);
  const std::scoped_lock lock(world_.mutex());
  servers_[server].insert_or_assign({std::move(statement.text), std::move(statement.values)},
                                    std::move(table));
}

void SimSql::answer_any(const std::string& server, const ports::SqlQuery& query, SqlTable table) {
  ports::SqlStatement statement = *ports::translate(query.text, query.parameters, kDialect);
  statement.values.clear();
  const std::scoped_lock lock(world_.mutex());
  servers_[server].insert_or_assign({std::move(statement.text), std::move(statement.values)},
                                    std::move(table));
}

}  // namespace holdfast::sim
