// SPDX-License-Identifier: Apache-2.0
// Databases by their own clients: SQLite, MariaDB's and PostgreSQL's libraries, ODBC.
#pragma once

#include "hal/ports/sql.h"

namespace holdfast::linux {

class SqlClients final : public ports::SqlClient {
 public:
  [[nodiscard]] Result<std::unique_ptr<ports::SqlSession>> open(
      const ports::SqlConnection& connection) override;
};

}  // namespace holdfast::linux
