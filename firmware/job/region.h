// SPDX-License-Identifier: Apache-2.0
// What of the sources, and of the snapshot before, a backup looks at that was told what has
// changed: some paths with all below them, and the folders above them.
//
//   paths   calls/03/a.wav  calls/03/b
//   region  calls  calls/03  calls/03/a.wav...  calls/03/b...
//
// All else is taken over from the tree of the snapshot before, unread but for the leaves in which
// the two meet.
#pragma once

#include <string>
#include <vector>

#include "firmware/vault/tree_builder.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

// In path order, and without those that lie within another one.
[[nodiscard]] std::vector<std::string> outermost(std::vector<std::string> paths);

struct RegionPart {
  std::string path;
  bool has_contents = false;  // false: the folder alone
};
// In path order; nothing lies in two of them.
using Region = std::vector<RegionPart>;

// Of paths as outermost() gives them.
[[nodiscard]] Region region_of(const std::vector<std::string>& paths);

// At which parts of a region something is, or was.
class SeenParts {
 public:
  explicit SeenParts(const Region& region) : region_(region), seen_(region.size()) {}

  // In path order, each within the region. `is_closed`: nobody knows what is in it.
  void note(std::string_view path, bool is_closed);
  // Paths that were asked for, and nobody has.
  [[nodiscard]] std::vector<std::string> missed() const;

 private:
  const Region& region_;
  std::vector<bool> seen_;
  std::size_t part_ = 0;
};

// Goes through the items of a tree that lie in a region. The references must outlive it.
class RegionCursor {
 public:
  RegionCursor(vault::TreeCursor& cursor, const Region& region)
      : cursor_(cursor), region_(region) {}

  // As TreeCursor::peek(); the cursor is advanced by whoever has it.
  [[nodiscard]] Result<const vault::Item*> peek();

 private:
  vault::TreeCursor& cursor_;
  const Region& region_;
  std::size_t part_ = 0;
  bool is_positioned_ = false;
};

// Adds what lies outside of a region of a tree to a new one. The references must outlive it.
class OutsideRegion {
 public:
  OutsideRegion(vault::NodeSource& nodes, const vault::Tree& tree, const Region& region)
      : cursor_(nodes, tree), region_(region) {}

  // All that stands before this path of the region, which is added next.
  [[nodiscard]] Result<void> add_before(std::string_view path, vault::TreeBuilder& builder);
  [[nodiscard]] Result<void> add_rest(vault::TreeBuilder& builder);

 private:
  [[nodiscard]] Result<void> step_over_part(vault::TreeBuilder& builder);

  vault::TreeCursor cursor_;
  const Region& region_;
  std::size_t part_ = 0;
};

}  // namespace holdfast::job
