// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/schema.h"

#include <algorithm>
#include <array>

#include "firmware/catalog/transaction.h"

namespace holdfast::catalog {

namespace {

constexpr std::uint32_t kApplicationId = 0x48464354;  // "HFCT"
constexpr std::uint32_t kVersion = 5;
constexpr const char* kMark = "PRAGMA application_id = 0x48464354; PRAGMA user_version = 5";

struct Part {
  std::string_view name;
  const char* sql;  // as sqlite_schema repeats it, byte for byte
};

// In order of name, as the check reads them; so a table also comes before its indexes.
constexpr std::array kParts{
    Part{"chunks",
         "CREATE TABLE chunks(id INTEGER PRIMARY KEY, name BLOB NOT NULL, "
         "position INTEGER NOT NULL, stored_length INTEGER NOT NULL, "
         "plain_length INTEGER NOT NULL, compression INTEGER NOT NULL) STRICT"},
    Part{"chunks_by_name", "CREATE INDEX chunks_by_name ON chunks(substr(name, 1, 8))"},
    // By the number of their snapshot.
    Part{"deltas",
         "CREATE TABLE deltas(number INTEGER PRIMARY KEY, items BLOB NOT NULL, "
         "removed BLOB NOT NULL) STRICT"},
    // Of journal entries that no disk had when they were passed.
    Part{"gaps", "CREATE TABLE gaps(first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT"},
    Part{"head",
         "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), business BLOB NOT NULL, "
         "number INTEGER NOT NULL, digest BLOB NOT NULL) STRICT"},
    Part{"holds",
         "CREATE TABLE holds(number INTEGER PRIMARY KEY, time INTEGER NOT NULL, "
         "id BLOB NOT NULL, scope INTEGER NOT NULL, value BLOB NOT NULL, reason BLOB NOT NULL) "
         "STRICT"},
    Part{"packs",
         "CREATE TABLE packs(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, "
         "size INTEGER NOT NULL, epoch INTEGER NOT NULL, class INTEGER NOT NULL, "
         "kind INTEGER NOT NULL, k INTEGER NOT NULL, m INTEGER NOT NULL, "
         "generation INTEGER NOT NULL, under_protected INTEGER NOT NULL, "
         "lost INTEGER NOT NULL, entry INTEGER NOT NULL, place INTEGER NOT NULL, "
         "found INTEGER NOT NULL) STRICT"},
    Part{"packs_found", "CREATE INDEX packs_found ON packs(id) WHERE found = 1"},
    Part{"packs_open", "CREATE INDEX packs_open ON packs(id) WHERE entry = 0"},
    // The newest body that could be read, with the longest locks of all; the others are empty.
    Part{"policies",
         "CREATE TABLE policies(number INTEGER PRIMARY KEY, digest BLOB NOT NULL, "
         "body BLOB NOT NULL) STRICT"},
    Part{"snapshots",
         "CREATE TABLE snapshots(number INTEGER PRIMARY KEY, digest BLOB NOT NULL, "
         "kind INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL) STRICT"},
    Part{"tags",
         "CREATE TABLE tags(snapshot INTEGER NOT NULL, number INTEGER NOT NULL, "
         "snapshot_digest BLOB NOT NULL, tag TEXT NOT NULL, is_set INTEGER NOT NULL, "
         "PRIMARY KEY(snapshot, number)) STRICT, WITHOUT ROWID"},
};

Result<std::uint32_t> pragma(Database& database, const char* sql) {
  Statement statement(database, sql);
  Query row = statement.with();
  HF_TRY(const bool found, row.next());
  const std::uint32_t value = found ? row.u32() : 0;
  HF_TRY(row.intact());
  return value;
}

Result<void> check_parts(Database& database) {
  // Indexes that SQLite makes for UNIQUE have no text.
  Statement statement(database,
                      "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
  Query row = statement.with();
  for (const Part& part : kParts) {
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

Result<void> create_schema(Database& database, const BusinessId& business) {
  HF_TRY(Transaction transaction, Transaction::begin(database));
  for (const Part& part : kParts) {
    HF_TRY(database.execute(part.sql));
  }
  Statement head(database, "INSERT INTO head(one, business, number, digest) VALUES(1, ?, 0, ?)");
  HF_TRY(head.with(business.view(), Digest{}).run());
  HF_TRY(database.execute(kMark));
  return transaction.commit();
}

Result<bool> is_blank(Database& database) {
  HF_TRY(const std::uint32_t parts, pragma(database, "SELECT count(*) FROM sqlite_schema"));
  HF_TRY(const std::uint32_t application, pragma(database, "PRAGMA application_id"));
  return parts == 0 && application == 0;
}

Result<void> check_schema(Database& database, const BusinessId& business) {
  HF_TRY(const std::uint32_t application, pragma(database, "PRAGMA application_id"));
  if (application != kApplicationId) return database.damaged("application id");
  HF_TRY(const std::uint32_t version, pragma(database, "PRAGMA user_version"));
  if (version != kVersion) return database.damaged("schema version");
  HF_TRY(check_parts(database));
  return check_business(database, business);
}

}  // namespace holdfast::catalog
