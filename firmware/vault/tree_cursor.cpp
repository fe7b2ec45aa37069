// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/tree_cursor.h"

#include "firmware/vault/loss.h"
#include "hal/base/path.h"

namespace holdfast::vault {

TreeCursor::TreeCursor(NodeSource& source, const std::optional<journal::Root>& root,
                       LostSubtree on_lost)
    : source_(source), on_lost_(std::move(on_lost)) {
  if (!root) return;
  Step top;
  top.node.level = static_cast<std::uint8_t>(root->level + 1);
  top.node.children.push_back({"", root->node, root->items, root->bytes});
  stack_.push_back(std::move(top));
}

std::size_t TreeCursor::size_of(const Step& step) const {
  return step.node.level == 0 ? step.node.items.size() : step.node.children.size();
}

void TreeCursor::drop_finished() {
  while (!stack_.empty() && stack_.back().index >= size_of(stack_.back())) {
    stack_.pop_back();
    if (!stack_.empty()) stack_.back().index += 1;
  }
}

const IndexEntry* TreeCursor::unentered() const {
  if (stack_.empty() || stack_.back().node.level == 0) return nullptr;
  return &stack_.back().node.children[stack_.back().index];
}

std::uint8_t TreeCursor::unentered_level() const {
  return static_cast<std::uint8_t>(stack_.back().node.level - 1);
}

void TreeCursor::skip_unentered() {
  stack_.back().index += 1;
  drop_finished();
}

Result<Node> TreeCursor::read_unentered() {
  HF_TRY(const Bytes bytes, source_.read_node(unentered()->node));
  HF_TRY(Node node, parse_node(bytes, ListKind::items));
  // A node of another level would make the walk endless or skip items.
  if (node.level != unentered_level()) {
    return make_error(ErrorCode::damaged, {}, {{"what", "tree node of a wrong level"}});
  }
  return node;
}

Result<void> TreeCursor::enter() {
  auto node = read_unentered();
  if (node) {
    stack_.push_back({std::move(*node), 0});
    return {};
  }
  if (!on_lost_ || !is_loss(node.error())) return std::move(node.error());
  on_lost_(*unentered());
  skip_unentered();
  return {};
}

Result<const Item*> TreeCursor::peek() {
  while (unentered() != nullptr) HF_TRY(enter());
  if (stack_.empty()) return static_cast<const Item*>(nullptr);
  const Step& leaf = stack_.back();
  return &leaf.node.items[leaf.index];
}

void TreeCursor::advance() {
  HF_CHECK(!stack_.empty() && stack_.back().node.level == 0);
  stack_.back().index += 1;
  drop_finished();
}

Result<void> TreeCursor::skip(std::uint64_t items) {
  while (items > 0 && !stack_.empty()) {
    const IndexEntry* subtree = unentered();
    if (subtree == nullptr) {
      advance();
      items -= 1;
    } else if (subtree->items <= items) {
      items -= subtree->items;
      skip_unentered();
    } else {
      HF_TRY(enter());
    }
  }
  return {};
}

bool TreeCursor::stands_behind(std::string_view path) const {
  const IndexEntry* subtree = unentered();
  // The made-up parent of the root does not know where the tree begins.
  if (subtree == nullptr || stack_.size() == 1) return false;
  return compare_paths(subtree->first_path, path) > 0 && !is_within(subtree->first_path, path);
}

Result<void> TreeCursor::seek(std::string_view path) {
  while (!stack_.empty()) {
    Step& step = stack_.back();
    if (step.node.level == 0) {
      while (step.index < step.node.items.size() &&
             compare_paths(step.node.items[step.index].path, path) < 0) {
        step.index += 1;
      }
      if (step.index < step.node.items.size()) return {};
      drop_finished();
      continue;
    }
    // A child can be passed over if the next one begins at or before the path.
    const auto& children = step.node.children;
    while (step.index + 1 < children.size() &&
           compare_paths(children[step.index + 1].first_path, path) <= 0) {
      step.index += 1;
    }
    // It begins behind the path: so does all that follows.
    if (stack_.size() > 1 && compare_paths(children[step.index].first_path, path) >= 0) return {};
    HF_TRY(enter());
  }
  return {};
}

namespace {

// Both stand before subtrees: the same one is skipped, else the higher one is entered, or both.
// True if something was done.
Result<bool> step_through_subtrees(TreeCursor& before, TreeCursor& after) {
  const IndexEntry* left = before.unentered();
  const IndexEntry* right = after.unentered();
  if (left == nullptr && right == nullptr) return false;
  if (left != nullptr && right != nullptr) {
    const std::uint8_t left_level = before.unentered_level();
    const std::uint8_t right_level = after.unentered_level();
    if (left->node == right->node && left_level == right_level) {
      before.skip_unentered();
      after.skip_unentered();
      return true;
    }
    if (left_level >= right_level) HF_TRY(before.enter());
    if (right_level >= left_level) HF_TRY(after.enter());
    return true;
  }
  if (left != nullptr) HF_TRY(before.enter());
  if (right != nullptr) HF_TRY(after.enter());
  return true;
}

}  // namespace

Result<void> compare_trees(TreeCursor& before, TreeCursor& after, const Difference& visit) {
  while (!before.at_end() || !after.at_end()) {
    HF_TRY(const bool moved, step_through_subtrees(before, after));
    if (moved) continue;
    HF_TRY(const Item* left, before.peek());
    HF_TRY(const Item* right, after.peek());
    const auto order = left == nullptr    ? std::strong_ordering::greater
                       : right == nullptr ? std::strong_ordering::less
                                          : compare_paths(left->path, right->path);
    if (order < 0) {
      HF_TRY(visit(left, nullptr));
    } else if (order > 0) {
      HF_TRY(visit(nullptr, right));
    } else if (!(*left == *right)) {
      HF_TRY(visit(left, right));
    }
    if (order <= 0) before.advance();
    if (order >= 0) after.advance();
  }
  return {};
}

}  // namespace holdfast::vault
