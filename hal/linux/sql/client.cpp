// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/client.h"

#include "hal/linux/sql/mysql.h"
#include "hal/linux/sql/odbc.h"
#include "hal/linux/sql/postgresql.h"
#include "hal/linux/sql/sqlite.h"

namespace holdfast::linux {

Result<std::unique_ptr<ports::SqlSession>> SqlClients::open(
    const ports::SqlConnection& connection) {
  switch (connection.kind) {
    case ports::SqlKind::sqlite:
      return open_sqlite(connection);
    case ports::SqlKind::mysql:
      return open_mysql(connection);
    case ports::SqlKind::postgresql:
      return open_postgresql(connection);
    case ports::SqlKind::odbc:
      break;
  }
  return open_odbc(connection);
}

}  // namespace holdfast::linux
