// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/postgresql.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "hal/linux/sql/base64.h"
#include "hal/linux/sql/connection.h"
#include "hal/linux/sql/library.h"

namespace holdfast::linux {

using ports::SqlColumn;
using ports::SqlField;

namespace {

#define HOLDFAST_LIBPQ(X)   \
  X(PQconnectdbParams)      \
  X(PQpingParams)           \
  X(PQfinish)               \
  X(PQstatus)               \
  X(PQerrorMessage)         \
  X(PQsocket)               \
  X(PQconsumeInput)         \
  X(PQisBusy)               \
  X(PQsendQuery)            \
  X(PQsendPrepare)          \
  X(PQsendDescribePrepared) \
  X(PQsendQueryParams)      \
  X(PQsetSingleRowMode)     \
  X(PQgetResult)            \
  X(PQclear)                \
  X(PQresultStatus)         \
  X(PQresultErrorField)     \
  X(PQresultErrorMessage)   \
  X(PQnfields)              \
  X(PQfname)                \
  X(PQftype)                \
  X(PQfmod)                 \
  X(PQgetvalue)             \
  X(PQgetlength)            \
  X(PQgetisnull)

struct Libpq {
  HOLDFAST_LIBPQ(HOLDFAST_CLIENT_FUNCTION)
};

constexpr const char* kName = "libpq.so.5";
constexpr Oid kBytea = 17;
constexpr std::string_view kHexMark = "\\x";

std::optional<Libpq> load() {
  Library library(kName);
  Libpq functions;
  HOLDFAST_LIBPQ(HOLDFAST_FIND_FUNCTION)
  return library.ok() ? std::optional(functions) : std::nullopt;
}

Result<const Libpq*> libpq() {
  static const std::optional<Libpq> library = load();
  if (!library) return make_error(ErrorCode::sql_client_missing, {}, {{"library", kName}});
  return &*library;
}

struct Close {
  const Libpq* library;
  void operator()(PGconn* handle) const { library->PQfinish(handle); }
  void operator()(PGresult* result) const { library->PQclear(result); }
};
using Handle = std::unique_ptr<PGconn, Close>;
using Reply = std::unique_ptr<PGresult, Close>;

// By SQLSTATE; an empty one comes from libpq itself, which lost the connection.
ErrorCode code_of(std::string_view state) {
  constexpr std::array<std::string_view, 5> kGone = {"", "57P01", "57P02", "57P03", "40001"};
  if (std::ranges::find(kGone, state) != kGone.end() || state.starts_with("08")) {
    return ErrorCode::sql_gone;
  }
  if (state == "57014") return ErrorCode::sql_timeout;
  return state == "25006" ? ErrorCode::sql_writes : ErrorCode::sql_error;
}

int half_byte(char digit) {
  return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

// Replaces what `out` had with the bytes of "\x00ff".
void from_bytea(std::string_view text, Bytes& out) {
  HF_CHECK(text.starts_with(kHexMark) && text.size() % 2 == 0);
  out.clear();
  for (std::size_t i = kHexMark.size(); i < text.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(half_byte(text[i]) * 16 + half_byte(text[i + 1])));
  }
}

class PostgresqlSession final : public ports::SqlSession {
 public:
  PostgresqlSession(const ports::SqlConnection& connection, const Libpq& library, Handle handle)
      : SqlSession(connection), library_(library), handle_(std::move(handle)) {}

  // What holds for all queries of the session: what values look like, and how long they may take.
  Result<void> prepare_session() {
    return run("set statement_timeout = '" + std::to_string(query_timeout_s()) +
               "s'; set datestyle = 'ISO'; set extra_float_digits = 3; set bytea_output = 'hex';"
               " set standard_conforming_strings = on");
  }

 private:
  [[nodiscard]] ports::SqlDialect dialect() const override { return ports::kPostgresqlDialect; }

