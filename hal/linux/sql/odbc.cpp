// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/odbc.h"

#include <array>

#include "hal/linux/sql/base64.h"
#include "hal/linux/sql/odbc_library.h"

namespace holdfast::linux {

using ports::SqlColumn;
using ports::SqlField;

namespace {

constexpr std::size_t kPieceSize = 4096;  // of a field, at first
constexpr std::size_t kNameMax = 1024;
// What psqlodbc needs so that rows come one by one; others pass over it.
constexpr std::string_view kRowByRow = ";UseDeclareFetch=1;Fetch=1000";

// What we know of a database behind a driver, by the name it gives itself.
struct Database {
  std::string_view name;
  ports::SqlDialect dialect;
  const char* read_only;  // the statement that makes all transactions so
  // The statement that bounds the time of others, but for the number at its end and its unit.
  const char* timeout;
  const char* unit;
  bool is_mysql;
};

constexpr Database kUnknown{"", {.has_brackets = true}, nullptr, nullptr, nullptr, false};

const Database& database_of(std::string_view name) {
  static constexpr ports::SqlDialect kPostgresql = [] {
    ports::SqlDialect dialect = ports::kPostgresqlDialect;
    dialect.has_numbers = false;
    return dialect;
  }();
  static constexpr const char* kMysqlReadOnly = "set session transaction read only";
  static constexpr std::array kKnown = {
      Database{"PostgreSQL", kPostgresql, "set session characteristics as transaction read only",
               "set statement_timeout = ", "000", false},
      Database{"MariaDB", ports::kMysqlDialect, kMysqlReadOnly,
               "set session max_statement_time = ", "", true},
      Database{"MySQL", ports::kMysqlDialect, kMysqlReadOnly,
               "set session max_execution_time = ", "000", true},
  };
  for (const Database& known : kKnown) {
    if (name == known.name) return known;
  }
  return kUnknown;
}

bool is_binary(SQLSMALLINT type) {
  return type == SQL_BINARY || type == SQL_VARBINARY || type == SQL_LONGVARBINARY;
}

// The driver manager's functions take texts that they do not change as if they would.
SQLCHAR* text_of(const std::string& text) {
  return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str()));  // NOLINT: only read
}

SQLPOINTER number_of(SQLULEN number) {
  return reinterpret_cast<SQLPOINTER>(number);  // NOLINT: ODBC passes numbers so
}

class OdbcSession final : public ports::SqlSession {
 public:
  OdbcSession(const ports::SqlConnection& connection, const Libodbc& library,
              OdbcHandle environment, OdbcHandle handle)
      : SqlSession(connection),
        library_(library),
        environment_(std::move(environment)),
        connection_(std::move(handle)) {}

  // Every transaction reads only, and none is committed.
  Result<void> prepare_session() {
    std::array<char, kNameMax> name{};
    SQLSMALLINT size = 0;
    library_.SQLGetInfo(connection_.get(), SQL_DBMS_NAME, name.data(),
                        static_cast<SQLSMALLINT>(name.size()), &size);
    database_ = &database_of(name.data());
    if (database_->read_only != nullptr) {
      HF_TRY(run(database_->read_only));
      // What the drivers make of SQL_ATTR_QUERY_TIMEOUT ends when the first row comes, or is
      // nothing.
      HF_TRY(run(database_->timeout + std::to_string(query_timeout_s()) + database_->unit));
    }
    if (!SQL_SUCCEEDED(library_.SQLSetConnectAttr(connection_.get(), SQL_ATTR_AUTOCOMMIT,
                                                  number_of(SQL_AUTOCOMMIT_OFF),
                                                  SQL_IS_UINTEGER))) {
      return error_of(connection_);
    }
    return {};
  }

 private:
  [[nodiscard]] ports::SqlDialect dialect() const override { return database_->dialect; }

  [[nodiscard]] Error error_of(const OdbcHandle& handle) const {
    const OdbcDiagnosis diagnosis = diagnosis_of(library_, handle);
    return make_error(query_error_code(diagnosis, database_->is_mysql), where(),
                      {{"reason", ports::sql_words(diagnosis.words, {})}});
  }

  Result<void> run(const std::string& text) {
    OdbcHandle statement(library_, SQL_HANDLE_STMT, connection_.get());
    if (SQL_SUCCEEDED(library_.SQLExecDirect(statement.get(), text_of(text), SQL_NTS))) return {};
    return error_of(statement);
  }

