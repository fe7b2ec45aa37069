// SPDX-License-Identifier: Apache-2.0
// A catalog's connection and the statements that are used often. Private to this folder.
#pragma once

#include <optional>

#include "firmware/catalog/catalog.h"
#include "firmware/catalog/sqlite.h"
#include "firmware/catalog/transaction.h"

namespace holdfast::catalog {

struct Catalog::State {
  State(Database opened, const BusinessId& owner) : database(std::move(opened)), business(owner) {}

  // A transaction of its own, or a step of the batch.
  [[nodiscard]] Result<Transaction> transaction();
  [[nodiscard]] Result<void> insert_chunks(std::uint64_t pack,
                                           const std::vector<pack::IndexRecord>& index);
  [[nodiscard]] Result<void> name_packs(const journal::Entry& entry);
  [[nodiscard]] Result<void> insert_body(const journal::Entry& entry,
                                         const std::optional<journal::SnapshotBody>& snapshot,
                                         const std::optional<journal::TagBody>& tag);
  // So that rows of snapshots stay small.
  [[nodiscard]] Result<void> take_out_lists(std::uint64_t number, journal::SnapshotDelta& delta);
  [[nodiscard]] Result<void> apply_hold(const journal::Entry& entry, const journal::HoldBody& hold);
  [[nodiscard]] Result<void> note_found(const journal::HoldBody& hold);
  [[nodiscard]] Result<void> apply_prune(const journal::Entry& entry, const Prune& prune);
  [[nodiscard]] Result<void> condemn(std::uint64_t number,
                                     const std::vector<journal::CondemnedPack>& packs);
  [[nodiscard]] Result<void> take_back(std::uint64_t number, const Digest& pack);
  [[nodiscard]] Result<void> take_away(std::uint64_t number, const std::vector<PrunedItem>& items);
  [[nodiscard]] Result<void> drop(std::uint64_t prune, const journal::DroppedSnapshot& dropped);
  [[nodiscard]] Result<SnapshotRow> read_snapshot(Query& row);
  // The first of these rows that is wanted.
  [[nodiscard]] Result<std::optional<SnapshotRow>> first_wanted(Query row,
                                                                const IsWanted& is_wanted);

  Database database;
  BusinessId business;
  std::optional<Transaction> batch;

  Statement select_head{database, "SELECT number, digest FROM head WHERE one = 1"};
  Statement update_head{database, "UPDATE head SET number = ?, digest = ? WHERE one = 1"};
  Statement select_gaps{database, "SELECT first, last FROM gaps ORDER BY first"};
  Statement insert_pack{database,
                        "INSERT INTO packs(name, size, epoch, class, kind, k, m, generation, "
                        "under_protected, lost, entry, place, found, condemned) "
                        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0, 0, 0, "
                        "COALESCE((SELECT number FROM condemned WHERE pack = ?1), 0)) "
                        "ON CONFLICT(name) DO NOTHING"};
  Statement insert_chunk{database,
                         "INSERT INTO chunks(id, name, position, stored_length, plain_length, "
                         "compression) VALUES(?, ?, ?, ?, ?, ?)"};
  // What the journal says of a pack is signed, so it counts more than what was noted.
  Statement name_pack{database,
                      "UPDATE packs SET size = ?, epoch = ?, class = ?, kind = ?, entry = ?, "
                      "place = ?, found = 0 WHERE name = ? AND (entry = 0 OR found = 1)"};
  Statement select_pack{database,
                        "SELECT name, size, epoch, class, kind, k, m, generation, "
                        "under_protected, lost, entry, condemned FROM packs WHERE name = ?"};
  Statement select_packs_in{
      database,
      "SELECT name, size, epoch, class, kind, k, m, generation, under_protected, lost, entry, "
      "condemned FROM packs WHERE name BETWEEN ? AND ? AND condemned = 0 ORDER BY name"};
  // CROSS JOIN: SQLite must begin with the few chunks of that name. Their order is the index's own.
  Statement select_chunk{
      database,
      "SELECT lost, condemned, entry, place, packs.name, k, m, generation, size, epoch, kind, "
      "chunks.name, position, stored_length, plain_length, compression "
      "FROM chunks CROSS JOIN packs ON packs.id = chunks.id >> 20 "
      "WHERE substr(chunks.name, 1, 8) = substr(?1, 1, 8) AND chunks.name = ?1 "
      "ORDER BY chunks.id"};
  Statement select_holder{database,
                          "SELECT packs.name FROM chunks CROSS JOIN packs "
                          "ON packs.id = chunks.id >> 20 "
                          "WHERE substr(chunks.name, 1, 8) = substr(?1, 1, 8) AND chunks.name = ?1 "
                          "AND class = ?2 AND kind = ?3 AND lost = 0 AND condemned = 0"};
  Statement select_deleted{database, "SELECT number FROM deleted WHERE path = ? AND identity = ?"};
  Statement select_tags{database,
                        "SELECT snapshot_digest, tag, is_set FROM tags WHERE snapshot = ? "
                        "ORDER BY number"};
};

// The columns name, size, epoch, class, kind, k, m, generation, under_protected, lost, entry,
// condemned.
[[nodiscard]] PackRow read_pack(Query& row);
[[nodiscard]] pack::PackKind read_kind(Query& row);
// The columns name, position, stored_length, plain_length, compression.
[[nodiscard]] pack::IndexRecord read_record(Query& row);

}  // namespace holdfast::catalog