  [[nodiscard]] Error error_of(ErrorCode code, const char* said) const {
    return make_error(code, where(), {{"reason", ports::sql_words(said, {})}});
  }
  [[nodiscard]] Error connection_error() const {
    return error_of(ErrorCode::sql_gone, library_.PQerrorMessage(handle_.get()));
  }
  [[nodiscard]] Error reply_error(const Reply& reply) const {
    const char* state = library_.PQresultErrorField(reply.get(), PG_DIAG_SQLSTATE);
    const char* said = library_.PQresultErrorField(reply.get(), PG_DIAG_MESSAGE_PRIMARY);
    if (said == nullptr) said = library_.PQresultErrorMessage(reply.get());
    return error_of(code_of(state == nullptr ? "" : state), said);
  }

  // The next reply to what was sent; null after the last. The wait has an end even if the server
  // has gone without a word.
  Result<Reply> receive() {
    const auto silence_ms = static_cast<int>(
        std::min<std::uint64_t>((query_timeout_s() + std::uint64_t{ports::kSqlGrace_s}) * 1000,
                                std::numeric_limits<int>::max()));
    while (library_.PQisBusy(handle_.get()) != 0) {
      pollfd wait{library_.PQsocket(handle_.get()), POLLIN, 0};
      const int ready = ::poll(&wait, 1, silence_ms);
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0) {
        return make_error(ErrorCode::sql_gone, where(), {{"reason", "no answer"}});
      }
      if (library_.PQconsumeInput(handle_.get()) == 0) return connection_error();
    }
    Reply reply(library_.PQgetResult(handle_.get()), Close{&library_});
    if (reply != nullptr && library_.PQresultStatus(reply.get()) == PGRES_FATAL_ERROR) {
      return reply_error(reply);
    }
    return reply;
  }

  // Reads all replies to what was sent and returns the last.
  Result<Reply> receive_all(int sent) {
    if (sent == 0) return connection_error();
    Reply last(nullptr, Close{&library_});
    while (true) {
      HF_TRY(Reply reply, receive());
      if (reply == nullptr) return last;
      last = std::move(reply);
    }
  }

  Result<void> run(const char* text) {
    HF_TRY(receive_all(library_.PQsendQuery(handle_.get(), text)));
    return {};
  }
  Result<void> run(const std::string& text) { return run(text.c_str()); }

  [[nodiscard]] Result<std::vector<SqlColumn>> execute(
      const ports::SqlStatement& statement) override {
    PGconn* handle = handle_.get();
    HF_TRY(run("begin transaction read only"));
    HF_TRY(receive_all(library_.PQsendPrepare(handle, "", statement.text.c_str(), 0, nullptr)));
    HF_TRY(const Reply described, receive_all(library_.PQsendDescribePrepared(handle, "")));
    HF_TRY(read_columns(described));
    std::vector<const char*> values;
    for (const std::string& value : statement.values) values.push_back(value.c_str());
    if (library_.PQsendQueryParams(handle, statement.text.c_str(), static_cast<int>(values.size()),
                                   nullptr, values.data(), nullptr, nullptr, 0) == 0 ||
        library_.PQsetSingleRowMode(handle) == 0) {
      return connection_error();
    }
    return columns_;
  }

  Result<void> read_columns(const Reply& described) {
    columns_.clear();
    const int count = library_.PQnfields(described.get());
    std::string query;
    for (int i = 0; i < count; ++i) {
      const Oid type = library_.PQftype(described.get(), i);
      columns_.push_back({library_.PQfname(described.get(), i), {}, type == kBytea});
      query += (query.empty() ? "select " : ", ");
      query += "pg_catalog.format_type(" + std::to_string(type) + ", " +
               std::to_string(library_.PQfmod(described.get(), i)) + ")";
    }
    scratch_.resize(columns_.size());
    if (columns_.empty()) return {};
    HF_TRY(const Reply types, receive_all(library_.PQsendQuery(handle_.get(), query.c_str())));
    for (int i = 0; i < count; ++i) {
      columns_[static_cast<std::size_t>(i)].type = library_.PQgetvalue(types.get(), 0, i);
    }
    return {};
  }

  [[nodiscard]] Result<bool> fetch(std::vector<SqlField>& row) override {
    HF_TRY(row_, receive());
    if (library_.PQresultStatus(row_.get()) != PGRES_SINGLE_TUPLE) {
      row_.reset();
      HF_TRY(receive_all(1));
      // All rows are here: that the transaction cannot be ended shows at the next query.
      static_cast<void>(run("rollback"));
      return false;
    }
    row.resize(columns_.size());
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = field(static_cast<int>(i));
    return true;
  }