  [[nodiscard]] Result<std::vector<SqlColumn>> execute(
      const ports::SqlStatement& statement) override {
    statement_ = OdbcHandle();
    statement_ = OdbcHandle(library_, SQL_HANDLE_STMT, connection_.get());
    const SQLHANDLE handle = statement_.get();
    if (handle == SQL_NULL_HANDLE) return make_error(ErrorCode::out_of_memory, where());
    library_.SQLSetStmtAttr(handle, SQL_ATTR_QUERY_TIMEOUT, number_of(query_timeout_s()), 0);
    if (!SQL_SUCCEEDED(library_.SQLPrepare(handle, text_of(statement.text), SQL_NTS))) {
      return error_of(statement_);
    }
    HF_TRY(bind_values(statement));
    const SQLRETURN executed = library_.SQLExecute(handle);
    if (!SQL_SUCCEEDED(executed) && executed != SQL_NO_DATA) return error_of(statement_);
    HF_TRY(read_columns());
    return columns_;
  }

  Result<void> bind_values(const ports::SqlStatement& statement) {
    sizes_.clear();
    for (const std::string& value : statement.values) {
      sizes_.push_back(static_cast<SQLLEN>(value.size()));
    }
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      const std::string& value = statement.values[i];
      const SQLULEN size = std::max<SQLULEN>(value.size(), 1);  // none is refused by some
      if (!SQL_SUCCEEDED(library_.SQLBindParameter(
              statement_.get(), static_cast<SQLUSMALLINT>(i + 1), SQL_PARAM_INPUT, SQL_C_CHAR,
              SQL_VARCHAR, size, 0, text_of(value), sizes_[i], &sizes_[i]))) {
        return error_of(statement_);
      }
    }
    return {};
  }

  Result<void> read_columns() {
    columns_.clear();
    SQLSMALLINT count = 0;
    library_.SQLNumResultCols(statement_.get(), &count);
    for (SQLSMALLINT i = 1; i <= count; ++i) {
      std::array<SQLCHAR, kNameMax> name{};
      std::array<char, kNameMax> type_name{};
      SQLSMALLINT size = 0;
      SQLSMALLINT type = 0;
      if (!SQL_SUCCEEDED(library_.SQLDescribeCol(statement_.get(), static_cast<SQLUSMALLINT>(i),
                                                 name.data(), static_cast<SQLSMALLINT>(name.size()),
                                                 &size, &type, nullptr, nullptr, nullptr))) {
        return error_of(statement_);
      }
      library_.SQLColAttribute(statement_.get(), static_cast<SQLUSMALLINT>(i), SQL_DESC_TYPE_NAME,
                               type_name.data(), static_cast<SQLSMALLINT>(type_name.size()), &size,
                               nullptr);
      columns_.push_back(
          {reinterpret_cast<const char*>(name.data()), type_name.data(), is_binary(type)});
    }
    slots_.resize(columns_.size());
    return {};
  }

  [[nodiscard]] Result<bool> fetch(std::vector<SqlField>& row) override {
    const SQLRETURN got = library_.SQLFetch(statement_.get());
    if (got == SQL_NO_DATA) {
      statement_ = OdbcHandle();
      // All rows are here: that the transaction cannot be ended shows at the next query.
      library_.SQLEndTran(SQL_HANDLE_DBC, connection_.get(), SQL_ROLLBACK);
      return false;
    }
    if (!SQL_SUCCEEDED(got)) return error_of(statement_);
    row.resize(columns_.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      HF_TRY(row[i], field(i));
    }
    return true;
  }

  struct Slot {
    std::string bytes;
    std::string text;  // base64 of them
  };

  [[nodiscard]] Result<SqlField> field(std::size_t number) {
    Slot& slot = slots_[number];
    HF_TRY(const bool is_there, read_bytes(number, slot.bytes));
    if (!is_there) return SqlField();
    if (!columns_[number].is_base64) return SqlField(slot.bytes);
    to_base64(view_of(slot.bytes), slot.text);
    return SqlField(slot.text);
  }

  // A field piece by piece; false: it is NULL. A piece of text has a zero at its end.
  Result<bool> read_bytes(std::size_t number, std::string& out) {
    const bool is_bytes = columns_[number].is_base64;
    const std::size_t ending = is_bytes ? 0 : 1;
    std::size_t size = 0;
    out.resize(std::max(out.size(), kPieceSize));
    while (true) {
      const std::size_t room = out.size() - size;
      SQLLEN left = 0;
      const SQLRETURN got =
          library_.SQLGetData(statement_.get(), static_cast<SQLUSMALLINT>(number + 1),
                              is_bytes ? SQL_C_BINARY : SQL_C_CHAR, out.data() + size,
                              static_cast<SQLLEN>(room), &left);
      if (got == SQL_NO_DATA) break;  // the piece before was the last
      if (!SQL_SUCCEEDED(got)) return error_of(statement_);
      if (left == SQL_NULL_DATA) return false;
      const bool is_last = left != SQL_NO_TOTAL && static_cast<std::size_t>(left) + ending <= room;
      size += is_last ? static_cast<std::size_t>(left) : room - ending;
      if (is_last) break;
      const std::size_t known =
          left == SQL_NO_TOTAL ? size : size + static_cast<std::size_t>(left) - (room - ending);
      if (known > field_max()) {
        return make_error(ErrorCode::sql_field_size, where(), {{"column", columns_[number].name}});
      }
      out.resize(std::max(known + kPieceSize, left == SQL_NO_TOTAL ? 2 * size : 0));
    }
    out.resize(size);
    return true;
  }

  const Libodbc& library_;
  OdbcHandle environment_;
  OdbcHandle connection_;
  OdbcHandle statement_;
  const Database* database_ = &kUnknown;
  std::vector<SQLLEN> sizes_;  // of the values: read when the statement is executed
  std::vector<SqlColumn> columns_;
  std::vector<Slot> slots_;
};

