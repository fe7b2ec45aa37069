// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/schema_parts.h"

#include <algorithm>

#include "firmware/catalog/transaction.h"

namespace holdfast::catalog {

namespace {

Result<std::uint32_t> pragma(Database& database, const char* sql) {
  Statement statement(database, sql);
  Query row = statement.with();
  HF_TRY(const bool found, row.next());
  const std::uint32_t value = found ? row.u32() : 0;
  HF_TRY(row.intact());
  return value;
}

Result<void> check_parts(Database& database, const Schema& schema) {
  // Indexes that SQLite makes for UNIQUE have no text.
  Statement statement(database,
                      "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
  Query row = statement.with();
  for (const SchemaPart& part : schema.parts) {
    HF_TRY(const bool found, row.next());
    if (!found || row.text() != part.name || row.text() != part.sql) {
      return database.damaged("schema");
    }
    HF_TRY(row.intact());
  }
  HF_TRY(const bool more, row.next());
  if (more) return database.damaged("schema");
  return {};
}

Result<void> check_business(Database& database, const BusinessId& business) {
  Statement statement(database, "SELECT business FROM head WHERE one = 1");
  Query row = statement.with();
  HF_TRY(const bool found, row.next());
  if (!found || !std::ranges::equal(row.blob(), business.view())) {
    return database.damaged("business");
  }
  return {};
}

}  // namespace

Result<void> create_schema(Database& database, const Schema& schema, const BusinessId& business) {
  HF_TRY(Transaction transaction, Transaction::begin(database));
  for (const SchemaPart& part : schema.parts) {
    HF_TRY(database.execute(part.sql));
  }
  Statement head(database, "INSERT INTO head(one, business, number, digest) VALUES(1, ?, 0, ?)");
  HF_TRY(head.with(business.view(), Digest{}).run());
  HF_TRY(database.execute(schema.mark));
  return transaction.commit();
}

Result<bool> is_blank(Database& database) {
  HF_TRY(const std::uint32_t parts, pragma(database, "SELECT count(*) FROM sqlite_schema"));
  HF_TRY(const std::uint32_t application, pragma(database, "PRAGMA application_id"));
  return parts == 0 && application == 0;
}

Result<void> check_schema(Database& database, const Schema& schema, const BusinessId& business) {
  HF_TRY(const std::uint32_t application, pragma(database, "PRAGMA application_id"));
  if (application != schema.application_id) return database.damaged("application id");
  HF_TRY(const std::uint32_t version, pragma(database, "PRAGMA user_version"));
  if (version != schema.version) return database.damaged("schema version");
  HF_TRY(check_parts(database, schema));
  return check_business(database, business);
}

}  // namespace holdfast::catalog
