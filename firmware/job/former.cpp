// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/former.h"

#include "hal/base/path.h"

namespace holdfast::job {

namespace {

vault::Tree tree_of(const std::optional<catalog::SnapshotRow>& snapshot) {
  return snapshot ? vault::tree_of(*snapshot) : vault::Tree{};
}

Timestamp start_of(const std::optional<catalog::SnapshotRow>& snapshot) {
  if (!snapshot) return {};
  const journal::SnapshotBody& body = snapshot->body;
  return body.looked_at ? body.looked_at->whole_started : body.started;
}

}  // namespace

Timestamp FormerSnapshots::whole_started() const {
  return start_of(base);
}

Result<FormerSnapshots> find_former(vault::Business& business) {
  FormerSnapshots former;
  HF_TRY(former.base,
         business.find_newest([](const catalog::SnapshotRow& row) { return !row.body.has_gap; }));
  HF_TRY(auto newest, business.newest_snapshot());
  if (newest && newest->body.has_gap) former.newer = std::move(newest);
  return former;
}

Result<void> check_no_gap(const FormerSnapshots& former) {
  if (!former.newer) return {};
  const std::uint64_t items = former.base ? former.base->body.counts.items : 0;
  return make_error(ErrorCode::names_lost, {}, {{"items", std::to_string(items)}});
}

Former::Former(vault::NodeSource& nodes, const FormerSnapshots& snapshots,
               const vault::LostSubtree& on_lost)
    : base_started_(start_of(snapshots.base)),
      newer_started_(start_of(snapshots.newer)),
      base_(nodes, tree_of(snapshots.base), note(on_lost)),
      newer_(nodes, tree_of(snapshots.newer), note(on_lost)) {}

Former::Former(vault::NodeSource& nodes, const std::optional<catalog::SnapshotRow>& base,
               const Region& region)
    : base_started_(start_of(base)), base_(nodes, tree_of(base)), newer_(nodes, vault::Tree{}) {
  in_region_.emplace(base_, region);
}

vault::LostSubtree Former::note(const vault::LostSubtree& on_lost) {
  return [this, on_lost](const vault::IndexEntry& subtree) {
    has_gap_ = true;
    on_lost(subtree);
  };
}

Result<const vault::Item*> Former::peek() {
  HF_TRY(const vault::Item* base, in_region_ ? in_region_->peek() : base_.peek());
  HF_TRY(const vault::Item* newer, newer_.peek());
  if (base == nullptr || newer == nullptr) {
    base_is_next_ = base != nullptr;
    newer_is_next_ = newer != nullptr;
    return base_is_next_ ? base : newer;
  }
  const auto order = compare_paths(base->path, newer->path);
  base_is_next_ = order <= 0;
  newer_is_next_ = order >= 0;
  if (order == 0) return lay_over(*base, *newer);
  return base_is_next_ ? base : newer;
}

const vault::Item* Former::lay_over(const vault::Item& base, const vault::Item& newer) {
  if (newer.has_content() || !base.has_content() || base.type != newer.type) return &newer;
  laid_over_ = base;
  laid_over_.flags |= newer.flags & vault::kItemUnreadable;
  laid_over_.gone_since = newer.gone_since;
  return &laid_over_;
}

Timestamp Former::stored_since() const {
  return base_is_next_ ? base_started_ : newer_started_;
}

void Former::advance() {
  if (base_is_next_) base_.advance();
  if (newer_is_next_) newer_.advance();
}

}  // namespace holdfast::job
