// SPDX-License-Identifier: Apache-2.0
// What is used of libmariadb, and its values in our words.
#pragma once

#include <mysql.h>

#include <string>

#include "hal/base/result.h"
#include "hal/linux/sql/library.h"

namespace holdfast::linux {

#define HOLDFAST_LIBMARIADB(X) \
  X(mysql_server_init)         \
  X(mysql_init)                \
  X(mysql_optionsv)            \
  X(mysql_real_connect)        \
  X(mysql_close)               \
  X(mysql_errno)               \
  X(mysql_error)               \
  X(mysql_get_socket)          \
  X(mysql_real_query)          \
  X(mysql_stmt_init)           \
  X(mysql_stmt_prepare)        \
  X(mysql_stmt_execute)        \
  X(mysql_stmt_fetch)          \
  X(mysql_stmt_fetch_column)   \
  X(mysql_stmt_param_count)    \
  X(mysql_stmt_field_count)    \
  X(mysql_stmt_bind_param)     \
  X(mysql_stmt_bind_result)    \
  X(mysql_stmt_close)          \
  X(mysql_stmt_errno)          \
  X(mysql_stmt_error)          \
  X(mariadb_stmt_fetch_fields) \
  X(mariadb_connection)        \
  X(mariadb_field_attr)

struct Libmariadb {
  HOLDFAST_LIBMARIADB(HOLDFAST_CLIENT_FUNCTION)
};

// Loads it if need be. sql_client_missing.
[[nodiscard]] Result<const Libmariadb*> libmariadb();

// Whether the field's text is bytes (strings and blobs in no charset).
[[nodiscard]] bool is_binary(const MYSQL_FIELD& field);
// "bigint unsigned", "decimal(38,10)".
[[nodiscard]] std::string type_of(const Libmariadb& library, const MYSQL_FIELD& field);

// By the number of an error of the client or the server, without its words.
[[nodiscard]] ErrorCode open_error_code(unsigned number);
[[nodiscard]] ErrorCode query_error_code(unsigned number);

}  // namespace holdfast::linux
