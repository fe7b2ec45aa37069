// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/prune_holds.h"

#include <algorithm>

#include "firmware/catalog/record_index_paths.h"
#include "firmware/job/record_condition.h"

namespace holdfast::job {

using journal::HoldScope;

Result<bool> find_by_key(const catalog::HoldRow& hold, catalog::RecordIndex& index,
                         std::set<std::string, PathLess>& paths, std::uint32_t rows_max) {
  bool is_all = true;
  for (catalog::RecordQuery& query : held_queries(hold.body.value)) {
    query.limit = rows_max;
    HF_TRY(const bool has_all, catalog::visit_paths(index, query, [&](const std::string& path) {
             paths.insert(path);
           }));
    is_all = is_all && has_all;
  }
  return is_all;
}

Result<HeldThings> find_held(const std::vector<catalog::HoldRow>& holds,
                             const std::vector<catalog::SnapshotRow>& snapshots,
                             catalog::RecordIndex* index, std::uint32_t rows_max) {
  HeldThings out;
  for (const catalog::HoldRow& hold : holds) {
    if (hold.body.scope == HoldScope::item) out.paths.push_back({hold.body.value, hold.number});
    if (hold.body.scope == HoldScope::snapshot) {
      const auto found = std::ranges::find_if(snapshots, [&](const catalog::SnapshotRow& row) {
        return journal::hold_value(row.head.number, row.head.digest) == hold.body.value;
      });
      if (found != snapshots.end()) out.snapshots.emplace(found->head.number, hold.number);
    }
    if (hold.body.scope != HoldScope::key) continue;
    std::set<std::string, PathLess> paths;
    bool is_known = index != nullptr;
    if (is_known) {
      HF_TRY(is_known, find_by_key(hold, *index, paths, rows_max));
    }
    for (const std::string& path : paths) out.paths.push_back({path, hold.number});
    if (is_known) continue;
    if (index != nullptr) out.too_wide.insert(hold.number);
    out.is_unsure = out.is_unsure || index == nullptr;
    out.paths.push_back({"", hold.number});
  }
  return out;
}

void HeldSnapshots::add(vault::NodeSource& nodes, const catalog::SnapshotRow& snapshot,
                        std::uint64_t hold) {
  held_.push_back(std::make_unique<Held>(Held{hold}));
  Held& held = *held_.back();
  held.cursor.emplace(
      nodes, vault::tree_of(snapshot),
      [&held](const vault::IndexEntry& /*subtree*/) { held.is_partly_lost = true; });
}

Result<std::optional<std::uint64_t>> HeldSnapshots::find(std::string_view path) {
  for (const auto& held : held_) {
    HF_TRY(held->cursor->seek(path));
    HF_TRY(const vault::Item* item, held->cursor->peek());
    if (held->is_partly_lost || (item != nullptr && item->path == path)) return held->hold;
  }
  return std::nullopt;
}

}  // namespace holdfast::job
