// SPDX-License-Identifier: Apache-2.0
// What a backup lays the sources beside: the items of the snapshots before, in path order.
//
// One snapshot is enough, unless names in it are lost. A backup then makes a snapshot with a gap:
// all that the sources show, and all that could be read of the one before. What the lost names
// stood for may come back with its disks, so that one stays the base, and the newest snapshot with
// a gap is laid over it, until a backup reads both whole or is told that the names will never come
// back.
//
//   base     a b [lost ...] y      the last one without a gap
//   newer    a c m          y'     with a gap
//   items    a b c m ...... y'     where both have a path, the newer one's item
//
// Where a backup looks at a region of the sources only, so does this; then there is no gap: what is
// lost ends the walk.
//
// An item that the newer one could only name keeps the content that the base has: it could not be
// read just when nobody knew that it had been read before.
#pragma once

#include <optional>

#include "firmware/job/region.h"
#include "firmware/vault/business.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

struct FormerSnapshots {
  std::optional<catalog::SnapshotRow> base;
  std::optional<catalog::SnapshotRow> newer;  // with a gap

  [[nodiscard]] const std::optional<catalog::SnapshotRow>& newest() const {
    return newer ? newer : base;
  }
  // When the last run began that looked at everything, as base knows; ns 0: there was none.
  [[nodiscard]] Timestamp whole_started() const;
};

[[nodiscard]] Result<FormerSnapshots> find_former(vault::Business& business);
// names_lost: the newest one has a gap, so that no part of it can be taken over as it is.
[[nodiscard]] Result<void> check_no_gap(const FormerSnapshots& former);

// One thread at a time. `nodes` must outlive it.
class Former {
 public:
  // `on_lost` is told of what neither of them can say any more.
  Former(vault::NodeSource& nodes, const FormerSnapshots& snapshots,
         const vault::LostSubtree& on_lost);
  // Of what lies in that region, which must outlive it. `base`: as FormerSnapshots::base.
  Former(vault::NodeSource& nodes, const std::optional<catalog::SnapshotRow>& base,
         const Region& region);
  Former(const Former&) = delete;
  Former& operator=(const Former&) = delete;

  // The item here, or null at the end; valid until the next call.
  [[nodiscard]] Result<const vault::Item*> peek();
  // After peek(): when the run began that looked at the item, or an earlier one. What that run did
  // not read itself was old enough already, or could not be looked at.
  [[nodiscard]] Timestamp stored_since() const;
  // After peek().
  void advance();
  // Some names were lost on the way so far.
  [[nodiscard]] bool has_gap() const { return has_gap_; }

 private:
  [[nodiscard]] vault::LostSubtree note(const vault::LostSubtree& on_lost);
  [[nodiscard]] const vault::Item* lay_over(const vault::Item& base, const vault::Item& newer);

  bool has_gap_ = false;
  Timestamp base_started_;
  Timestamp newer_started_;
  vault::TreeCursor base_;
  vault::TreeCursor newer_;
  std::optional<RegionCursor> in_region_;  // of base
  bool base_is_next_ = false;
  bool newer_is_next_ = false;
  vault::Item laid_over_;  // of both
};

}  // namespace holdfast::job
