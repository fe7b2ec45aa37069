// SPDX-License-Identifier: Apache-2.0
// Walks a tree in path order, from any path on, and compares two trees at the cost of their
// difference. Memory: one node a level. One thread at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firmware/vault/node.h"
#include "firmware/vault/node_store.h"

namespace holdfast::vault {

// A subtree of which a node cannot be had back: its items, from `first_path` on, are not known.
using LostSubtree = std::function<void(const IndexEntry& subtree)>;

class TreeCursor {
 public:
  // At the first item. No root: an empty tree. With `on_lost` a walk steps over what is lost and
  // tells of each such subtree once; without it the loss ends the walk.
  TreeCursor(NodeSource& source, const std::optional<journal::Root>& root,
             LostSubtree on_lost = nullptr);

  // Moves to the first item whose path is not below `path` in order. Only forward.
  [[nodiscard]] Result<void> seek(std::string_view path);
  // Steps over that many items, or to the end: no node without the item it stops at is read.
  [[nodiscard]] Result<void> skip(std::uint64_t items);
  // The item here, or null at the end; valid until the next call.
  [[nodiscard]] Result<const Item*> peek();
  void advance();
  // A subtree that has not been entered stands here, and nothing in it is `path` or within it.
  [[nodiscard]] bool stands_behind(std::string_view path) const;

  // For comparing: a subtree that stands here and has not been entered, if any.
  [[nodiscard]] const IndexEntry* unentered() const;
  [[nodiscard]] std::uint8_t unentered_level() const;  // of that subtree's node
  void skip_unentered();
  [[nodiscard]] Result<void> enter();  // or steps over it, if it is lost
  [[nodiscard]] bool at_end() const { return stack_.empty(); }

 private:
  struct Step {
    Node node;
    std::size_t index = 0;
  };
  [[nodiscard]] Result<Node> read_unentered();
  void drop_finished();
  [[nodiscard]] std::size_t size_of(const Step& step) const;

  NodeSource& source_;
  LostSubtree on_lost_;
  // The bottom step is a made-up parent of the root, so that the root too can be left unentered.
  std::vector<Step> stack_;
};

// Calls `visit` for every path whose items differ: (old, null) removed, (null, new) added, both
// changed. Equal subtrees are skipped unread.
using Difference = std::function<Result<void>(const Item* before, const Item* after)>;
[[nodiscard]] Result<void> compare_trees(TreeCursor& before, TreeCursor& after,
                                         const Difference& visit);

}  // namespace holdfast::vault
