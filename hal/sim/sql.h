// SPDX-License-Identifier: Apache-2.0
// Simulated: databases that give prepared answers. Opening, starting and every row are operations
// of the world, so that each of them can be the one that fails.
//
//   SimSql sql(world);
//   sql.answer("crm.example", {.text = "select id from cdr"}, {{{"id", "bigint"}}, {{"1"}, {{}}}});
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hal/ports/sql.h"
#include "hal/sim/fault_plan.h"
#include "hal/sim/world.h"

namespace holdfast::sim {

struct SqlFaults {
  OneIn refused_open = 0;  // sql_unreachable
  OneIn gone = 0;          // sql_gone, at the start or at any row
};

struct SqlTable {
  std::vector<ports::SqlColumn> columns = {};
  std::vector<std::vector<std::optional<std::string>>> rows = {};
};

class SimSql final : public ports::SqlClient {
 public:
  explicit SimSql(World& world) : world_(world), dice_(world.seed()) {}
  SimSql(const SimSql&) = delete;
  SimSql& operator=(const SimSql&) = delete;

  // sql_unreachable for a server that has no answer to anything.
  [[nodiscard]] Result<std::unique_ptr<ports::SqlSession>> open(
      const ports::SqlConnection& connection) override;

  // What tests do to the databases; none of this is an operation. An answer is good for the same
  // statement with the same values; any other one is refused with sql_error.
  void answer(const std::string& server, const ports::SqlQuery& query, SqlTable table);
  // The answer to that statement with any values that have none of their own.
  void answer_any(const std::string& server, const ports::SqlQuery& query, SqlTable table);
  void set_faults(const SqlFaults& faults) { faults_ = faults; }
  // So many connections from now on are refused: sql_unreachable.
  void refuse_next(std::uint32_t connections) { refused_ = connections; }

 private:
  friend class SimSqlSession;
  using Key = std::pair<std::string, std::vector<std::string>>;  // statement and values
  using Answers = std::map<Key, SqlTable>;

  World& world_;
  Dice dice_;
  SqlFaults faults_;
  std::uint32_t refused_ = 0;
  std::map<std::string, Answers> servers_;
};

}  // namespace holdfast::sim
