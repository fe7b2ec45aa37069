// SPDX-License-Identifier: Apache-2.0
// What is used of unixODBC, its handles, and its errors as ours.
#pragma once

#include <sql.h>
#include <sqlext.h>

#include <memory>
#include <string>
#include <utility>

#include "hal/base/result.h"
#include "hal/base/secret.h"
#include "hal/linux/sql/library.h"

namespace holdfast::linux {

#define HOLDFAST_LIBODBC(X) \
  X(SQLAllocHandle)         \
  X(SQLFreeHandle)          \
  X(SQLSetEnvAttr)          \
  X(SQLSetConnectAttr)      \
  X(SQLDriverConnect)       \
  X(SQLDisconnect)          \
  X(SQLGetInfo)             \
  X(SQLGetDiagRec)          \
  X(SQLSetStmtAttr)         \
  X(SQLExecDirect)          \
  X(SQLPrepare)             \
  X(SQLNumParams)           \
  X(SQLBindParameter)       \
  X(SQLExecute)             \
  X(SQLNumResultCols)       \
  X(SQLDescribeCol)         \
  X(SQLColAttribute)        \
  X(SQLFetch)               \
  X(SQLGetData)             \
  X(SQLEndTran)

struct Libodbc {
  HOLDFAST_LIBODBC(HOLDFAST_CLIENT_FUNCTION)
};

// Loads it if need be. sql_client_missing.
[[nodiscard]] Result<const Libodbc*> libodbc();

// A handle of one of the kinds, freed when it goes; one of a connection is disconnected before.
class OdbcHandle {
 public:
  OdbcHandle() = default;
  OdbcHandle(const Libodbc& library, SQLSMALLINT kind, SQLHANDLE parent);
  ~OdbcHandle();
  OdbcHandle(OdbcHandle&& other) noexcept { swap(other); }
  OdbcHandle& operator=(OdbcHandle&& other) noexcept {
    swap(other);
    return *this;
  }

  [[nodiscard]] SQLHANDLE get() const { return handle_; }  // null: there was no memory
  [[nodiscard]] SQLSMALLINT kind() const { return kind_; }

 private:
  void swap(OdbcHandle& other) noexcept {
    std::swap(calls_, other.calls_);
    std::swap(kind_, other.kind_);
    std::swap(handle_, other.handle_);
  }

  const Libodbc* calls_ = nullptr;
  SQLSMALLINT kind_ = 0;
  SQLHANDLE handle_ = SQL_NULL_HANDLE;
};

// What is said about the last call on a handle.
struct OdbcDiagnosis {
  std::string state = {};  // SQLSTATE
  SQLINTEGER number = 0;   // the database's own
  std::string words = {};
};
[[nodiscard]] OdbcDiagnosis diagnosis_of(const Libodbc& library, const OdbcHandle& handle);

[[nodiscard]] ErrorCode open_error_code(const OdbcDiagnosis& diagnosis);
// With `is_mysql` the number says more than the state.
[[nodiscard]] ErrorCode query_error_code(const OdbcDiagnosis& diagnosis, bool is_mysql);

}  // namespace holdfast::linux
