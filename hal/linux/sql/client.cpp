// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/client.h"

#include "hal/linux/sql/sqlite.h"

namespace holdfast::linux {

Result<std::unique_ptr<ports::SqlSession>> SqlClients::open(
    const ports::SqlConnection& connection) {
  switch (connection.kind) {
    case ports::SqlKind::sqlite:
      return open_sqlite(connection);
    case ports::SqlKind::mysql:
    case ports::SqlKind::postgresql:
    case ports::SqlKind::odbc:
      break;
  }
  return make_error(ErrorCode::sql_client_missing, connection.name());
}

}  // namespace holdfast::linux