void add(Bytes& text, std::string_view more) {
  text.insert(text.end(), more.begin(), more.end());
}

// "{...}", in which only a closing brace is special.
void add_quoted(Bytes& text, ByteView value) {
  add(text, "{");
  for (const std::uint8_t byte : value) {
    text.push_back(byte);
    if (byte == '}') text.push_back(byte);
  }
  add(text, "}");
}

SecretBytes text_of(const ports::SqlConnection& connection) {
  const ByteView password = connection.password.view();
  Bytes text;
  // No copy that nobody wipes is left behind.
  text.reserve(connection.server.size() + 2 * (connection.user.size() + password.size()) +
               kRowByRow.size() + 32);
  add(text, connection.server);
  add(text, kRowByRow);
  if (!connection.user.empty()) {
    add(text, ";UID=");
    // psqlodbc takes the braces for a part of the name.
    const bool is_plain = connection.user.find_first_of(";{}") == std::string::npos;
    is_plain ? add(text, connection.user) : add_quoted(text, view_of(connection.user));
  }
  if (!password.empty()) {
    add(text, ";PWD=");
    add_quoted(text, password);
  }
  text.push_back(0);
  return SecretBytes(std::move(text));
}

}  // namespace

Result<std::unique_ptr<ports::SqlSession>> open_odbc(const ports::SqlConnection& connection) {
  HF_TRY(const Libodbc* library, libodbc());
  const std::string where = connection.name();
  OdbcHandle environment(*library, SQL_HANDLE_ENV, SQL_NULL_HANDLE);
  library->SQLSetEnvAttr(environment.get(), SQL_ATTR_ODBC_VERSION, number_of(SQL_OV_ODBC3), 0);
  OdbcHandle handle(*library, SQL_HANDLE_DBC, environment.get());
  if (handle.get() == SQL_NULL_HANDLE) return make_error(ErrorCode::out_of_memory, where);
  library->SQLSetConnectAttr(handle.get(), SQL_ATTR_LOGIN_TIMEOUT,
                             number_of(connection.open_timeout_s), SQL_IS_UINTEGER);
  library->SQLSetConnectAttr(handle.get(), SQL_ATTR_ACCESS_MODE, number_of(SQL_MODE_READ_ONLY),
                             SQL_IS_UINTEGER);
  SecretBytes text = text_of(connection);
  const SQLRETURN opened =
      library->SQLDriverConnect(handle.get(), nullptr, text.bytes().data(), SQL_NTS, nullptr, 0,
                                nullptr, SQL_DRIVER_NOPROMPT);
  if (!SQL_SUCCEEDED(opened)) {
    const OdbcDiagnosis diagnosis = diagnosis_of(*library, handle);
    const std::string said = ports::sql_words(diagnosis.words, connection.password.view());
    const ErrorCode code = open_error_code(diagnosis);
    Error error = make_error(code, where, {{"reason", said}, {"library", said}});
    error.retryable = code == ErrorCode::sql_unreachable;
    return error;
  }
  auto session = std::make_unique<OdbcSession>(connection, *library, std::move(environment),
                                               std::move(handle));
  HF_TRY(session->prepare_session());
  return session;
}

}  // namespace holdfast::linux
