// SPDX-License-Identifier: Apache-2.0
// Any other database by unixODBC: values fetched piece by piece as text (SQL_C_CHAR) or bytes
// (SQL_C_BINARY).
//
// Read-only transactions are a matter of each database. MariaDB, MySQL and PostgreSQL are put into
// them; of another one, what keeps it unchanged is that only one statement is sent, which must look
// like one that reads, in a transaction that is rolled back, and that its user may do no more.
//
// Memory is bounded if the driver lets rows come one by one. psqlodbc is asked to
// (UseDeclareFetch=1). MariaDB's driver takes whole results into memory before version 3.1.17
// (Debian 12 has 3.1.15), and needs ";NO_CACHE=1;FORWARDONLY=1" in the connection's text after
// that: MariaDB and MySQL are better read without ODBC. Any other driver has its own ways.
//
// What values look like as text is up to the driver too: psqlodbc leaves the zone of timestamps
// out, for instance. A cast to text in the query gives the database's own words.
//
// psqlodbc tells of a wrong password as of a server that is not there: sql_unreachable.
#pragma once

#include "hal/ports/sql.h"

namespace holdfast::linux {

[[nodiscard]] Result<std::unique_ptr<ports::SqlSession>> open_odbc(
    const ports::SqlConnection& connection);

}  // namespace holdfast::linux
