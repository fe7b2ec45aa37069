// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/open_file.h"

namespace holdfast::catalog {

namespace {

// Temporary tables stay in memory: names must not reach a file outside of home. Values are set
// although most are defaults here: another build of SQLite may have others.
constexpr const char* kSettings =
    "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;";
constexpr const char* kReadSettings = "PRAGMA query_only = ON; PRAGMA cache_size = -4096;";
// NORMAL: a commit is not synced, a checkpoint is. After a power cut the file is whole, and as old
// as its last checkpoint at worst. 4000 pages: about 16 MiB of WAL between checkpoints, since
// chunks come in random order of name and each dirties a page of its own.
constexpr const char* kWriteSettings =
    "PRAGMA cache_size = -16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;";

Result<Database> open_for_writing(const std::string& path, const Schema& schema,
                                  const BusinessId& business) {
  HF_TRY(Database database, Database::open(path, Access::write));
  HF_TRY(database.execute(kSettings));
  // Checked first: a file that is not ours must not even be changed to WAL.
  HF_TRY(const bool blank, is_blank(database));
  if (!blank) HF_TRY(check_schema(database, schema, business));
  // SQLite opens a file read-only when it may not write it, or when the header forbids it
  // (known once it was read).
  if (database.read_only() && file_writable(path)) return database.damaged("write version");
  if (database.read_only()) return make_error(ErrorCode::read_only, path);
  HF_TRY(database.execute(kWriteSettings));
  if (blank) HF_TRY(create_schema(database, schema, business));
  return database;
}

Result<Database> open_for_reading(const std::string& path, Access access, const Schema& schema,
                                  const BusinessId& business) {
  HF_TRY(Database database, Database::open(path, access));
  HF_TRY(database.execute(kSettings));
  HF_TRY(database.execute(kReadSettings));
  HF_TRY(const bool blank, is_blank(database));
  if (blank) return make_error(ErrorCode::not_found, path);  // its making is not finished
  HF_TRY(check_schema(database, schema, business));
  return database;
}

Result<Database> open_for_reading(const std::string& path, const Schema& schema,
                                  const BusinessId& business) {
  if (!file_present(path)) return make_error(ErrorCode::not_found, path);
  Result<Database> database = open_for_reading(path, Access::read, schema, business);
  if (database || database.error().code == ErrorCode::damaged) return database;
  // Where no shared memory can be made (a read-only file system), the file is read without any.
  // With a WAL beside it that would miss what the WAL holds, or tear what a writer moves out of it.
  if (file_present(path + "-wal")) return database;
  return open_for_reading(path, Access::immutable, schema, business);
}

}  // namespace

Result<Database> open_file(const std::string& path, OpenMode mode, const Schema& schema,
                           const BusinessId& business) {
  return mode == OpenMode::write ? open_for_writing(path, schema, business)
                                 : open_for_reading(path, schema, business);
}

}  // namespace holdfast::catalog
