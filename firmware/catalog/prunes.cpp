// SPDX-License-Identifier: Apache-2.0
// What prunes took away: snapshots lose their rows, items are noted, packs are condemned.
#include "firmware/catalog/state.h"

namespace holdfast::catalog {

Result<void> Catalog::State::apply_prune(const journal::Entry& entry, const Prune& prune) {
  HF_TRY(condemn(entry.number, prune.body.packs));
  for (const journal::DroppedSnapshot& snapshot : prune.body.snapshots) {
    HF_TRY(drop(entry.number, snapshot));
  }
  HF_TRY(take_away(entry.number, prune.items));
  Statement insert(database,
                   "INSERT INTO prunes(number, decided, items, packs) VALUES(?, ?, ?, ?)");
  return insert
      .with(entry.number, prune.body.decided.ns, std::uint64_t{prune.items.size()},
            std::uint64_t{prune.body.packs.size()})
      .run();
}

// Also those that have no row: what names them may stand among entries that no disk has now.
Result<void> Catalog::State::condemn(std::uint64_t number,
                                     const std::vector<journal::CondemnedPack>& packs) {
  Statement note(database,
                 "INSERT INTO condemned(pack, number) VALUES(?, ?) ON CONFLICT(pack) DO NOTHING");
  Statement mark(database, "UPDATE packs SET condemned = ? WHERE name = ? AND condemned = 0");
  for (const journal::CondemnedPack& pack : packs) {
    HF_TRY(note.with(pack.name, number).run());
    HF_TRY(mark.with(number, pack.name).run());
  }
  return {};
}

// Whoever names it later relies on it: behind the gap that the prune's entry was then, or because
// it is needed after all.
Result<void> Catalog::State::take_back(std::uint64_t number, const Digest& pack) {
  Statement forget(database, "DELETE FROM condemned WHERE pack = ? AND number < ?");
  HF_TRY(forget.with(pack, number).run());
  if (database.rows_changed() == 0) return {};
  Statement mark(database, "UPDATE packs SET condemned = 0 WHERE name = ?");
  return mark.with(pack).run();
}

// One of the other branch of a fork has another digest, and stays.
Result<void> Catalog::State::drop(std::uint64_t prune, const journal::DroppedSnapshot& dropped) {
  const journal::Head& snapshot = dropped.head;
  Statement note(database,
                 "INSERT INTO dropped(number, digest, prune, reason) VALUES(?, ?, ?, ?) "
                 "ON CONFLICT(number, digest) DO NOTHING");
  HF_TRY(note.with(snapshot.number, snapshot.digest, prune, dropped.reason).run());
  Statement row(database, "DELETE FROM snapshots WHERE number = ? AND digest = ?");
  HF_TRY(row.with(snapshot.number, snapshot.digest).run());
  if (database.rows_changed() == 0) return {};
  Statement lists(database, "DELETE FROM deltas WHERE number = ?");
  HF_TRY(lists.with(snapshot.number).run());
  Statement tags(database, "DELETE FROM tags WHERE snapshot = ? AND snapshot_digest = ?");
  return tags.with(snapshot.number, snapshot.digest).run();
}

Result<void> Catalog::State::take_away(std::uint64_t number, const std::vector<PrunedItem>& items) {
  Statement insert(database,
                   "INSERT INTO deleted(path, identity, number, reason, until) "
                   "VALUES(?, ?, ?, ?, ?) ON CONFLICT(path, identity) DO UPDATE SET "
                   "number = excluded.number, reason = excluded.reason, until = excluded.until");
  for (const PrunedItem& item : items) {
    HF_TRY(
        insert.with(view_of(item.path), item.identity, number, item.reason, item.until.ns).run());
  }
  return {};
}

Result<std::uint64_t> Catalog::deleted_by(std::string_view path, const Digest& identity) {
  Query row = state_->select_deleted.with(view_of(path), identity);
  HF_TRY(const bool found, row.next());
  const std::uint64_t number = found ? row.u64() : 0;
  HF_TRY(row.intact());
  return number;
}

Result<std::vector<PruneRow>> Catalog::prunes() {
  Statement select(state_->database,
                   "SELECT number, decided, items, packs FROM prunes ORDER BY number");
  std::vector<PruneRow> prunes;
  Query row = select.with();
  HF_TRY(row.each([&] {
    PruneRow prune;
    prune.number = row.u64();
    prune.decided.ns = row.i64();
    prune.items = row.u64();
    prune.packs = row.u64();
    prunes.push_back(prune);
    return row.intact();
  }));
  return prunes;
}

Result<std::vector<DroppedRow>> Catalog::dropped_snapshots() {
  Statement select(state_->database,
                   "SELECT number, digest, prune, reason FROM dropped ORDER BY number, digest");
  std::vector<DroppedRow> snapshots;
  Query row = select.with();
  HF_TRY(row.each([&] {
    DroppedRow dropped;
    dropped.snapshot.number = row.u64();
    dropped.snapshot.digest = row.digest();
    dropped.prune = row.u64();
    dropped.reason = row.u8();
    snapshots.push_back(dropped);
    return row.intact();
  }));
  return snapshots;
}

namespace {

Result<void> visit_deleted(Query row, const std::function<Result<void>(const DeletedRow&)>& visit) {
  return row.each([&]() -> Result<void> {
    DeletedRow deleted;
    deleted.path = std::string(text_of(row.blob()));
    deleted.identity = row.digest();
    deleted.prune = row.u64();
    deleted.reason = row.u8();
    deleted.until.ns = row.i64();
    deleted.decided.ns = row.i64();
    HF_TRY(row.intact());
    return visit(deleted);
  });
}

}  // namespace

// Each by the index of paths. What lies in a folder stands between its name with a slash and with
// the byte behind that.
Result<void> Catalog::for_each_deleted(
    std::string_view within, const std::function<Result<void>(const DeletedRow&)>& visit) {
  const std::string select =
      "SELECT path, identity, deleted.number, reason, until, decided FROM deleted "
      "CROSS JOIN prunes ON prunes.number = deleted.number ";
  const std::string order = "ORDER BY path, identity";
  const std::string of_all = select + order;
  const std::string of_one = select + "WHERE path = ? " + order;
  const std::string of_folder = select + "WHERE path >= ? AND path < ? " + order;
  if (within.empty()) {
    Statement all(state_->database, of_all.c_str());
    return visit_deleted(all.with(), visit);
  }
  Statement one(state_->database, of_one.c_str());
  HF_TRY(visit_deleted(one.with(view_of(within)), visit));
  const std::string first = std::string(within) + '/';
  const std::string last = std::string(within) + '0';
  Statement folder(state_->database, of_folder.c_str());
  return visit_deleted(folder.with(view_of(first), view_of(last)), visit);
}

Result<std::vector<CondemnedRow>> Catalog::condemned_packs() {
  Statement select(state_->database,
                   "SELECT pack, number, COALESCE(packs.k > 0, 0) FROM condemned "
                   "LEFT JOIN packs ON packs.name = condemned.pack ORDER BY pack");
  std::vector<CondemnedRow> packs;
  Query row = select.with();
  HF_TRY(row.each([&] {
    CondemnedRow pack;
    pack.name = row.digest();
    pack.number = row.u64();
    pack.has_chunks = row.boolean();
    packs.push_back(pack);
    return row.intact();
  }));
  return packs;
}

Result<void> Catalog::forget_chunks_of(const Digest& condemned_pack) {
  Statement chunks(state_->database,
                   "DELETE FROM chunks WHERE id BETWEEN "
                   "(SELECT id << 20 FROM packs WHERE name = ?1 AND condemned > 0) AND "
                   "(SELECT (id << 20) + 1048575 FROM packs WHERE name = ?1 AND condemned > 0)");
  HF_TRY(Transaction transaction, state_->transaction());
  HF_TRY(chunks.with(condemned_pack).run());
  Statement row(state_->database, "UPDATE packs SET k = 0 WHERE name = ? AND condemned > 0");
  HF_TRY(row.with(condemned_pack).run());
  return transaction.commit();
}

}  // namespace holdfast::catalog
