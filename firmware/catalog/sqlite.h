// SPDX-License-Identifier: Apache-2.0
// SQLite behind RAII and Result: the only place that calls it.
//
//   Statement find{database, "SELECT size FROM packs WHERE name = ?"};   // prepared at first use
//   Query row = find.with(name);                                         // reset when it goes
//   HF_TRY(const bool found, row.next());
//   const std::uint64_t size = row.u64();                                // columns from the left
//   HF_TRY(row.intact());                                                // asked once, like
//   ByteReader
//
// Values are always bound, never part of the text. Threads: one at a time for a Database and all
// that was made from it. A Database outlives its Statements, a Statement its Queries.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hal/base/bytes.h"
#include "hal/base/digest.h"

struct sqlite3;
struct sqlite3_stmt;

namespace holdfast::catalog {

// read: never makes, changes or checkpoints a file. immutable: as read, without locks or shared
// memory, for a file that nobody writes. write: the file is made if it is missing.
enum class Access { read, immutable, write };

class Database {
 public:
  // Opens and hardens the connection; reads nothing of the file yet.
  [[nodiscard]] static Result<Database> open(const std::string& path, Access access);

  // Statements of fixed text, separated by semicolons; rows are dropped.
  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] std::uint64_t rows_changed() const;  // by the newest statement
  [[nodiscard]] std::uint64_t newest_row_id() const;
  // The connection cannot write, by permission or because the file's header says so.
  [[nodiscard]] bool read_only() const;

  // What is sorted may be larger than memory: it goes to unnamed files in the folder of this one,
  // and not elsewhere, since names must not reach a file outside of home. The folder is that of
  // every connection of the process that does so.
  [[nodiscard]] Result<void> sort_beside();
  // Moves the WAL into the file, durable. locked: somebody reads right now.
  [[nodiscard]] Result<void> checkpoint();

  [[nodiscard]] const std::string& path() const { return path_; }
  // What SQLite's result code means here, about this file.
  [[nodiscard]] Error error(int code) const;
  [[nodiscard]] Error damaged(std::string_view what) const;

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

// True if there is such a file and it is not empty; `writable`: and this process may write it.
[[nodiscard]] bool file_present(const std::string& path);
[[nodiscard]] bool file_writable(const std::string& path);

// One use of a statement. A failure to prepare or bind is kept and told by next() or run().
class Query {
 public:
  // True: there is a row, whose columns are now read from the left. False: no more rows.
  [[nodiscard]] Result<bool> next();
  // Calls visit() -> Result<void> at each row, until it fails.
  template <class Visit>
  [[nodiscard]] Result<void> each(const Visit& visit) {
    while (true) {
      HF_TRY(const bool found, next());
      if (!found) return {};
      HF_TRY(visit());
    }
  }
  // Of a statement that gives no rows.
  [[nodiscard]] Result<void> run();

  std::int64_t i64();
  std::uint64_t u64() { return static_cast<std::uint64_t>(i64()); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(bounded(UINT32_MAX)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(bounded(UINT16_MAX)); }
  std::uint8_t u8() { return static_cast<std::uint8_t>(bounded(UINT8_MAX)); }
  bool boolean() { return bounded(1) != 0; }
  std::optional<std::int64_t> optional_i64();  // NULL: none
  std::string text();
  void text(std::string& out);
  ByteView blob();  // valid until next()
  Digest digest();
  // The file is untrusted: a value of the wrong type, size or range is zero and makes the row fail.
  void fail() { row_failed_ = true; }
  [[nodiscard]] Result<void> intact() const;

 private:
  friend class Statement;
  struct Reset {
    void operator()(sqlite3_stmt* statement) const;
  };
  Query(const Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  template <std::integral Integer>
  void bind(Integer value) {
    bind_integer(static_cast<std::int64_t>(value));
  }
  void bind(const std::optional<std::int64_t>& value);  // none: NULL
  void bind(ByteView value);
  void bind(const std::string& value);
  void bind(const Digest& value) { bind(value.view()); }
  void bind_integer(std::int64_t value);
  void note(int code);
  std::uint64_t bounded(std::uint64_t max);

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Reset> statement_;
  std::optional<Error> error_;
  int parameters_ = 0;
  int columns_ = 0;
  bool row_failed_ = false;
};

class Statement {
 public:
  // `sql` must be a literal.
  Statement(Database& database, const char* sql) : database_(&database), sql_(sql) {}

  // The values for the parameters in order; they are copied. One Query of a Statement at a time.
  template <class... Values>
  [[nodiscard]] Query with(const Values&... values) {
    Query query = start();
    (query.bind(values), ...);
    return query;
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Query start();

  Database* database_;
  const char* sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> prepared_;
};

}  // namespace holdfast::catalog
