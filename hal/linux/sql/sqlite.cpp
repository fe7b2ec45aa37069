// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/sql/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "hal/base/bytes.h"
#include "hal/linux/sql/base64.h"

namespace holdfast::linux {

using ports::SqlColumn;
using ports::SqlField;

namespace {

constexpr int kStepsBetweenLooks = 10'000;  // of SQLite's machine: some hundred microseconds
constexpr std::uint64_t kUnreadFactor = 4;  // times field_max
constexpr std::uint64_t kRowAtLeast = kMiB;
constexpr std::uint64_t kValueMax = 900 * kMiB;  // SQLite's own limit is a little more

std::int64_t monotonic_s() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

// As the header of this folder's sqlite.h has them.
enum class Way { rollback, live, still };

// What tells that nobody wrote a file, or began to.
struct Trace {
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  off_t size = 0;
  ino_t inode = 0;
  bool has_wal = false;
  bool operator==(const Trace&) const = default;
};

std::int64_t ns_from(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

off_t size_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_size : -1;
}

Trace trace_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {ns_from(status.st_mtim), ns_from(status.st_ctim), status.st_size, status.st_ino,
          size_of(path + "-wal") > 0};
}

std::string uri_of(const std::string& path, Way way) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    uri += plain ? std::string(1, c) : "%" + to_hex(view_of({&c, 1}));
  }
  if (way == Way::live) return uri + "?mode=ro&readonly_shm=1";
  return uri + (way == Way::still ? "?mode=ro&immutable=1" : "?mode=ro");
}

struct Close {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

Error error_of(sqlite3* handle, int code, const std::string& where) {
  const std::string said = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  const auto with = [&](ErrorCode name) {
    return make_error(name, where, {{"reason", ports::sql_words(said, {})}});
  };
  Error error;
  switch (code & 0xFF) {
    case SQLITE_INTERRUPT:
      return make_error(ErrorCode::sql_timeout, where);
    case SQLITE_TOOBIG:
      return make_error(ErrorCode::sql_field_size, where, {{"column", "?"}});
    case SQLITE_READONLY:  // also a file that its writer left to be rolled back
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
      error = with(ErrorCode::sql_unreachable);
      error.retryable = true;
      return error;
    case SQLITE_IOERR:
      return with(ErrorCode::sql_gone);
    case SQLITE_NOMEM:
      return make_error(ErrorCode::out_of_memory, where);
    default:
      return with(ErrorCode::sql_error);
  }
}

Result<Handle> open_handle(const std::string& path, Way way, const std::string& where) {
  sqlite3* opened = nullptr;
  const int flags =
      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(uri_of(path, way).c_str(), &opened, flags, nullptr);
  Handle handle(opened);
  if (code != SQLITE_OK) return error_of(opened, code, where);
  return handle;
}

// Asks SQLite, as closing the file ourselves would take its locks away from other sessions.
Result<bool> is_in_wal_mode(const std::string& path, const std::string& where) {
  HF_TRY(const Handle handle, open_handle(path, Way::still, where));
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle.get(), nullptr, SQLITE_FCNTL_FILE_POINTER, &file);
  std::array<std::uint8_t, 2> versions{};  // 2: WAL
  constexpr sqlite3_int64 kPlace = 18;     // in the file's header
  const int code =
      file->pMethods->xRead(file, versions.data(), static_cast<int>(versions.size()), kPlace);
  if (code == SQLITE_IOERR_SHORT_READ) return false;  // empty
  if (code != SQLITE_OK) return error_of(nullptr, SQLITE_CANTOPEN, where);
  return versions[0] == 2 || versions[1] == 2;
}

Result<Way> way_to(const std::string& path, const std::string& where) {
  HF_TRY(const bool is_wal, is_in_wal_mode(path, where));
  if (!is_wal) return Way::rollback;
  if (size_of(path + "-shm") >= 0) return Way::live;
  if (size_of(path + "-wal") <= 0) return Way::still;
  return error_of(nullptr, SQLITE_CANTOPEN, where);
}

void harden(sqlite3* handle, const ports::SqlConnection& connection) {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_busy_timeout(handle, static_cast<int>(connection.open_timeout_s) * 1000);
  const std::uint64_t most =
      std::min<std::uint64_t>(connection.field_max, kValueMax / kUnreadFactor) * kUnreadFactor +
      kRowAtLeast;
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, static_cast<int>(most));
  sqlite3_exec(handle, "pragma query_only=1", nullptr, nullptr, nullptr);
}

std::string text_of(const char* text) {
  return text != nullptr ? text : "";
}

bool is_binary(std::string type) {
  std::ranges::transform(type, type.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return type.find("BLOB") != std::string::npos || type.find("BINARY") != std::string::npos;
}

std::string_view integer_text(sqlite3_int64 value, std::string& out) {
  out.resize(24);
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value);
  return {out.data(), end.ptr};
}

// The shortest text that reads back as the same number, and never as an integer.
std::string_view real_text(double value, std::string& out) {
  out.resize(40);
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value);
  out.resize(static_cast<std::size_t>(end.ptr - out.data()));
  if (out.find_first_not_of("-0123456789") == std::string::npos) out += ".0";
  return out;
}

