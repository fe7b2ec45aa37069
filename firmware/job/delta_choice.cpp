// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/delta_choice.h"

#include <algorithm>

#include "firmware/vault/delta.h"
#include "firmware/vault/loss.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

namespace {

// The full snapshot that the newest one is or stands on; nothing if the catalog has another one.
Result<std::optional<catalog::SnapshotRow>> find_full(vault::Business& business,
                                                      const catalog::SnapshotRow& newest) {
  if (!newest.body.delta) return std::optional(newest);
  const journal::Head& base = newest.body.delta->base;
  HF_TRY(auto full, business.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.find_snapshot(base.number);
  }));
  if (full && (full->head != base || full->body.delta)) full.reset();
  return full;
}

// A prune stands behind it: what that took away is in the full tree.
Result<bool> is_pruned(vault::Business& business, const catalog::SnapshotRow& full) {
  HF_TRY(const auto prunes,
         business.with_catalog([](catalog::Catalog& catalog) { return catalog.prunes(); }));
  return !prunes.empty() && prunes.back().number > full.head.number;
}

// By this clock: one that was set back makes a full tree.
bool is_young(const catalog::SnapshotRow& full, const DeltaRequest& request) {
  const std::int64_t began_ns = full.body.started.ns;
  return began_ns <= request.started.ns && request.started.ns - began_ns < request.full_interval_ns;
}

// Lists lie on every disk, and each delta repeats those of the ones before: once nodes, as shards
// of a pack of their own, take less room, they are stored.
std::uint64_t lists_size_max(const vault::HeldNodes& nodes, const pool::Pool& pool,
                             const vault::VaultSettings& settings) {
  const erasure::Geometry geometry = pool.write_geometry();
  const auto shards = static_cast<std::uint64_t>(geometry.total());
  const std::uint64_t room = nodes.bytes() / geometry.k * shards + shards * pool::kShardHeaderSize;
  return std::min(settings.delta_size_max, room / pool.members_present());
}

}  // namespace

Result<std::optional<journal::SnapshotDelta>> find_delta(vault::Business& business,
                                                         const DeltaRequest& request,
                                                         vault::HeldNodes& nodes,
                                                         const std::optional<journal::Root>& root) {
  const auto no_delta = [] { return std::optional<journal::SnapshotDelta>(); };
  if (!nodes.is_holding()) return no_delta();
  // With a disk away what was written before it went bears less than what is written now.
  HF_TRY(const pool::Pool* pool, business.box().pool());
  if (!pool->plain_members_are_here()) return no_delta();
  HF_TRY(const auto full, find_full(business, request.newest));
  if (!full || !is_young(*full, request)) return no_delta();
  HF_TRY(const bool pruned, is_pruned(business, *full));
  if (pruned) return no_delta();
  const vault::VaultSettings& settings = business.box().settings();
  const std::uint64_t size_max = lists_size_max(nodes, *pool, settings);
  vault::DeltaWriter writer;
  vault::TreeCursor before(nodes, vault::Tree{full->body.items});
  vault::TreeCursor after(nodes, vault::Tree{root});
  bool fits = true;
  const auto compared = vault::compare_trees(
      before, after, [&](const vault::Item* old_item, const vault::Item* item) -> Result<void> {
        if (item != nullptr) {
          writer.add(*item);
        } else {
          writer.remove(old_item->path);
        }
        fits = writer.records() <= settings.delta_records_max && writer.size() <= size_max;
        if (fits) return {};
        return make_error(ErrorCode::limit_exceeded, {}, {{"what", "delta"}});
      });
  // A tree of which a node was lost meanwhile is nothing to stand on.
  if (!fits || (!compared && vault::is_loss(compared.error()))) return no_delta();
  if (!compared) return compared.error();
  return journal::SnapshotDelta{full->head, full->body.items, writer.finish()};
}

}  // namespace holdfast::job
