// SPDX-License-Identifier: Apache-2.0
// What changes rows: open packs, and the journal's entries.
#include <utility>

#include "firmware/catalog/state.h"

namespace holdfast::catalog {

namespace {

Result<void> check_size(const PackRow& row, const std::vector<pack::IndexRecord>& index) {
  if (index.size() <= pack::kChunksMax) return {};
  return make_error(ErrorCode::limit_exceeded, row.pack.name.hex(),
                    {{"what", "chunks"}, {"limit", std::to_string(pack::kChunksMax)}});
}

}  // namespace

Result<void> Catalog::note_open_pack(const PackRow& row,
                                     const std::vector<pack::IndexRecord>& index) {
  HF_TRY(check_size(row, index));
  HF_TRY(Transaction transaction, state_->transaction());
  const journal::NewPack& pack = row.pack;
  const pool::PackHint& hint = row.hint;
  HF_TRY(state_->insert_pack
             .with(pack.name, pack.size, pack.epoch, pack.retention_class,
                   std::to_underlying(pack.kind), hint.geometry.k, hint.geometry.m, hint.generation,
                   row.under_protected)
             .run());
  if (state_->database.rows_changed() > 0) {
    HF_TRY(state_->insert_chunks(state_->database.newest_row_id(), index));
  }
  return transaction.commit();
}

Result<void> Catalog::State::insert_chunks(std::uint64_t pack,
                                           const std::vector<pack::IndexRecord>& index) {
  std::uint64_t id = pack * pack::kChunksMax;
  for (const pack::IndexRecord& record : index) {
    HF_TRY(insert_chunk
               .with(id++, record.name, record.position, record.stored_length, record.plain_length,
                     std::to_underlying(record.compression))
               .run());
  }
  return {};
}

Result<void> Catalog::complete_pack(const PackRow& row,
                                    const std::vector<pack::IndexRecord>& index) {
  HF_TRY(check_size(row, index));
  HF_TRY(Transaction transaction, state_->transaction());
  std::optional<std::uint64_t> id;
  {
    Statement select(state_->database, "SELECT id FROM packs WHERE name = ? AND k = 0");
    Query found = select.with(row.pack.name);
    HF_TRY(const bool missing, found.next());
    if (missing) id = found.u64();
    HF_TRY(found.intact());
  }
  if (!id) return {};
  Statement update(state_->database,
                   "UPDATE packs SET k = ?, m = ?, generation = ?, under_protected = ? "
                   "WHERE id = ?");
  HF_TRY(update
             .with(row.hint.geometry.k, row.hint.geometry.m, row.hint.generation,
                   row.under_protected, *id)
             .run());
  HF_TRY(state_->insert_chunks(*id, index));
  return transaction.commit();
}

Result<void> Catalog::note_coding(const Digest& name, const pool::PackHint& hint,
                                  bool under_protected) {
  Statement update(state_->database,
                   "UPDATE packs SET k = ?, m = ?, generation = ?, under_protected = ? "
                   "WHERE name = ? AND k > 0");
  return update.with(hint.geometry.k, hint.geometry.m, hint.generation, under_protected, name)
      .run();
}

Result<void> Catalog::mark_lost(const Digest& name, bool lost) {
  Statement update(state_->database, "UPDATE packs SET lost = ? WHERE name = ?");
  return update.with(lost, name).run();
}

Result<void> Catalog::forget_open_pack(const Digest& name) {
  HF_TRY(Transaction transaction, state_->transaction());
  Statement chunks(state_->database,
                   "DELETE FROM chunks WHERE id BETWEEN "
                   "(SELECT id << 20 FROM packs WHERE name = ?1 AND entry = 0) AND "
                   "(SELECT (id << 20) + 1048575 FROM packs WHERE name = ?1 AND entry = 0)");
  HF_TRY(chunks.with(name).run());
  Statement pack(state_->database, "DELETE FROM packs WHERE name = ? AND entry = 0");
  HF_TRY(pack.with(name).run());
  return transaction.commit();
}

Result<void> Catalog::apply(const journal::Entry& entry,
                            const std::optional<journal::SnapshotBody>& snapshot,
                            const std::optional<journal::TagBody>& tag,
                            const std::optional<journal::HoldBody>& hold,
                            const std::optional<journal::PolicyBody>& policy,
                            const std::optional<Prune>& prune) {
  HF_TRY(Transaction transaction, state_->transaction());
  HF_TRY(const journal::Head before, head());
  if (entry.business != state_->business || entry.number != before.number + 1 ||
      entry.previous != before.digest) {
    return make_error(ErrorCode::chain_broken, state_->database.path());
  }
  for (const journal::NewPack& pack : entry.new_packs) {
    HF_TRY(state_->take_back(entry.number, pack.name));
  }
  HF_TRY(state_->name_packs(entry));
  HF_TRY(state_->insert_body(entry, snapshot, tag));
  if (hold) HF_TRY(state_->apply_hold(entry, *hold));
  if (prune) HF_TRY(state_->apply_prune(entry, *prune));
  if (entry.kind == journal::EntryKind::policy) HF_TRY(note_policy(entry, policy));
  HF_TRY(state_->update_head.with(entry.number, entry.digest).run());
  return transaction.commit();
}

Result<void> Catalog::pass_lost_entries(const journal::EntryRange& lost,
                                        const journal::Head& before) {
  HF_TRY(Transaction transaction, state_->transaction());
  Statement insert(state_->database, "INSERT INTO gaps(first, last) VALUES(?, ?)");
  HF_TRY(insert.with(lost.first, lost.last).run());
  HF_TRY(state_->update_head.with(before.number, before.digest).run());
  return transaction.commit();
}

Result<std::vector<journal::EntryRange>> Catalog::gaps() {
  HF_TRY(const journal::Head at, head());
  std::vector<journal::EntryRange> gaps;
  Query row = state_->select_gaps.with();
  HF_TRY(row.each([&]() -> Result<void> {
    journal::EntryRange gap;
    gap.first = row.u64();
    gap.last = row.u64();
    HF_TRY(row.intact());
    const bool is_right = gap.first > 0 && gap.first <= gap.last && gap.last <= at.number;
    if (!is_right) return state_->database.damaged("gap");
    gaps.push_back(gap);
    return {};
  }));
  return gaps;
}

Result<void> Catalog::name_found_packs(std::uint64_t number,
                                       const std::vector<journal::NewPack>& packs) {
  HF_TRY(Transaction transaction, state_->transaction());
  journal::Entry entry;
  entry.number = number;
  entry.new_packs = packs;
  HF_TRY(state_->name_packs(entry));
  Statement mark(state_->database, "UPDATE packs SET found = 1 WHERE name = ? AND entry = ?");
  for (const journal::NewPack& pack : packs) HF_TRY(mark.with(pack.name, number).run());
  return transaction.commit();
}

Result<std::vector<journal::NewPack>> Catalog::found_packs() {
  Statement select(state_->database,
                   "SELECT name, size, epoch, class, kind, k, m, generation, under_protected, "
                   "lost, entry, condemned FROM packs WHERE found = 1 AND condemned = 0 "
                   "ORDER BY id");
  std::vector<journal::NewPack> packs;
  Query row = select.with();
  HF_TRY(row.each([&] {
    packs.push_back(read_pack(row).pack);
    return row.intact();
  }));
  return packs;
}

Result<void> Catalog::State::name_packs(const journal::Entry& entry) {
  std::uint64_t place = 0;
  for (const journal::NewPack& pack : entry.new_packs) {
    HF_TRY(name_pack
               .with(pack.size, pack.epoch, pack.retention_class, std::to_underlying(pack.kind),
                     entry.number, place++, pack.name)
               .run());
    if (database.rows_changed() > 0) continue;
    // Named before: the older name stays.
    Query known = select_pack.with(pack.name);
    HF_TRY(const bool found, known.next());
    if (!found) {
      return make_error(ErrorCode::internal, database.path(),
                        {{"what", "no row of pack " + pack.name.hex()}});
    }
  }
  return {};
}

Result<void> Catalog::State::take_out_lists(std::uint64_t number, journal::SnapshotDelta& delta) {
  const journal::DeltaLists lists = std::exchange(delta.lists, {});
  Statement insert(database, "INSERT INTO deltas(number, items, removed) VALUES(?, ?, ?)");
  return insert.with(number, ByteView(lists.items), ByteView(lists.removed)).run();
}

Result<void> Catalog::State::insert_body(const journal::Entry& entry,
                                         const std::optional<journal::SnapshotBody>& snapshot,
                                         const std::optional<journal::TagBody>& tag) {
  if (snapshot) {
    Statement insert(database,
                     "INSERT INTO snapshots(number, digest, kind, time, body) "
                     "VALUES(?, ?, ?, ?, ?)");
    journal::SnapshotBody without_lists = *snapshot;
    if (without_lists.delta) HF_TRY(take_out_lists(entry.number, *without_lists.delta));
    const Bytes body = journal::encode(without_lists);
    HF_TRY(insert
               .with(entry.number, entry.digest, std::to_underlying(entry.kind), entry.time.ns,
                     ByteView(body))
               .run());
  }
  if (tag) {
    Statement insert(database,
                     "INSERT INTO tags(snapshot, number, snapshot_digest, tag, is_set) "
                     "VALUES(?, ?, ?, ?, ?)");
    HF_TRY(insert.with(tag->number, entry.number, tag->entry, tag->tag, tag->set).run());
  }
  return {};
}

// Locks only grow: what an older entry named counts beside what this one does.
Result<void> Catalog::note_policy(const journal::Entry& entry,
                                  const std::optional<journal::PolicyBody>& policy) {
  Bytes body;
  if (policy) {
    journal::PolicyBody in_force = *policy;
    HF_TRY(const auto before, policy_in_force());
    if (before) journal::keep_longest(in_force.lock_days, before->body.lock_days);
    body = journal::encode(in_force);
    Statement clear(state_->database, "UPDATE policies SET body = x'' WHERE length(body) > 0");
    HF_TRY(clear.with().run());
  }
  Statement insert(state_->database, "INSERT INTO policies(number, digest, body) VALUES(?, ?, ?)");
  return insert.with(entry.number, entry.digest, ByteView(body)).run();
}

}  // namespace holdfast::catalog