  [[nodiscard]] SqlField field(int number) {
    if (library_.PQgetisnull(row_.get(), 0, number) != 0) return std::nullopt;
    const std::string_view text(
        library_.PQgetvalue(row_.get(), 0, number),
        static_cast<std::size_t>(library_.PQgetlength(row_.get(), 0, number)));
    const auto column = static_cast<std::size_t>(number);
    if (!columns_[column].is_base64) return text;
    from_bytea(text, bytes_);
    to_base64(bytes_, scratch_[column]);
    return scratch_[column];
  }

  const Libpq& library_;
  Handle handle_;
  Reply row_ = Reply(nullptr, Close{nullptr});
  std::vector<SqlColumn> columns_;
  std::vector<std::string> scratch_;  // of each column: base64
  Bytes bytes_;
};

// Keys and values as libpq takes them; the values live elsewhere.
class Settings {
 public:
  void add(const char* key, const char* value) {
    keys_.insert(keys_.end() - 1, key);
    values_.insert(values_.end() - 1, value);
  }
  [[nodiscard]] const char* const* keys() const { return keys_.data(); }
  [[nodiscard]] const char* const* values() const { return values_.data(); }

 private:
  std::vector<const char*> keys_ = {nullptr};
  std::vector<const char*> values_ = {nullptr};
};

const char* tls_mode(ports::SqlTls tls) {
  if (tls == ports::SqlTls::none) return "disable";
  return tls == ports::SqlTls::verified ? "verify-full" : "require";
}

// Whether a server is there that would talk to somebody else: then it is us whom it refuses.
bool is_there(const Libpq& library, Settings settings) {
  settings.add("sslmode", "prefer");
  return library.PQpingParams(settings.keys(), settings.values(), 0) == PQPING_OK;
}

}  // namespace

Result<std::unique_ptr<ports::SqlSession>> open_postgresql(const ports::SqlConnection& connection) {
  HF_TRY(const Libpq* library, libpq());
  const CPassword password(connection.password);
  const std::string port = connection.port == 0 ? "" : std::to_string(connection.port);
  const std::string timeout = std::to_string(connection.open_timeout_s);
  const std::string silence =
      std::to_string((connection.query_timeout_s + std::uint64_t{ports::kSqlGrace_s}) * 1000);
  const std::string ca_file = ca_file_of(connection);
  Settings settings;
  settings.add("host", connection.server.c_str());
  settings.add("port", port.c_str());
  settings.add("dbname", connection.database.c_str());
  settings.add("user", connection.user.c_str());
  settings.add("password", password.get());
  settings.add("passfile", "/dev/null");  // no other passwords than the one given
  settings.add("connect_timeout", timeout.c_str());
  settings.add("tcp_user_timeout", silence.c_str());
  settings.add("client_encoding", "UTF8");
  settings.add("gssencmode", "disable");
  settings.add("application_name", "holdfast");
  Settings with_tls = settings;
  with_tls.add("sslmode", tls_mode(connection.tls));
  // With such a file, "require" would look at the certificate as well.
  if (connection.tls == ports::SqlTls::verified) with_tls.add("sslrootcert", ca_file.c_str());
  Handle handle(library->PQconnectdbParams(with_tls.keys(), with_tls.values(), 0), Close{library});
  if (handle == nullptr) return make_error(ErrorCode::out_of_memory, connection.name());
  if (library->PQstatus(handle.get()) != CONNECTION_OK) {
    const std::string said =
        ports::sql_words(library->PQerrorMessage(handle.get()), connection.password.view());
    const bool is_refused = is_there(*library, settings);
    Error error = make_error(is_refused ? ErrorCode::sql_login : ErrorCode::sql_unreachable,
                             connection.name(), {{"reason", said}});
    error.retryable = !is_refused;
    return error;
  }
  auto session = std::make_unique<PostgresqlSession>(connection, *library, std::move(handle));
  HF_TRY(session->prepare_session());
  return session;
}

}  // namespace holdfast::linux
