// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/tree_builder.h"

#include "hal/base/path.h"

namespace holdfast::vault {

TreeBuilder::TreeBuilder(NodeSink& sink, std::size_t node_size_target)
    : sink_(sink), node_size_target_(node_size_target) {}

TreeBuilder::Level& TreeBuilder::level_at(std::size_t level) {
  while (levels_.size() <= level) {
    const auto number = static_cast<std::uint8_t>(levels_.size());
    levels_.push_back({NodeWriter(ListKind::items, number), 0, 0, 0, {}});
  }
  return levels_[level];
}

bool TreeBuilder::is_full(std::size_t level, std::string_view path) const {
  const NodeWriter& writer = levels_[level].writer;
  if (level > 0 && writer.records() < 2) return false;
  return writer.size() >= 4 * node_size_target_ ||
         ends_node(path, writer.last_record_size(), node_size_target_);
}

Result<void> TreeBuilder::add(const Item& item) {
  if (!last_path_.empty() && compare_paths(last_path_, item.path) >= 0) {
    return make_error(ErrorCode::internal, item.path, {{"what", "items out of order"}});
  }
  last_path_ = item.path;
  Level& leaf = level_at(0);
  leaf.writer.add(item);
  leaf.items += 1;
  leaf.bytes += item.size;
  if (is_full(0, item.path)) return end_node(0);
  return {};
}

Result<void> TreeBuilder::end_node(std::size_t level) {
  IndexEntry child;
  {
    Level& current = level_at(level);
    child.first_path = current.writer.first_path();
    child.items = current.items;
    child.bytes = current.bytes;
    const Bytes node = current.writer.finish();
    if (node.size() > kNodeSizeMax) {
      return make_error(ErrorCode::limit_exceeded, child.first_path, {{"what", "tree node"}});
    }
    HF_TRY(child.node, sink_.write_node(node));
    current.items = 0;
    current.bytes = 0;
    current.nodes += 1;
    current.last = child;
  }
  return add_child(level + 1, child);
}

Result<void> TreeBuilder::add_child(std::size_t level, const IndexEntry& child) {
  Level& above = level_at(level);
  above.writer.add(child);
  above.items += child.items;
  above.bytes += child.bytes;
  // The tree is a few levels high, so this recursion is shallow.
  if (is_full(level, child.first_path)) return end_node(level);
  return {};
}

// Above the leaves only if there is a node on each level already, as there is once the level is: a
// single one would be the root.
bool TreeBuilder::takes(std::uint8_t level) const {
  for (std::size_t below = 0; below <= level && below < levels_.size(); ++below) {
    if (!levels_[below].writer.empty()) return false;
  }
  return level == 0 || levels_.size() > level;
}

Result<void> TreeBuilder::add_subtree(const IndexEntry& subtree, std::uint8_t level) {
  HF_CHECK(takes(level));
  if (!last_path_.empty() && compare_paths(last_path_, subtree.first_path) >= 0) {
    return make_error(ErrorCode::internal, subtree.first_path, {{"what", "items out of order"}});
  }
  // Its own last path is not known; that it ends before the next one begins, its tree has checked.
  last_path_ = subtree.first_path;
  Level& own = level_at(level);
  own.nodes += 1;
  own.last = subtree;
  for (std::size_t below = 0; below < level; ++below) levels_[below].nodes += 1;
  return add_child(static_cast<std::size_t>(level) + 1, subtree);
}

Result<std::optional<journal::Root>> TreeBuilder::finish() {
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    if (!levels_[level].writer.empty()) HF_TRY(end_node(level));
    // The lowest level with a single node is the root; what was begun above it is not needed.
    const Level& ended = levels_[level];
    if (ended.nodes == 1) {
      journal::Root root;
      root.level = static_cast<std::uint8_t>(level);
      root.node = ended.last.node;
      root.items = ended.last.items;
      root.bytes = ended.last.bytes;
      return std::optional(root);
    }
  }
  return std::optional<journal::Root>();
}

}  // namespace holdfast::vault
