// SPDX-License-Identifier: Apache-2.0
// Walks a tree in path order, from any path on, and compares two trees at the cost of their
// difference. Memory: one node a level, and the lists of a delta. One thread at a time.
//
// The items of a delta snapshot are those of a full tree with its changes laid over them:
//
//   full tree   a b c   e f
//   changes       b'  d -e        the one in front stands first, one of the same path instead
//   items       a b'c d   f
//
// A subtree that a change falls into is walked item by item; all others are passed over or compared
// whole, as in a full tree. What is lost of the full tree takes no change with it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firmware/catalog/catalog.h"
#include "firmware/vault/delta.h"
#include "firmware/vault/node.h"
#include "firmware/vault/node_store.h"

namespace holdfast::vault {

// A subtree of which a node cannot be had back: its items, from `first_path` on, are not known.
using LostSubtree = std::function<void(const IndexEntry& subtree)>;
// A subtree that is about to be entered.
using EnteredSubtree = std::function<void(const IndexEntry& subtree)>;

// Where the items of a snapshot are.
struct Tree {
  std::optional<journal::Root> root;  // of the full tree; none: an empty one
  std::uint64_t delta = 0;            // number of the snapshot whose changes lie over it; 0: none
  // Its number: items that a prune behind it took away are not there. 0: they are, as all that was
  // written.
  std::uint64_t snapshot = 0;
};

[[nodiscard]] Tree tree_of(const catalog::SnapshotRow& snapshot);
// The same with what prunes took away.
[[nodiscard]] Tree written_tree_of(const catalog::SnapshotRow& snapshot);

class TreeCursor {
 public:
  // At the first item. With `on_lost` a walk steps over what is lost and
  // tells of each such subtree once; without it the loss ends the walk.
  TreeCursor(NodeSource& source, const Tree& tree, LostSubtree on_lost = nullptr);

  // Before the first step: it is told of each subtree, also of those that turn out to be lost.
  void watch(EnteredSubtree on_entered) { on_entered_ = std::move(on_entered); }
  // Moves to the first item whose path is not below `path` in order. Only forward.
  [[nodiscard]] Result<void> seek(std::string_view path);
  // Steps over that many items, or to the end: no node without the item it stops at is read.
  [[nodiscard]] Result<void> skip(std::uint64_t items);
  // The item here, or null at the end; valid until the next call.
  [[nodiscard]] Result<const Item*> peek();
  void advance();  // after peek() gave an item
  // Nothing from here on is `path` or within it, as far as can be said without entering anything.
  [[nodiscard]] bool stands_behind(std::string_view path) const;

  // For comparing: a subtree that stands here and has not been entered, if any; none while a
  // change falls into it, or where deleted items may be in it.
  [[nodiscard]] const IndexEntry* unentered() const;
  [[nodiscard]] std::uint8_t unentered_level() const;  // of that subtree's node
  // All of a subtree that stands here unentered stands before the path, as far as can be said
  // without entering it.
  [[nodiscard]] bool unentered_ends_before(std::string_view path) const;
  void skip_unentered();
  [[nodiscard]] Result<void> enter();  // or steps over it, if it is lost
  // False may be said of an end that only peek() can tell.
  [[nodiscard]] bool at_end() const;

 private:
  struct Step {
    Node node;
    std::size_t size = 0;  // records of the node
    std::size_t index = 0;
  };
  // Where peek() found the item.
  enum class Place { nowhere, tree, change, both };

  [[nodiscard]] Result<void> load_changes();
  [[nodiscard]] const ItemChange* next_change() const;
  [[nodiscard]] Result<const Item*> peek_written();
  // In the tree alone.
  [[nodiscard]] const IndexEntry* subtree() const;
  [[nodiscard]] const std::string* end_of_subtree() const;  // where the next one begins, if any
  [[nodiscard]] Result<const Item*> peek_tree(const ItemChange* change);
  [[nodiscard]] Result<void> seek_tree(std::string_view path);
  void advance_tree();
  [[nodiscard]] Result<Step> read_unentered();
  void drop_finished();

  NodeSource& source_;
  LostSubtree on_lost_;
  EnteredSubtree on_entered_;
  // The bottom step is a made-up parent of the root, so that the root too can be left unentered.
  std::vector<Step> stack_;
  Node spare_;  // the leaf that was walked last: its memory is that of the next one
  std::uint64_t delta_to_load_ = 0;
  std::uint64_t deleting_ = 0;  // the snapshot's number, if items of it were deleted; else 0
  std::vector<ItemChange> changes_;
  std::size_t change_index_ = 0;
  Place place_ = Place::nowhere;
};

// Calls `visit` for every path whose items differ: (old, null) removed, (null, new) added, both
// changed. Equal subtrees are skipped unread.
using Difference = std::function<Result<void>(const Item* before, const Item* after)>;
[[nodiscard]] Result<void> compare_trees(TreeCursor& before, TreeCursor& after,
                                         const Difference& visit);

}  // namespace holdfast::vault
