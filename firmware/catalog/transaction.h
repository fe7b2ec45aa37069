// SPDX-License-Identifier: Apache-2.0
// All or nothing: what is not committed when the Transaction goes is taken back.
#pragma once

#include "firmware/catalog/sqlite.h"

namespace holdfast::catalog {

class Transaction {
 public:
  // Inside another transaction it is a step of that one, and lasts only if that one does.
  [[nodiscard]] static Result<Transaction> begin(Database& database);
  // For reading: all that is read until it goes is of one state. Not inside another one.
  [[nodiscard]] static Result<Transaction> begin_view(Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  [[nodiscard]] Result<void> commit();

 private:
  Transaction(Database& database, bool is_step) : database_(&database), is_step_(is_step) {}

  Database* database_;  // null: over
  bool is_step_;
};

}  // namespace holdfast::catalog
