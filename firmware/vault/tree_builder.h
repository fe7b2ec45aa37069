// SPDX-License-Identifier: Apache-2.0
// Builds the tree of a snapshot from items in path order. Equal lists make equal trees, whatever
// was there before, so unchanged parts are found again by their digests and cost nothing.
#pragma once

#include <optional>
#include <vector>

#include "firmware/vault/node.h"
#include "firmware/vault/node_store.h"

namespace holdfast::vault {

// Memory: one node a level. One thread at a time. A copy goes on from where it was taken.
class TreeBuilder {
 public:
  explicit TreeBuilder(NodeSink& sink, std::size_t node_size_target = kNodeSizeTarget);

  // Paths must rise. `internal` if they do not.
  [[nodiscard]] Result<void> add(const Item& item);
  // True if a node of that level, as another tree has it, can be taken over whole: it begins where
  // a node of this tree begins, so this tree would have the very same one.
  [[nodiscard]] bool takes(std::uint8_t level) const;
  // Takes it over unread; behind all that was added.
  [[nodiscard]] Result<void> add_subtree(const IndexEntry& subtree, std::uint8_t level);
  // The root; nothing if no item was added.
  [[nodiscard]] Result<std::optional<journal::Root>> finish();

 private:
  struct Level {
    NodeWriter writer;
    std::uint64_t items = 0;
    std::uint64_t bytes = 0;
    std::uint64_t nodes = 0;  // finished ones
    IndexEntry last;          // the newest finished node
  };
  [[nodiscard]] Result<void> end_node(std::size_t level);
  [[nodiscard]] Result<void> add_child(std::size_t level, const IndexEntry& child);
  [[nodiscard]] bool is_full(std::size_t level, std::string_view path) const;
  Level& level_at(std::size_t level);

  NodeSink& sink_;
  std::size_t node_size_target_;
  std::vector<Level> levels_;
  std::string last_path_;
};

}  // namespace holdfast::vault
