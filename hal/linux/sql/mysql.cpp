// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/mysql.h"

#include <sys/socket.h>

#include <algorithm>

#include "hal/linux/sql/base64.h"
#include "hal/linux/sql/connection.h"
#include "hal/linux/sql/mysql_library.h"

namespace holdfast::linux {

using ports::SqlColumn;
using ports::SqlField;

namespace {

constexpr std::size_t kFirstBufferSize = 256;  // grown where a field is longer
// No way to log in that hands the password to whoever asks for it.
constexpr const char* kLogins =
    "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519";

struct Close {
  const Libmariadb* library;
  void operator()(MYSQL* handle) const { library->mysql_close(handle); }
  void operator()(MYSQL_STMT* statement) const { library->mysql_stmt_close(statement); }
};
using Handle = std::unique_ptr<MYSQL, Close>;
using Statement = std::unique_ptr<MYSQL_STMT, Close>;

// A column of the row at hand.
struct Slot {
  std::string buffer;
  unsigned long length = 0;  // of the field, which may be more than came into the buffer
  my_bool is_null = 0;
  bool is_bit = false;
  std::string text;  // of bytes and bits
};

void set_options(const Libmariadb& library, MYSQL* handle, const ports::SqlConnection& connection) {
  const auto set = [&](mysql_option option, auto value) {
    library.mysql_optionsv(handle, option, value);
  };
  const unsigned silence_s = connection.query_timeout_s + ports::kSqlGrace_s;
  const unsigned off = 0;
  set(MYSQL_OPT_CONNECT_TIMEOUT, &connection.open_timeout_s);
  set(MYSQL_OPT_READ_TIMEOUT, &silence_s);
  set(MYSQL_OPT_WRITE_TIMEOUT, &silence_s);
  set(MYSQL_OPT_LOCAL_INFILE, &off);  // else a server may ask for files of ours
  set(MYSQL_SET_CHARSET_NAME, "utf8mb4");
  set(MARIADB_OPT_RESTRICTED_AUTH, kLogins);
  const bool is_socket = connection.server.starts_with('/');
  const unsigned protocol = is_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  set(MYSQL_OPT_PROTOCOL, &protocol);
  if (is_socket || connection.tls == ports::SqlTls::none) return;
  const my_bool is_enforced = 1;
  const my_bool is_verified = connection.tls == ports::SqlTls::verified ? 1 : 0;
  set(MYSQL_OPT_SSL_ENFORCE, &is_enforced);
  set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &is_verified);
  if (is_verified != 0) set(MYSQL_OPT_SSL_CA, ca_file_of(connection).c_str());
}

class MysqlSession final : public ports::SqlSession {
 public:
  MysqlSession(const ports::SqlConnection& connection, const Libmariadb& library, Handle handle)
      : SqlSession(connection), library_(library), handle_(std::move(handle)) {}
  ~MysqlSession() override {
    // Else what is left of the rows would be read to the end.
    if (statement_ != nullptr) ::shutdown(library_.mysql_get_socket(handle_.get()), SHUT_RDWR);
  }

  // What holds for all queries of the session.
  Result<void> prepare_session() {
    const std::string seconds = std::to_string(query_timeout_s());
    const bool is_mariadb = library_.mariadb_connection(handle_.get()) != 0;
    HF_TRY(run(is_mariadb ? "set session max_statement_time=" + seconds
                          : "set session max_execution_time=" + seconds + "000"));
    // How long the server waits for us while we do something with the rows.
    return run("set session net_write_timeout=" + seconds);
  }

