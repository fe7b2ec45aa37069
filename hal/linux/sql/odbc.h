// SPDX-License-Identifier: Apache-2.0
// Any other database by unixODBC: values fetched piece by piece as text (SQL_C_CHAR) or bytes
// (SQL_C_BINARY).
//
// Read-only transactions are a matter of each database. MariaDB, MySQL and PostgreSQL are put into
// them; of another one, what keeps it unchanged is that only one statement is sent, which must look
// like one that reads, in a transaction that is rolled back, and that its user may do no more.
//
// Memory is bounded if the driver lets rows come one by one: of psqlodbc UseDeclareFetch=1 is asked
// for, of MariaDB's driver its FORWARDONLY and NO_CACHE; another one must be told in the
// connection's text. What values look like as text is up to the driver too: cast what it shortens
// (psqlodbc: timestamps with a zone) to text in the query.
#pragma once

#include "hal/ports/sql.h"

namespace holdfast::linux {

[[nodiscard]] Result<std::unique_ptr<ports::SqlSession>> open_odbc(
    const ports::SqlConnection& connection);

}  // namespace holdfast::linux
