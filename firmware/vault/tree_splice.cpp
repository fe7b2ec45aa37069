// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/tree_splice.h"

namespace holdfast::vault {

Result<void> append_until(TreeBuilder& builder, TreeCursor& cursor, std::string_view path) {
  while (!cursor.at_end()) {
    const IndexEntry* subtree = cursor.unentered();
    if (subtree == nullptr) {
      HF_TRY(const Item* item, cursor.peek());
      if (item == nullptr || compare_paths(item->path, path) >= 0) return {};
      HF_TRY(builder.add(*item));
      cursor.advance();
    } else if (cursor.unentered_ends_before(path) && builder.takes(cursor.unentered_level())) {
      HF_TRY(builder.add_subtree(*subtree, cursor.unentered_level()));
      cursor.skip_unentered();
    } else {
      HF_TRY(cursor.enter());
    }
  }
  return {};
}

Result<void> append_rest(TreeBuilder& builder, TreeCursor& rest) {
  while (!rest.at_end()) {
    const IndexEntry* subtree = rest.unentered();
    if (subtree == nullptr) {
      HF_TRY(const Item* item, rest.peek());
      if (item == nullptr) return {};
      HF_TRY(builder.add(*item));
      rest.advance();
    } else if (builder.takes(rest.unentered_level())) {
      HF_TRY(builder.add_subtree(*subtree, rest.unentered_level()));
      rest.skip_unentered();
    } else {
      HF_TRY(rest.enter());
    }
  }
  return {};
}

Result<std::optional<journal::Root>> splice(NodeSource& source, NodeSink& sink,
                                            const std::optional<journal::Root>& root,
                                            const TreeChanges& changes,
                                            std::size_t node_size_target) {
  TreeBuilder builder(sink, node_size_target);
  TreeCursor cursor(source, Tree{root});
  for (const auto& [path, item] : changes) {
    HF_TRY(append_until(builder, cursor, path));
    HF_TRY(const Item* here, cursor.peek());
    if (here != nullptr && here->path == path) cursor.advance();
    if (item) HF_TRY(builder.add(*item));
  }
  HF_TRY(append_rest(builder, cursor));
  return builder.finish();
}

}  // namespace holdfast::vault
