// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::catalog {

namespace {

// Only a second writer or another process that repairs the WAL's index can make us wait.
constexpr int kBusyTimeoutMs = 500;
// No value we store is larger (an entry's sealed part has at most 64 MiB); caps what a damaged file
// can make SQLite allocate.
constexpr int kValueSizeMax = 65 * 1024 * 1024;

// A literal path could be taken for a URI (Debian builds SQLite so), so it always is one.
std::string uri_of(const std::string& path, Access access) {
  if (path == ":memory:") return path;
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    uri += plain ? std::string(1, c) : "%" + to_hex(view_of({&c, 1}));
  }
  return access == Access::immutable ? uri + "?immutable=1" : uri;
}

void harden(sqlite3* handle, Access access) {
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  // Only the writer may checkpoint: two at once can damage the file (WAL-reset bug of 3.40).
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, access == Access::write ? 0 : 1,
                    nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kValueSizeMax);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
}

bool file_access(const std::string& path, int wanted) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  int granted = 0;
  return vfs->xAccess(vfs, path.c_str(), wanted, &granted) == SQLITE_OK && granted != 0;
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}
void Query::Reset::operator()(sqlite3_stmt* statement) const {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}
void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

bool file_present(const std::string& path) {
  return file_access(path, SQLITE_ACCESS_EXISTS);
}
bool file_writable(const std::string& path) {
  return file_access(path, SQLITE_ACCESS_READWRITE);
}

Result<Database> Database::open(const std::string& path, Access access) {
  const int mode =
      access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int flags = mode | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(uri_of(path, access).c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return make_error(ErrorCode::out_of_memory, path);
  Database database(handle, path);  // a connection that failed to open must be closed, too
  if (code != SQLITE_OK) return database.error(code);
  harden(handle, access);
  return database;
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

std::uint64_t Database::rows_changed() const {
  return static_cast<std::uint64_t>(sqlite3_changes64(handle_.get()));
}

std::uint64_t Database::newest_row_id() const {
  return static_cast<std::uint64_t>(sqlite3_last_insert_rowid(handle_.get()));
}

bool Database::read_only() const {
  return sqlite3_db_readonly(handle_.get(), "main") == 1;
}

Result<void> Database::sort_beside() {
  const std::size_t slash = path_.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  // A pragma takes no bound values.
  char* const sql =
      sqlite3_mprintf("PRAGMA temp_store = FILE; PRAGMA temp_store_directory = %Q", folder.c_str());
  if (sql == nullptr) return make_error(ErrorCode::out_of_memory, path_);
  Result<void> done = execute(sql);
  sqlite3_free(sql);
  return done;
}

Result<void> Database::checkpoint() {
  Statement statement(*this, "PRAGMA wal_checkpoint(TRUNCATE)");
  Query row = statement.with();
  HF_TRY(const bool found, row.next());
  const bool busy = !found || row.boolean();
  HF_TRY(row.intact());
  if (busy) return make_error(ErrorCode::locked, path_);
  return {};
}

Error Database::damaged(std::string_view what) const {
  return make_error(ErrorCode::damaged, path_, {{"what", std::string(what)}});
}

Error Database::error(int code) const {
  const int system = sqlite3_system_errno(handle_.get());
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: {
      Error locked = make_error(ErrorCode::locked, path_);
      locked.retryable = true;
      return locked;
    }
    case SQLITE_FULL:
      return make_error(ErrorCode::no_space, path_);
    case SQLITE_READONLY:
      return make_error(ErrorCode::read_only, path_);
    case SQLITE_NOMEM:
      return make_error(ErrorCode::out_of_memory, path_);
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return make_error(ErrorCode::permission_denied, path_);
    // Our text is fixed and right, so SQLITE_ERROR is about what the file says its schema is, and
    // a constraint can only be broken by what stands in the file already.
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(sqlite3_errmsg(handle_.get()));
    case SQLITE_CANTOPEN:
      if (system == EACCES || system == EPERM) {
        return make_error(ErrorCode::permission_denied, path_);
      }
      if (system == ENOENT) return make_error(ErrorCode::not_found, path_);
      [[fallthrough]];
    case SQLITE_IOERR:
      if (system == ENOSPC || system == EDQUOT) return make_error(ErrorCode::no_space, path_);
      return make_error(ErrorCode::io, path_,
                        {{"operation", "sqlite"}, {"reason", sqlite3_errmsg(handle_.get())}});
    default:
      return make_error(ErrorCode::internal, path_, {{"what", sqlite3_errstr(code)}});
  }
}

Result<bool> Query::next() {
  if (error_) return *error_;
  columns_ = 0;
  row_failed_ = false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->error(code);
}

Result<void> Query::run() {
  HF_TRY(const bool row, next());
  HF_CHECK(!row);
  return {};
}

void Query::note(int code) {
  if (code != SQLITE_OK && !error_) error_ = database_->error(code);
}

void Query::bind_integer(std::int64_t value) {
  if (!error_) note(sqlite3_bind_int64(statement_.get(), ++parameters_, value));
}

void Query::bind(const std::optional<std::int64_t>& value) {
  if (value) {
    bind_integer(*value);
  } else if (!error_) {
    note(sqlite3_bind_null(statement_.get(), ++parameters_));
  }
}

void Query::bind(ByteView value) {
  if (error_) return;
  // A null pointer would bind NULL instead of an empty value.
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  note(sqlite3_bind_blob64(statement_.get(), ++parameters_, data, value.size(), SQLITE_TRANSIENT));
}

void Query::bind(const std::string& value) {
  if (error_) return;
  note(sqlite3_bind_text64(statement_.get(), ++parameters_, value.data(), value.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
}

std::int64_t Query::i64() {
  const int column = columns_++;
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) fail();
  return row_failed_ ? 0 : sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> Query::optional_i64() {
  if (sqlite3_column_type(statement_.get(), columns_) != SQLITE_NULL) return i64();
  ++columns_;
  return std::nullopt;
}

std::uint64_t Query::bounded(std::uint64_t max) {
  const std::uint64_t value = u64();
  if (value > max) fail();
  return row_failed_ ? 0 : value;
}

ByteView Query::blob() {
  const int column = columns_++;
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_BLOB) fail();
  if (row_failed_) return {};
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

std::string Query::text() {
  std::string out;
  text(out);
  return out;
}

void Query::text(std::string& out) {
  out.clear();
  const int column = columns_++;
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_TEXT) fail();
  if (row_failed_) return;
  const unsigned char* data = sqlite3_column_text(statement_.get(), column);
  if (data == nullptr) {  // no memory
    fail();
    return;
  }
  const int size = sqlite3_column_bytes(statement_.get(), column);
  out.assign(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

Digest Query::digest() {
  Digest digest;
  const ByteView bytes = blob();
  if (bytes.size() != digest.bytes.size()) {
    fail();
    return digest;
  }
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

Result<void> Query::intact() const {
  if (row_failed_) return database_->damaged(sqlite3_sql(statement_.get()));
  return {};
}

Query Statement::start() {
  int code = SQLITE_OK;
  if (!prepared_) {
    sqlite3_stmt* statement = nullptr;
    code = sqlite3_prepare_v3(database_->handle_.get(), sql_, -1, SQLITE_PREPARE_PERSISTENT,
                              &statement, nullptr);
    prepared_.reset(statement);
  }
  Query query(*database_, prepared_.get());
  query.note(code);
  return query;
}

}  // namespace holdfast::catalog