 private:
  [[nodiscard]] ports::SqlDialect dialect() const override {
    ports::SqlDialect dialect = ports::kMysqlDialect;
    dialect.has_backslashes = (handle_->server_status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0;
    return dialect;
  }

  [[nodiscard]] Error error_of(unsigned number, const char* said) const {
    return make_error(query_error_code(number), where(), {{"reason", ports::sql_words(said, {})}});
  }
  [[nodiscard]] Error statement_error() const {
    // What breaks a result is told of the connection only.
    const unsigned number = library_.mysql_stmt_errno(statement_.get());
    return number != 0 ? error_of(number, library_.mysql_stmt_error(statement_.get()))
                       : connection_error();
  }
  [[nodiscard]] Error connection_error() const {
    return error_of(library_.mysql_errno(handle_.get()), library_.mysql_error(handle_.get()));
  }

  Result<void> run(const std::string& text) {
    if (library_.mysql_real_query(handle_.get(), text.data(), text.size()) == 0) return {};
    return connection_error();
  }

  [[nodiscard]] Result<std::vector<SqlColumn>> execute(
      const ports::SqlStatement& statement) override {
    HF_TRY(run("start transaction read only"));
    statement_ = Statement(library_.mysql_stmt_init(handle_.get()), Close{&library_});
    if (statement_ == nullptr) return make_error(ErrorCode::out_of_memory, where());
    MYSQL_STMT* prepared = statement_.get();
    if (library_.mysql_stmt_prepare(prepared, statement.text.data(), statement.text.size()) != 0) {
      return statement_error();
    }
    HF_TRY(bind_values(statement));
    if (library_.mysql_stmt_execute(prepared) != 0) return statement_error();
    const unsigned count = library_.mysql_stmt_field_count(prepared);
    const std::span fields(library_.mariadb_stmt_fetch_fields(prepared), count);
    columns_.clear();
    slots_.resize(count);
    for (unsigned i = 0; i < count; ++i) {
      const MYSQL_FIELD& field = fields[i];
      columns_.push_back(
          {{field.name, field.name_length}, type_of(library_, field), is_binary(field)});
      slots_[i].is_bit = field.type == MYSQL_TYPE_BIT;
      slots_[i].buffer.resize(kFirstBufferSize);
    }
    HF_TRY(bind_slots());
    return columns_;
  }

  Result<void> bind_values(const ports::SqlStatement& statement) {
    // Our placeholders are all there are; a client that counts otherwise would read beyond them.
    if (library_.mysql_stmt_param_count(statement_.get()) != statement.values.size()) {
      return make_error(ErrorCode::sql_parameter, where(), {{"name", "?"}});
    }
    if (statement.values.empty()) return {};
    std::vector<MYSQL_BIND> binds(statement.values.size());
    for (std::size_t i = 0; i < binds.size(); ++i) {
      binds[i] = {};
      binds[i].buffer_type = MYSQL_TYPE_STRING;
      binds[i].buffer = const_cast<char*>(statement.values[i].data());  // NOLINT: only read
      binds[i].buffer_length = statement.values[i].size();
      binds[i].length_value = statement.values[i].size();
    }
    if (library_.mysql_stmt_bind_param(statement_.get(), binds.data()) != 0) {
      return statement_error();
    }
    return {};
  }

  [[nodiscard]] static MYSQL_BIND bind_of(Slot& slot) {
    MYSQL_BIND bind{};
    bind.buffer_type = slot.is_bit ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
    bind.buffer = slot.buffer.data();
    bind.buffer_length = slot.buffer.size();
    bind.length = &slot.length;
    bind.is_null = &slot.is_null;
    return bind;
  }

  Result<void> bind_slots() {
    std::vector<MYSQL_BIND> binds(slots_.size());
    std::ranges::transform(slots_, binds.begin(), bind_of);
    if (library_.mysql_stmt_bind_result(statement_.get(), binds.data()) != 0) {
      return statement_error();
    }
    return {};
  }

  [[nodiscard]] Result<bool> fetch(std::vector<SqlField>& row) override {
    const int got = library_.mysql_stmt_fetch(statement_.get());
    if (got == MYSQL_NO_DATA) {
      statement_.reset();
      // All rows are here: that the transaction cannot be ended shows at the next query.
      static_cast<void>(run("rollback"));
      return false;
    }
    if (got != 0 && got != MYSQL_DATA_TRUNCATED) return statement_error();
    HF_TRY(fetch_rest());
    row.resize(slots_.size());
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = field(columns_[i], slots_[i]);
    return true;
  }

  // The fields that were longer than their buffers.
  Result<void> fetch_rest() {
    bool has_grown = false;
    for (unsigned i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[i];
      if (slot.is_null != 0 || slot.length <= slot.buffer.size()) continue;
      if (slot.length > field_max()) {
        return make_error(ErrorCode::sql_field_size, where(), {{"column", columns_[i].name}});
      }
      slot.buffer.resize(slot.length);
      MYSQL_BIND bind = bind_of(slot);
      if (library_.mysql_stmt_fetch_column(statement_.get(), &bind, i, 0) != 0) {
        return statement_error();
      }
      has_grown = true;
    }
    if (has_grown) HF_TRY(bind_slots());
    return {};
  }

  [[nodiscard]] static SqlField field(const SqlColumn& column, Slot& slot) {
    if (slot.is_null != 0) return std::nullopt;
    const std::string_view bytes(slot.buffer.data(), slot.length);
    if (slot.is_bit) {
      std::uint64_t number = 0;
      for (const char byte : bytes) number = number << 8U | static_cast<std::uint8_t>(byte);
      slot.text = std::to_string(number);
      return slot.text;
    }
    if (!column.is_base64) return bytes;
    to_base64(view_of(bytes), slot.text);
    return slot.text;
  }

  const Libmariadb& library_;
  Handle handle_;
  Statement statement_ = Statement(nullptr, Close{nullptr});
  std::vector<SqlColumn> columns_;
  std::vector<Slot> slots_;
};

}  // namespace

Result<std::unique_ptr<ports::SqlSession>> open_mysql(const ports::SqlConnection& connection) {
  HF_TRY(const Libmariadb* library, libmariadb());
  const std::string where = connection.name();
  Handle handle(library->mysql_init(nullptr), Close{library});
  if (handle == nullptr) return make_error(ErrorCode::out_of_memory, where);
  set_options(*library, handle.get(), connection);
  const bool is_socket = connection.server.starts_with('/');
  const CPassword password(connection.password);
  const auto* opened = library->mysql_real_connect(
      handle.get(), is_socket ? "localhost" : connection.server.c_str(), connection.user.c_str(),
      password.get(), connection.database.c_str(), connection.port,
      is_socket ? connection.server.c_str() : nullptr, 0);
  if (opened == nullptr) {
    const std::string said =
        ports::sql_words(library->mysql_error(handle.get()), connection.password.view());
    Error error =
        make_error(open_error_code(library->mysql_errno(handle.get())), where, {{"reason", said}});
    error.retryable = error.code == ErrorCode::sql_unreachable;
    return error;
  }
  auto session = std::make_unique<MysqlSession>(connection, *library, std::move(handle));
  HF_TRY(session->prepare_session());
  return session;
}

}  // namespace holdfast::linux
