// SPDX-License-Identifier: Apache-2.0
// Opening, the head, and transactions.
#include "firmware/catalog/catalog.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "firmware/catalog/open_file.h"
#include "firmware/catalog/schema.h"
#include "firmware/catalog/state.h"

namespace holdfast::catalog {

Catalog::Catalog(std::unique_ptr<State> state) : state_(std::move(state)) {}
Catalog::~Catalog() = default;
Catalog::Catalog(Catalog&&) noexcept = default;
Catalog& Catalog::operator=(Catalog&&) noexcept = default;

Result<Catalog> Catalog::open(const std::string& path, OpenMode mode, const BusinessId& business) {
  HF_TRY(Database database, open_file(path, mode, kCatalogSchema, business));
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
  return state_->database.checkpoint();
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
