// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/mysql_library.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include <array>
#include <optional>

namespace holdfast::linux {

namespace {

constexpr const char* kName = "libmariadb.so.3";
constexpr unsigned kBinaryCharset = 63;
constexpr unsigned kBytesOfCharacter = 4;  // in utf8mb4, the charset of our connections

// Of servers whose header we do not have.
constexpr unsigned kMysqlQueryTimeout = 3024;
constexpr auto kMysqlJson = static_cast<enum_field_types>(245);

std::optional<Libmariadb> load() {
  Library library(kName);
  Libmariadb functions;
  HOLDFAST_LIBMARIADB(HOLDFAST_FIND_FUNCTION)
  if (!library.ok()) return std::nullopt;
  if (functions.mysql_server_init(0, nullptr, nullptr) != 0) return std::nullopt;
  return functions;
}

bool is_blob(enum_field_types type) {
  return type == MYSQL_TYPE_TINY_BLOB || type == MYSQL_TYPE_BLOB ||
         type == MYSQL_TYPE_MEDIUM_BLOB || type == MYSQL_TYPE_LONG_BLOB;
}

std::string sized(const char* name, std::uint64_t size) {
  return std::string(name) + "(" + std::to_string(size) + ")";
}

// With as many digits of a second's fraction as there are.
std::string timed(const char* name, const MYSQL_FIELD& field) {
  return field.decimals > 0 && field.decimals <= 6 ? sized(name, field.decimals) : name;
}

std::string decimal_of(const MYSQL_FIELD& field) {
  // The length counts a sign and a point as well.
  const bool is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
  const auto precision = field.length - (is_unsigned ? 0U : 1U) - (field.decimals > 0 ? 1U : 0U);
  return "decimal(" + std::to_string(precision) + "," + std::to_string(field.decimals) + ")";
}

std::string string_of(const MYSQL_FIELD& field, bool is_variable) {
  if ((field.flags & ENUM_FLAG) != 0) return "enum";
  if ((field.flags & SET_FLAG) != 0) return "set";
  if (is_binary(field)) return sized(is_variable ? "varbinary" : "binary", field.length);
  return sized(is_variable ? "varchar" : "char", field.length / kBytesOfCharacter);
}

std::string blob_of(const MYSQL_FIELD& field) {
  // The server tells one type for all sizes, and the size in bytes.
  const bool is_bytes = is_binary(field);
  constexpr std::array<std::pair<unsigned long, const char*>, 3> kSizes = {
      {{255, "tiny"}, {65'535, ""}, {16'777'215, "medium"}}};
  for (const auto& [most, prefix] : kSizes) {
    if (field.length <= most * (is_bytes ? 1 : kBytesOfCharacter)) {
      return std::string(prefix) + (is_bytes ? "blob" : "text");
    }
  }
  return is_bytes ? "longblob" : "longtext";
}

std::string number_of(const char* name, const MYSQL_FIELD& field) {
  return std::string(name) + ((field.flags & UNSIGNED_FLAG) != 0 ? " unsigned" : "");
}

std::string base_type_of(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
      return number_of(field.length == 1 ? "tinyint(1)" : "tinyint", field);
    case MYSQL_TYPE_SHORT:
      return number_of("smallint", field);
    case MYSQL_TYPE_INT24:
      return number_of("mediumint", field);
    case MYSQL_TYPE_LONG:
      return number_of("int", field);
    case MYSQL_TYPE_LONGLONG:
      return number_of("bigint", field);
    case MYSQL_TYPE_FLOAT:
      return number_of("float", field);
    case MYSQL_TYPE_DOUBLE:
      return number_of("double", field);
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return number_of(decimal_of(field).c_str(), field);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
      return "date";
    case MYSQL_TYPE_TIME:
      return timed("time", field);
    case MYSQL_TYPE_DATETIME:
      return timed("datetime", field);
    case MYSQL_TYPE_TIMESTAMP:
      return timed("timestamp", field);
    case MYSQL_TYPE_YEAR:
      return "year";
    case MYSQL_TYPE_BIT:
      return sized("bit", field.length);
    case MYSQL_TYPE_GEOMETRY:
      return "geometry";
    case kMysqlJson:
      return "json";
    case MYSQL_TYPE_STRING:
      return string_of(field, false);
    default:
      return is_blob(field.type) ? blob_of(field) : string_of(field, true);
  }
}

}  // namespace

Result<const Libmariadb*> libmariadb() {
  static const std::optional<Libmariadb> library = load();
  if (!library) return make_error(ErrorCode::sql_client_missing, {}, {{"library", kName}});
  return &*library;
}

bool is_binary(const MYSQL_FIELD& field) {
  if (field.type == MYSQL_TYPE_GEOMETRY) return true;
  const bool is_text = is_blob(field.type) || field.type == MYSQL_TYPE_STRING ||
                       field.type == MYSQL_TYPE_VAR_STRING || field.type == MYSQL_TYPE_VARCHAR;
  return is_text && field.charsetnr == kBinaryCharset;
}

std::string type_of(const Libmariadb& library, const MYSQL_FIELD& field) {
  // MariaDB's newer types (uuid, json) travel as others, with their names beside.
  for (const auto attribute : {MARIADB_FIELD_ATTR_DATA_TYPE_NAME, MARIADB_FIELD_ATTR_FORMAT_NAME}) {
    MARIADB_CONST_STRING name{};
    if (library.mariadb_field_attr(&name, &field, attribute) == 0 && name.length > 0) {
      return {name.str, name.length};
    }
  }
  return base_type_of(field);
}

ErrorCode open_error_code(unsigned number) {
  switch (number) {
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_HANDSHAKE_ERR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case ER_CON_COUNT_ERROR:
    case ER_SERVER_SHUTDOWN:
    case ER_USER_LIMIT_REACHED:
      return ErrorCode::sql_unreachable;
    case CR_OUT_OF_MEMORY:
      return ErrorCode::out_of_memory;
    default:
      return ErrorCode::sql_login;
  }
}

ErrorCode query_error_code(unsigned number) {
  switch (number) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_QUERY_INTERRUPTED:
      return ErrorCode::sql_gone;
    case ER_STATEMENT_TIMEOUT:
    case kMysqlQueryTimeout:
      return ErrorCode::sql_timeout;
    case ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION:
      return ErrorCode::sql_writes;
    case CR_OUT_OF_MEMORY:
      return ErrorCode::out_of_memory;
    default:
      return ErrorCode::sql_error;
  }
}

}  // namespace holdfast::linux
