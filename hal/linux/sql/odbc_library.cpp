// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/odbc_library.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "hal/linux/sql/mysql_library.h"

namespace holdfast::linux {

namespace {

constexpr const char* kName = "libodbc.so.2";

std::optional<Libodbc> load() {
  Library library(kName);
  Libodbc functions;
  HOLDFAST_LIBODBC(HOLDFAST_FIND_FUNCTION)
  return library.ok() ? std::optional(functions) : std::nullopt;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& states, std::string_view state) {
  return std::ranges::find(states, state) != states.end();
}

}  // namespace

Result<const Libodbc*> libodbc() {
  static const std::optional<Libodbc> library = load();
  if (!library) return make_error(ErrorCode::sql_client_missing, {}, {{"library", kName}});
  return &*library;
}

OdbcHandle::OdbcHandle(const Libodbc& library, SQLSMALLINT kind, SQLHANDLE parent)
    : calls_(&library), kind_(kind) {
  if (!SQL_SUCCEEDED(library.SQLAllocHandle(kind, parent, &handle_))) handle_ = SQL_NULL_HANDLE;
}

OdbcHandle::~OdbcHandle() {
  if (handle_ == SQL_NULL_HANDLE) return;
  if (kind_ == SQL_HANDLE_DBC) calls_->SQLDisconnect(handle_);
  calls_->SQLFreeHandle(kind_, handle_);
}

OdbcDiagnosis diagnosis_of(const Libodbc& library, const OdbcHandle& handle) {
  std::array<SQLCHAR, SQL_SQLSTATE_SIZE + 1> state{};
  std::array<SQLCHAR, SQL_MAX_MESSAGE_LENGTH> words{};
  OdbcDiagnosis diagnosis;
  SQLSMALLINT size = 0;
  library.SQLGetDiagRec(handle.kind(), handle.get(), 1, state.data(), &diagnosis.number,
                        words.data(), static_cast<SQLSMALLINT>(words.size()), &size);
  diagnosis.state = reinterpret_cast<const char*>(state.data());
  diagnosis.words = reinterpret_cast<const char*>(words.data());
  return diagnosis;
}

ErrorCode open_error_code(const OdbcDiagnosis& diagnosis) {
  constexpr std::array<std::string_view, 3> kMissing = {"01000", "IM002", "IM003"};
  constexpr std::array<std::string_view, 6> kUnreachable = {"08001", "08S01", "08006",
                                                            "HYT00", "HYT01", "08004"};
  if (is_one_of(kMissing, diagnosis.state)) return ErrorCode::sql_client_missing;
  // MariaDB's driver: the number is its client's.
  if (diagnosis.state == "HY000") return open_error_code(static_cast<unsigned>(diagnosis.number));
  return is_one_of(kUnreachable, diagnosis.state) ? ErrorCode::sql_unreachable
                                                  : ErrorCode::sql_login;
}

ErrorCode query_error_code(const OdbcDiagnosis& diagnosis, bool is_mysql) {
  constexpr std::array<std::string_view, 7> kGone = {"08S01", "08003", "08007", "08006",
                                                     "57P01", "57P02", "57P03"};
  constexpr std::array<std::string_view, 4> kTimeout = {"HYT00", "HYT01", "S1T00", "57014"};
  if (is_mysql) return query_error_code(static_cast<unsigned>(diagnosis.number));
  if (is_one_of(kGone, diagnosis.state)) return ErrorCode::sql_gone;
  if (is_one_of(kTimeout, diagnosis.state)) return ErrorCode::sql_timeout;
  return diagnosis.state == "25006" ? ErrorCode::sql_writes : ErrorCode::sql_error;
}

}  // namespace holdfast::linux