std::string_view bytes_text(const void* bytes, int size) {
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

class SqliteSession final : public ports::SqlSession {
 public:
  SqliteSession(const ports::SqlConnection& connection, Handle handle, std::string path, Way way,
                const Trace& trace)
      : SqlSession(connection),
        handle_(std::move(handle)),
        path_(std::move(path)),
        way_(way),
        trace_(trace) {
    sqlite3_progress_handler(
        handle_.get(), kStepsBetweenLooks,
        [](void* self) {
          return monotonic_s() >= static_cast<SqliteSession*>(self)->deadline_s_ ? 1 : 0;
        },
        this);
  }

 private:
  [[nodiscard]] ports::SqlDialect dialect() const override { return ports::kSqliteDialect; }

  [[nodiscard]] Result<std::vector<SqlColumn>> execute(
      const ports::SqlStatement& statement) override {
    deadline_s_ = monotonic_s() + query_timeout_s() + 1;  // a second that has begun counts
    HF_TRY(prepare(statement));
    const int count = sqlite3_column_count(statement_.get());
    columns_.clear();
    for (int i = 0; i < count; ++i) {
      std::string type = text_of(sqlite3_column_decltype(statement_.get(), i));
      const bool is_base64 = is_binary(type);
      columns_.push_back(
          {text_of(sqlite3_column_name(statement_.get(), i)), std::move(type), is_base64});
    }
    scratch_.resize(columns_.size());
    return columns_;
  }

  Result<void> prepare(const ports::SqlStatement& statement) {
    sqlite3_stmt* prepared = nullptr;
    const char* tail = nullptr;
    const int code = sqlite3_prepare_v2(handle_.get(), statement.text.data(),
                                        static_cast<int>(statement.text.size()), &prepared, &tail);
    statement_.reset(prepared);
    if (code != SQLITE_OK) return error_of(handle_.get(), code, where());
    if (!sqlite3_stmt_readonly(prepared)) {
      return make_error(ErrorCode::sql_writes, where(),
                        {{"reason", sqlite3_errstr(SQLITE_READONLY)}});
    }
    // SQLite knows more kinds of parameters than we do.
    for (int i = 1; i <= sqlite3_bind_parameter_count(prepared); ++i) {
      if (const char* name = sqlite3_bind_parameter_name(prepared, i); name != nullptr) {
        return make_error(ErrorCode::sql_parameter, where(), {{"name", name}});
      }
    }
    int number = 0;
    for (const std::string& value : statement.values) {
      sqlite3_bind_text64(prepared, ++number, value.data(), value.size(), SQLITE_STATIC,
                          SQLITE_UTF8);
    }
    return {};
  }

  [[nodiscard]] Result<bool> fetch(std::vector<SqlField>& row) override {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_DONE) {
      statement_.reset();
      HF_TRY(look_again());
      return false;
    }
    if (code != SQLITE_ROW) return error_of(handle_.get(), code, where());
    row.resize(columns_.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      HF_TRY(row[i], field(static_cast<int>(i), scratch_[i]));
    }
    return true;
  }

  [[nodiscard]] Result<SqlField> field(int number, std::string& scratch) {
    sqlite3_stmt* statement = statement_.get();
    const SqlColumn& column = columns_[static_cast<std::size_t>(number)];
    const int type = sqlite3_column_type(statement, number);
    if (type == SQLITE_NULL) return SqlField();
    if (column.is_base64) {
      const void* bytes = sqlite3_column_blob(statement, number);
      to_base64(view_of(bytes_text(bytes, sqlite3_column_bytes(statement, number))), scratch);
      return SqlField(scratch);
    }
    if (type == SQLITE_INTEGER) {
      return SqlField(integer_text(sqlite3_column_int64(statement, number), scratch));
    }
    if (type == SQLITE_FLOAT) {
      return SqlField(real_text(sqlite3_column_double(statement, number), scratch));
    }
    if (type == SQLITE_BLOB) {
      return make_error(ErrorCode::sql_field_binary, where(), {{"column", column.name}});
    }
    const unsigned char* text = sqlite3_column_text(statement, number);
    return SqlField(bytes_text(text, sqlite3_column_bytes(statement, number)));
  }

  // A file that was read as one that nobody changes: did nobody?
  Result<void> look_again() const {
    if (way_ != Way::still || trace_of(path_) == trace_) return {};
    return make_error(ErrorCode::sql_gone, where(), {{"reason", "file was written meanwhile"}});
  }

  Handle handle_;
  std::string path_;
  Way way_;
  Trace trace_;
  Statement statement_;
  std::vector<SqlColumn> columns_;
  std::vector<std::string> scratch_;  // of each column: text that SQLite does not have ready
  std::int64_t deadline_s_ = 0;
};

}  // namespace

Result<std::unique_ptr<ports::SqlSession>> open_sqlite(const ports::SqlConnection& connection) {
  const std::string where = connection.name();
  // SQLite keeps its other files beside the real one.
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(connection.server.c_str(), nullptr),
                                                    std::free);
  if (real == nullptr) return error_of(nullptr, SQLITE_CANTOPEN, where);
  const std::string path = real.get();
  const Trace trace = trace_of(path);
  HF_TRY(const Way way, way_to(path, where));
  HF_TRY(Handle handle, open_handle(path, way, where));
  harden(handle.get(), connection);
  return std::make_unique<SqliteSession>(connection, std::move(handle), path, way, trace);
}

}  // namespace holdfast::linux
