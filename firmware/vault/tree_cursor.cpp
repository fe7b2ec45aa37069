// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/tree_cursor.h"

#include <utility>

#include "firmware/vault/loss.h"
#include "hal/base/path.h"

namespace holdfast::vault {

Tree written_tree_of(const catalog::SnapshotRow& snapshot) {
  const journal::SnapshotBody& body = snapshot.body;
  if (!body.delta) return {body.items, 0};
  return {body.delta->base_items, snapshot.head.number};
}

Tree tree_of(const catalog::SnapshotRow& snapshot) {
  Tree tree = written_tree_of(snapshot);
  tree.snapshot = snapshot.head.number;
  return tree;
}

TreeCursor::TreeCursor(NodeSource& source, const Tree& tree, LostSubtree on_lost)
    : source_(source), on_lost_(std::move(on_lost)), delta_to_load_(tree.delta) {
  if (tree.snapshot != 0 && source.has_deleted_since(tree.snapshot)) deleting_ = tree.snapshot;
  const auto& root = tree.root;
  if (!root) return;
  Step top;
  top.node.level = static_cast<std::uint8_t>(root->level + 1);
  top.node.children.push_back({"", root->node, root->items, root->bytes});
  top.size = 1;
  stack_.push_back(std::move(top));
}

Result<void> TreeCursor::load_changes() {
  if (delta_to_load_ == 0) return {};
  HF_TRY(const journal::DeltaLists lists, source_.read_delta(delta_to_load_));
  HF_TRY(changes_, parse_delta(lists));
  delta_to_load_ = 0;
  return {};
}

const ItemChange* TreeCursor::next_change() const {
  return change_index_ < changes_.size() ? &changes_[change_index_] : nullptr;
}

bool TreeCursor::at_end() const {
  return stack_.empty() && delta_to_load_ == 0 && next_change() == nullptr;
}

void TreeCursor::drop_finished() {
  while (!stack_.empty() && stack_.back().index >= stack_.back().size) {
    if (stack_.back().node.level == 0) spare_ = std::move(stack_.back().node);
    stack_.pop_back();
    if (!stack_.empty()) stack_.back().index += 1;
  }
}

const IndexEntry* TreeCursor::subtree() const {
  if (stack_.empty() || stack_.back().node.level == 0) return nullptr;
  return &stack_.back().node.children[stack_.back().index];
}

const std::string* TreeCursor::end_of_subtree() const {
  for (auto step = stack_.rbegin(); step != stack_.rend(); ++step) {
    const auto& children = step->node.children;
    if (step->index + 1 < children.size()) return &children[step->index + 1].first_path;
  }
  return nullptr;
}

const IndexEntry* TreeCursor::unentered() const {
  if (delta_to_load_ != 0 || deleting_ != 0) return nullptr;
  const IndexEntry* here = subtree();
  const ItemChange* change = next_change();
  if (here == nullptr || change == nullptr) return here;
  const std::string* end = end_of_subtree();
  const bool lies_behind = end != nullptr && compare_paths(change->item.path, *end) >= 0;
  return lies_behind ? here : nullptr;
}

std::uint8_t TreeCursor::unentered_level() const {
  return static_cast<std::uint8_t>(stack_.back().node.level - 1);
}

bool TreeCursor::unentered_ends_before(std::string_view path) const {
  const std::string* end = end_of_subtree();
  return end != nullptr && compare_paths(*end, path) <= 0;
}

void TreeCursor::skip_unentered() {
  stack_.back().index += 1;
  drop_finished();
}

Result<TreeCursor::Step> TreeCursor::read_unentered() {
  HF_TRY(const Bytes bytes, source_.read_node(subtree()->node));
  Step step{std::exchange(spare_, {})};
  HF_TRY(step.size, parse_node(bytes, ListKind::items, step.node));
  // A node of another level would make the walk endless or skip items.
  if (step.node.level != unentered_level()) {
    return make_error(ErrorCode::damaged, {}, {{"what", "tree node of a wrong level"}});
  }
  return step;
}

Result<void> TreeCursor::enter() {
  if (on_entered_) on_entered_(*subtree());
  auto step = read_unentered();
  if (step) {
    stack_.push_back(std::move(*step));
    return {};
  }
  if (!on_lost_ || !is_loss(step.error())) return std::move(step.error());
  on_lost_(*subtree());
  skip_unentered();
  return {};
}

// The item here, or null at the end, and before a subtree that the change stands in front of.
Result<const Item*> TreeCursor::peek_tree(const ItemChange* change) {
  while (const IndexEntry* here = subtree()) {
    // The made-up parent of the root does not know where the tree begins.
    const bool is_known = stack_.size() > 1;
    if (is_known && change != nullptr && compare_paths(change->item.path, here->first_path) < 0) {
      return static_cast<const Item*>(nullptr);
    }
    HF_TRY(enter());
  }
  if (stack_.empty()) return static_cast<const Item*>(nullptr);
  const Step& leaf = stack_.back();
  return &leaf.node.items[leaf.index];
}

Result<const Item*> TreeCursor::peek() {
  while (true) {
    HF_TRY(const Item* item, peek_written());
    if (item == nullptr || deleting_ == 0) return item;
    HF_TRY(const bool deleted, source_.is_deleted(*item, deleting_));
    if (!deleted) return item;
    advance();
  }
}

Result<const Item*> TreeCursor::peek_written() {
  HF_TRY(load_changes());
  while (true) {
    const ItemChange* change = next_change();
    HF_TRY(const Item* item, peek_tree(change));
    const auto order = change == nullptr ? std::strong_ordering::less
                       : item == nullptr ? std::strong_ordering::greater
                                         : compare_paths(item->path, change->item.path);
    if (order < 0) {
      place_ = item == nullptr ? Place::nowhere : Place::tree;
      return item;
    }
    if (!change->is_removed) {
      place_ = order == 0 ? Place::both : Place::change;
      return &change->item;
    }
    if (order == 0) advance_tree();
    ++change_index_;
  }
}

void TreeCursor::advance() {
  HF_CHECK(place_ != Place::nowhere);
  if (place_ != Place::change) advance_tree();
  if (place_ != Place::tree) ++change_index_;
  place_ = Place::nowhere;
}

void TreeCursor::advance_tree() {
  HF_CHECK(!stack_.empty() && stack_.back().node.level == 0);
  stack_.back().index += 1;
  drop_finished();
}

Result<void> TreeCursor::skip(std::uint64_t items) {
  HF_TRY(load_changes());
  while (items > 0 && !at_end()) {
    const IndexEntry* here = unentered();
    if (here == nullptr) {
      HF_TRY(const Item* item, peek());
      if (item == nullptr) return {};
      advance();
      items -= 1;
    } else if (here->items <= items) {
      items -= here->items;
      skip_unentered();
    } else {
      HF_TRY(enter());
    }
  }
  return {};
}

bool TreeCursor::stands_behind(std::string_view path) const {
  const IndexEntry* here = subtree();
  // The made-up parent of the root does not know where the tree begins. Nothing below it is entered
  // before the changes are there.
  if (here == nullptr || stack_.size() == 1) return false;
  const auto is_behind = [&](std::string_view first) {
    return compare_paths(first, path) > 0 && !is_within(first, path);
  };
  const ItemChange* change = next_change();
  return is_behind(here->first_path) && (change == nullptr || is_behind(change->item.path));
}

Result<void> TreeCursor::seek(std::string_view path) {
  HF_TRY(load_changes());
  while (next_change() != nullptr && compare_paths(next_change()->item.path, path) < 0) {
    ++change_index_;
  }
  place_ = Place::nowhere;
  return seek_tree(path);
}

Result<void> TreeCursor::seek_tree(std::string_view path) {
  while (!stack_.empty()) {
    Step& step = stack_.back();
    if (step.node.level == 0) {
      while (step.index < step.size && compare_paths(step.node.items[step.index].path, path) < 0) {
        step.index += 1;
      }
      if (step.index < step.size) return {};
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
    if (left == nullptr && right == nullptr) return {};
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
