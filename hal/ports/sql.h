// SPDX-License-Identifier: Apache-2.0
// Other people's databases: one query at a time, its rows as text, and nothing ever written.
//
//   open(connection) -> session -> start(query) -> columns
//                                  next(row) ... true, true, false: the end
//                                  start(another query) ...
//
// A session is one connection to one database, and a query is one statement on it: a query cannot
// join data of two sources.
//
// What reads only is sure three times over: the statement must be one that reads (refused before
// anything is sent: sql_many, sql_writes), it runs in a read-only transaction that is never
// committed (sql_writes in the server's words), and the user should be one who may do no more.
// A database behind ODBC that we do not know has no read-only transaction: see
// hal/linux/sql/odbc.h.
//
// Values are handed out as text without loss: integers and decimals with all their digits, binary
// numbers so that they read back the same, times as the server writes them (with their zone where
// the type has one), bytes as base64. NULL is no text, and differs from an empty one. Text is in
// UTF-8 where the server knows how it is encoded, else as the server has it.
//
// Memory: one row, whatever the number of rows. A session belongs to one thread at a time. After
// an error it is good for nothing but to be destroyed; so is one whose rows are not read to the
// end. The destructor closes the connection without reading the rest.
//
// Errors: of open() sql_client_missing, sql_login, and sql_unreachable (retryable); of both others
// sql_parameter, sql_many, sql_writes, sql_error, sql_timeout, sql_field_size, sql_field_binary,
// limit_exceeded (too many columns), sql_gone (retryable), and sql_unreachable (a SQLite file that
// its writer keeps locked). `where` names the database. What a server said is an argument, at most
// 1 KiB of it, without the password.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/result.h"
#include "hal/base/secret.h"
#include "hal/ports/sql_text.h"

namespace holdfast::ports {

inline constexpr std::size_t kSqlColumnsMax = 4096;
inline constexpr std::uint32_t kSqlGrace_s = 10;

enum class SqlKind : std::uint8_t { sqlite, mysql, postgresql, odbc };

// Of connections by network: a socket on this machine needs none, and ODBC has it in its text.
enum class SqlTls : std::uint8_t {
  verified,   // encrypted, and the server's certificate bears its name and is signed by `ca_file`
  encrypted,  // by whoever answers
  none,
};

struct SqlConnection {
  SqlKind kind = SqlKind::sqlite;
  // mysql, postgresql: name or address of the server, or the absolute path of its socket (of
  // postgresql: of the folder with its socket). sqlite: path of the file. odbc: the text that the
  // driver manager takes, such as "DSN=calls", without user and password.
  std::string server = {};
  std::uint16_t port = 0;     // mysql, postgresql; 0: the usual one
  std::string database = {};  // mysql, postgresql
  std::string user = {};      // all but sqlite, as is the password
  SecretBytes password = {};
  SqlTls tls = SqlTls::verified;
  std::string ca_file = {};  // PEM; empty: what the system trusts
  std::uint32_t open_timeout_s = 15;
  // The longest that the server may take for a query, until its last row. Silence of the connection
  // for kSqlGrace_s longer is sql_gone.
  std::uint32_t query_timeout_s = 300;
  std::uint64_t field_max = 16 * kMiB;  // bytes of a field, as it is handed out

  // For people: the server or the file. Of what ODBC takes only the beginning: a password may have
  // come into the rest.
  [[nodiscard]] std::string name() const;
};

struct SqlQuery {
  // With `:name` where a parameter's value goes, see sql_text.h. A value is sent beside the
  // statement, as text: it can change nothing in the statement.
  std::string text = {};
  std::vector<SqlParameter> parameters = {};
};

struct SqlColumn {
  std::string name = {};
  std::string type = {};   // as the server calls it: "bigint(20) unsigned"; may be empty
  bool is_base64 = false;  // its fields are bytes, handed out as base64 (RFC 4648, padded)
  bool operator==(const SqlColumn&) const = default;
};

// Nothing is NULL.
using SqlField = std::optional<std::string_view>;

class SqlSession {
 public:
  virtual ~SqlSession() = default;
  SqlSession(const SqlSession&) = delete;
  SqlSession& operator=(const SqlSession&) = delete;

  // Starts a query; only when no rows of another are left.
  [[nodiscard]] Result<std::vector<SqlColumn>> start(const SqlQuery& query);
  // The next row, as many fields as there are columns; false: there are no more. The text is good
  // until the next call of anything here.
  [[nodiscard]] Result<bool> next(std::vector<SqlField>& row);

 protected:
  explicit SqlSession(const SqlConnection& connection)
      : where_(connection.name()),
        query_timeout_s_(connection.query_timeout_s),
        field_max_(connection.field_max) {}

  // For people: the `where` of every error.
  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] std::uint64_t field_max() const { return field_max_; }
  [[nodiscard]] std::uint32_t query_timeout_s() const { return query_timeout_s_; }

 private:
  // What each kind of database does in its own way. `statement` reads only, and lives as long as
  // its rows do; start() and next() add to errors what they know: rows, row, limit, seconds.
  [[nodiscard]] virtual SqlDialect dialect() const = 0;
  [[nodiscard]] virtual Result<std::vector<SqlColumn>> execute(const SqlStatement& statement) = 0;
  [[nodiscard]] virtual Result<bool> fetch(std::vector<SqlField>& row) = 0;

  [[nodiscard]] Error failed(Error error);
  [[nodiscard]] Result<void> check_sizes(const std::vector<SqlField>& row) const;

  enum class State : std::uint8_t { ready, in_rows, failed };

  std::string where_;
  std::uint32_t query_timeout_s_;
  std::uint64_t field_max_;
  State state_ = State::ready;
  SqlStatement statement_;
  std::vector<SqlColumn> columns_;
  std::uint64_t rows_ = 0;  // handed out
};

class SqlClient {
 public:
  virtual ~SqlClient() = default;
  // Any thread may call. `connection` is not needed any more once this returns.
  [[nodiscard]] virtual Result<std::unique_ptr<SqlSession>> open(
      const SqlConnection& connection) = 0;
};

// The server's words for an error's argument: `secret` cut out, line ends as blanks, not too long.
[[nodiscard]] std::string sql_words(std::string_view said, ByteView secret);

}  // namespace holdfast::ports
