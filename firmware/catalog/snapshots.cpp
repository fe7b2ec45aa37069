// SPDX-License-Identifier: Apache-2.0
// Snapshots with their tags, and the policy in force.
#include <algorithm>
#include <utility>

#include "firmware/catalog/state.h"

namespace holdfast::catalog {

// The columns number, digest, kind, time, body.
Result<SnapshotRow> Catalog::State::read_snapshot(Query& row) {
  SnapshotRow snapshot;
  snapshot.head.number = row.u64();
  snapshot.head.digest = row.digest();
  snapshot.kind = static_cast<journal::EntryKind>(row.u8());
  snapshot.time.ns = row.i64();
  const ByteView body = row.blob();
  HF_TRY(row.intact());
  if (snapshot.kind != journal::EntryKind::snapshot && snapshot.kind != journal::EntryKind::delta) {
    return database.damaged("kind of snapshot");
  }
  Result<journal::SnapshotBody> parsed = journal::parse_snapshot(body);
  if (!parsed) return database.damaged("body of snapshot");
  snapshot.body = std::move(*parsed);
  snapshot.tags = snapshot.body.tags;

  Query tags = select_tags.with(snapshot.head.number);
  HF_TRY(tags.each([&]() -> Result<void> {
    const Digest about = tags.digest();
    const std::string tag = tags.text();
    const bool set = tags.boolean();
    HF_TRY(tags.intact());
    if (about != snapshot.head.digest) return {};  // of the other branch of a fork
    const bool there = std::ranges::find(snapshot.tags, tag) != snapshot.tags.end();
    if (set && !there) snapshot.tags.push_back(tag);
    if (!set) std::erase(snapshot.tags, tag);
    return {};
  }));
  return snapshot;
}

Result<std::vector<SnapshotRow>> Catalog::snapshots() {
  Statement select(state_->database,
                   "SELECT number, digest, kind, time, body FROM snapshots ORDER BY number");
  std::vector<SnapshotRow> snapshots;
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    HF_TRY(SnapshotRow snapshot, state_->read_snapshot(row));
    snapshots.push_back(std::move(snapshot));
    return {};
  }));
  return snapshots;
}

Result<std::uint64_t> Catalog::count_snapshots() {
  Statement select(state_->database, "SELECT COUNT(*) FROM snapshots");
  Query row = select.with();
  HF_TRY(const bool found, row.next());
  HF_CHECK(found);
  const std::uint64_t count = row.u64();
  HF_TRY(row.intact());
  return count;
}

Result<std::optional<SnapshotRow>> Catalog::find_snapshot(std::uint64_t number) {
  Statement select(state_->database,
                   "SELECT number, digest, kind, time, body FROM snapshots WHERE number = ?");
  Query row = select.with(number);
  HF_TRY(const bool found, row.next());
  if (!found) return std::nullopt;
  HF_TRY(SnapshotRow snapshot, state_->read_snapshot(row));
  return snapshot;
}

Result<std::optional<SnapshotRow>> Catalog::find_newest(const IsWanted& is_wanted) {
  Statement select(state_->database,
                   "SELECT number, digest, kind, time, body FROM snapshots ORDER BY number DESC");
  return state_->first_wanted(select.with(), is_wanted);
}

Result<std::optional<SnapshotRow>> Catalog::State::first_wanted(Query row,
                                                                const IsWanted& is_wanted) {
  while (true) {
    HF_TRY(const bool found, row.next());
    if (!found) return std::nullopt;
    HF_TRY(SnapshotRow snapshot, read_snapshot(row));
    if (is_wanted(snapshot)) return snapshot;
  }
}

Result<journal::DeltaLists> Catalog::delta_lists(std::uint64_t number) {
  Statement select(state_->database, "SELECT items, removed FROM deltas WHERE number = ?");
  Query row = select.with(number);
  HF_TRY(const bool found, row.next());
  if (!found) return state_->database.damaged("delta of snapshot");
  journal::DeltaLists lists;
  const ByteView items = row.blob();
  lists.items.assign(items.begin(), items.end());
  const ByteView removed = row.blob();
  lists.removed.assign(removed.begin(), removed.end());
  HF_TRY(row.intact());
  return lists;
}

Result<std::optional<journal::Head>> Catalog::newest_policy() {
  Statement select(state_->database,
                   "SELECT number, digest FROM policies ORDER BY number DESC LIMIT 1");
  Query row = select.with();
  HF_TRY(const bool found, row.next());
  if (!found) return std::nullopt;
  journal::Head policy;
  policy.number = row.u64();
  policy.digest = row.digest();
  HF_TRY(row.intact());
  return policy;
}

Result<std::optional<Catalog::PolicyRow>> Catalog::policy_in_force() {
  Statement select(state_->database,
                   "SELECT body, number = (SELECT max(number) FROM policies) FROM policies "
                   "WHERE length(body) > 0 ORDER BY number DESC LIMIT 1");
  Query row = select.with();
  HF_TRY(const bool found, row.next());
  if (!found) return std::nullopt;
  const ByteView bytes = row.blob();
  auto body = journal::parse_policy(bytes);
  if (!body) return state_->database.damaged("policy");
  PolicyRow policy;
  policy.body = std::move(*body);
  policy.is_newest = row.boolean();
  HF_TRY(row.intact());
  return policy;
}

}  // namespace holdfast::catalog
