// SPDX-License-Identifier: Apache-2.0
// Packs and chunks: looking them up.
#include <algorithm>
#include <tuple>
#include <utility>

#include "firmware/catalog/state.h"

namespace holdfast::catalog {

pack::PackKind read_kind(Query& row) {
  const std::uint8_t value = row.u8();
  if (value != std::to_underlying(pack::PackKind::content) &&
      value != std::to_underlying(pack::PackKind::meta)) {
    row.fail();
  }
  return static_cast<pack::PackKind>(value);
}

PackRow read_pack(Query& row) {
  PackRow pack;
  pack.pack.name = row.digest();
  pack.pack.size = row.u64();
  pack.pack.epoch = row.u32();
  pack.pack.retention_class = row.u32();
  pack.pack.kind = read_kind(row);
  pack.hint.geometry.k = row.u8();
  pack.hint.geometry.m = row.u8();
  pack.hint.generation = row.u16();
  pack.hint.pack_size = pack.pack.size;
  pack.under_protected = row.boolean();
  pack.lost = row.boolean();
  pack.entry = row.u64();
  pack.condemned = row.u64();
  return pack;
}

pack::IndexRecord read_record(Query& row) {
  pack::IndexRecord record;
  record.name = row.digest();
  record.position = row.u64();
  record.stored_length = row.u32();
  record.plain_length = row.u32();
  const std::uint8_t compression = row.u8();
  if (compression > std::to_underlying(codec::Compression::zstd)) row.fail();
  record.compression = static_cast<codec::Compression>(compression);
  return record;
}

namespace {

// The columns name, k, m, generation, size, epoch, kind of the pack, then those of read_record().
ChunkPlace read_place(Query& row) {
  ChunkPlace place;
  place.pack = row.digest();
  place.hint.geometry.k = row.u8();
  place.hint.geometry.m = row.u8();
  place.hint.generation = row.u16();
  place.hint.pack_size = row.u64();
  place.epoch = row.u32();
  place.kind = read_kind(row);
  place.record = read_record(row);
  return place;
}

Result<void> visit_packs(Query row, const std::function<Result<void>(const PackRow&)>& visit) {
  return row.each([&]() -> Result<void> {
    const PackRow pack = read_pack(row);
    HF_TRY(row.intact());
    return visit(pack);
  });
}

}  // namespace

Result<std::vector<PackRow>> Catalog::open_packs() {
  Statement select(state_->database,
                   "SELECT name, size, epoch, class, kind, k, m, generation, under_protected, "
                   "lost, entry, condemned FROM packs WHERE entry = 0 ORDER BY id");
  std::vector<PackRow> packs;
  Query row = select.with();
  HF_TRY(row.each([&] {
    packs.push_back(read_pack(row));
    return row.intact();
  }));
  return packs;
}

Result<std::vector<ChunkPlace>> Catalog::find_chunk(const Digest& name) {
  // Sorted here: there is one row nearly always, and a sort in SQLite costs more than the search.
  using Rank = std::tuple<bool, bool, bool, std::uint64_t, std::uint64_t>;
  std::vector<std::pair<Rank, ChunkPlace>> ranked;
  Query row = state_->select_chunk.with(name);
  HF_TRY(row.each([&] {
    const bool lost = row.boolean();
    const bool condemned = row.u64() != 0;
    const std::uint64_t entry = row.u64();
    const std::uint64_t place = row.u64();
    ranked.emplace_back(Rank(lost, condemned, entry == 0, entry, place), read_place(row));
    return row.intact();
  }));
  std::ranges::sort(ranked, {}, &std::pair<Rank, ChunkPlace>::first);
  std::vector<ChunkPlace> places;
  for (const auto& [rank, place] : ranked) places.push_back(place);
  return places;
}

Result<std::optional<Digest>> Catalog::find_holder(const Digest& name,
                                                   std::uint32_t retention_class,
                                                   pack::PackKind kind, const PackNames& except) {
  Query row = state_->select_holder.with(name, retention_class, std::to_underlying(kind));
  while (true) {
    HF_TRY(const bool found, row.next());
    if (!found) return std::nullopt;
    const Digest pack = row.digest();
    HF_TRY(row.intact());
    if (!except.contains(pack)) return pack;
  }
}

Result<std::optional<PackRow>> Catalog::find_pack(const Digest& name) {
  Query row = state_->select_pack.with(name);
  HF_TRY(const bool found, row.next());
  if (!found) return std::nullopt;
  const PackRow pack = read_pack(row);
  HF_TRY(row.intact());
  return pack;
}

Result<bool> Catalog::has_packs() {
  Statement select(state_->database, "SELECT 1 FROM packs LIMIT 1");
  return select.with().next();
}

Result<bool> Catalog::has_unindexed_packs() {
  Statement select(state_->database, "SELECT 1 FROM packs WHERE k = 0 AND condemned = 0 LIMIT 1");
  return select.with().next();
}

Result<void> Catalog::for_each_pack(const std::function<Result<void>(const PackRow&)>& visit) {
  // A statement of its own, so that `visit` may use the catalog, even this function.
  Statement select(state_->database,
                   "SELECT name, size, epoch, class, kind, k, m, generation, under_protected, "
                   "lost, entry, condemned FROM packs WHERE condemned = 0 ORDER BY name");
  return visit_packs(select.with(), visit);
}

Result<void> Catalog::for_each_pack_in(std::uint8_t first_byte,
                                       const std::function<Result<void>(const PackRow&)>& visit) {
  Digest first;
  Digest last;
  last.bytes.fill(0xff);
  first.bytes[0] = last.bytes[0] = first_byte;
  return visit_packs(state_->select_packs_in.with(first, last), visit);
}

Result<Catalog::PackTotals> Catalog::pack_totals() {
  Statement select(state_->database,
                   "SELECT COUNT(*), COALESCE(SUM(under_protected), 0), COALESCE(SUM(lost), 0) "
                   "FROM packs WHERE condemned = 0");
  PackTotals totals;
  Query row = select.with();
  HF_TRY(const bool found, row.next());
  HF_CHECK(found);
  totals.packs = row.u64();
  totals.under_protected = row.u64();
  totals.lost = row.u64();
  HF_TRY(row.intact());
  return totals;
}

Result<std::optional<Catalog::Growth>> Catalog::growth(Timestamp from) {
  const auto is_whole = [](const SnapshotRow& row) { return row.body.is_of_whole_look(); };
  // By number, since only that is indexed; the row of one that is too young is not decoded.
  Statement before(state_->database,
                   "SELECT number, digest, kind, time, body FROM snapshots "
                   "WHERE kind = ? AND time <= ? ORDER BY number DESC");
  Statement all(state_->database,
                "SELECT number, digest, kind, time, body FROM snapshots "
                "WHERE kind = ? ORDER BY number");
  const std::uint8_t full = std::to_underlying(journal::EntryKind::snapshot);
  HF_TRY(auto start, state_->first_wanted(before.with(full, from.ns), is_whole));
  if (!start) {
    HF_TRY(start, state_->first_wanted(all.with(full), is_whole));
  }
  if (!start) return std::nullopt;
  Statement sums(state_->database,
                 "SELECT COALESCE(SUM(CASE WHEN entry > ?1 AND condemned = 0 THEN size END), 0), "
                 "COALESCE(SUM(CASE WHEN entry BETWEEN 1 AND ?1 AND condemned > ?1 "
                 "THEN size END), 0) FROM packs");
  Query row = sums.with(start->head.number);
  HF_TRY(const bool found, row.next());
  HF_CHECK(found);
  Growth growth{start->time};
  growth.bytes = row.i64();
  growth.bytes -= row.i64();
  HF_TRY(row.intact());
  return growth;
}

Result<std::vector<pack::IndexRecord>> Catalog::chunks_of(const Digest& pack) {
  Statement select(state_->database,
                   "SELECT chunks.name, position, stored_length, plain_length, compression "
                   "FROM packs CROSS JOIN chunks "
                   "ON chunks.id BETWEEN packs.id << 20 AND (packs.id << 20) + 1048575 "
                   "WHERE packs.name = ? ORDER BY chunks.id");
  std::vector<pack::IndexRecord> records;
  Query row = select.with(pack);
  HF_TRY(row.each([&] {
    records.push_back(read_record(row));
    return row.intact();
  }));
  return records;
}

}  // namespace holdfast::catalog
