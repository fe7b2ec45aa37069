// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/transaction.h"

#include <utility>

namespace holdfast::catalog {

Result<Transaction> Transaction::begin(Database& database) {
  const bool is_step = database.in_transaction();
  // IMMEDIATE: a second writer is refused here, not in the middle.
  HF_TRY(database.execute(is_step ? "SAVEPOINT step" : "BEGIN IMMEDIATE"));
  return Transaction(database, is_step);
}

Result<Transaction> Transaction::begin_view(Database& database) {
  HF_TRY(database.execute("BEGIN DEFERRED"));
  return Transaction(database, false);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)), is_step_(other.is_step_) {}

Transaction::~Transaction() {
  // Some errors have taken everything back already; then there is nothing left to do.
  if (database_ == nullptr || !database_->in_transaction()) return;
  (void)database_->execute(is_step_ ? "ROLLBACK TO step; RELEASE step" : "ROLLBACK");
}

Result<void> Transaction::commit() {
  HF_TRY(database_->execute(is_step_ ? "RELEASE step" : "COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace holdfast::catalog
