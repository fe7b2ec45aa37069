// SPDX-License-Identifier: Apache-2.0
// Opening, the head, and transactions.
#include "firmware/catalog/catalog.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "firmware/catalog/schema.h"
#include "firmware/catalog/state.h"

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

Result<Database> open_for_writing(const std::string& path, const BusinessId& business) {
  HF_TRY(Database database, Database::open(path, Access::write));
  HF_TRY(database.execute(kSettings));
  // Checked first: a file that is not ours must not even be changed to WAL.
  HF_TRY(const bool blank, is_blank(database));
  if (!blank) HF_TRY(check_schema(database, business));
  // SQLite opens a file read-only when it may not write it, or when the header forbids it
  // (known once it was read).
  if (database.read_only() && file_writable(path)) return database.damaged("write version");
  if (database.read_only()) return make_error(ErrorCode::read_only, path);
  HF_TRY(database.execute(kWriteSettings));
  if (blank) HF_TRY(create_schema(database, business));
  return database;
}

Result<Database> open_for_reading(const std::string& path, Access access,
                                  const BusinessId& business) {
  HF_TRY(Database database, Database::open(path, access));
  HF_TRY(database.execute(kSettings));
  HF_TRY(database.execute(kReadSettings));
  HF_TRY(const bool blank, is_blank(database));
  if (blank) return make_error(ErrorCode::not_found, path);  // its making is not finished
  HF_TRY(check_schema(database, business));
  return database;
}

Result<Database> open_for_reading(const std::string& path, const BusinessId& business) {
  if (!file_present(path)) return make_error(ErrorCode::not_found, path);
  Result<Database> database = open_for_reading(path, Access::read, business);
  if (database || database.error().code == ErrorCode::damaged) return database;
  // Where no shared memory can be made (a read-only file system), the file is read without any.
  // With a WAL beside it that would miss what the WAL holds, or tear what a writer moves out of it.
  if (file_present(path + "-wal")) return database;
  return open_for_reading(path, Access::immutable, business);
}

}  // namespace

Catalog::Catalog(std::unique_ptr<State> state) : state_(std::move(state)) {}
Catalog::~Catalog() = default;
Catalog::Catalog(Catalog&&) noexcept = default;
Catalog& Catalog::operator=(Catalog&&) noexcept = default;

Result<Catalog> Catalog::open(const std::string& path, OpenMode mode, const BusinessId& business) {
  HF_TRY(Database database, mode == OpenMode::write ? open_for_writing(path, business)
                                                    : open_for_reading(path, business));
  return Catalog(std::make_unique<State>(std::move(database), business));
}

Result<journal::Head> Catalog::head() {
  Query row = state_->select_head.with();
  HF_TRY(const bool found, row.next());
  if (!found) return state_->database.damaged("head");
  journal::Head head;
  head.number = row.u64();
  head.digest = row.digest();
  HF_TRY(row.intact());
  return head;
}

Result<void> Catalog::begin() {
  HF_CHECK(!state_->batch);
  HF_TRY(Transaction batch, Transaction::begin(state_->database));
  state_->batch.emplace(std::move(batch));
  return {};
}

void Catalog::take_back() {
  state_->batch.reset();
}

Result<void> Catalog::commit() {
  HF_CHECK(state_->batch);
  Transaction batch = std::move(*state_->batch);
  state_->batch.reset();
  return batch.commit();
}

Result<Transaction> Catalog::State::transaction() {
  // After some errors SQLite takes the whole batch back: its later steps must not stand alone.
  if (batch && !database.in_transaction()) {
    return make_error(ErrorCode::internal, database.path(), {{"what", "batch was taken back"}});
  }
  return Transaction::begin(database);
}

Result<void> Catalog::checkpoint() {
  HF_CHECK(!state_->batch);
  Statement statement(state_->database, "PRAGMA wal_checkpoint(TRUNCATE)");
  Query row = statement.with();
  HF_TRY(const bool found, row.next());
  const bool busy = !found || row.boolean();
  HF_TRY(row.intact());
  if (busy) return make_error(ErrorCode::locked, state_->database.path());
  return {};
}

namespace {

Result<void> file_result(int result, const std::string& path, const char* operation) {
  if (result == 0 || errno == ENOENT) return {};
  const std::error_code code(errno, std::generic_category());
  return make_error(ErrorCode::io, path, {{"operation", operation}, {"reason", code.message()}});
}

// What SQLite keeps beside a file.
Result<void> remove_companions(const std::string& path) {
  HF_TRY(file_result(std::remove((path + "-wal").c_str()), path, "remove"));
  return file_result(std::remove((path + "-shm").c_str()), path, "remove");
}

}  // namespace

Result<void> set_aside(const std::string& path, const std::string& why) {
  for (const std::string suffix : {"", "-wal", "-shm"}) {
    const std::string from = path + suffix;
    std::string to = path;
    to.append(".").append(why).append(suffix);
    HF_TRY(file_result(std::rename(from.c_str(), to.c_str()), from, "rename"));
  }
  return {};
}

Result<void> remove_files(const std::string& path) {
  HF_TRY(remove_companions(path));
  return file_result(std::remove(path.c_str()), path, "remove");
}

// The old WAL goes first: beside the new file it would be taken for that one's.
Result<void> install(const std::string& built, const std::string& path) {
  HF_TRY(remove_companions(path));
  return file_result(std::rename(built.c_str(), path.c_str()), built, "rename");
}

}  // namespace holdfast::catalog
