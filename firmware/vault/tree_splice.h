// SPDX-License-Identifier: Apache-2.0
// Trees that share most of what they have with another one, at the cost of what they do not share.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "firmware/vault/tree_builder.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/path.h"

namespace holdfast::vault {

// Adds everything from where `rest` stands to its end. Nodes that the new tree would have just so
// are taken over unread: what is read and written is the leaf in which the two meet, and the nodes
// above it. `rest` steps over nothing that is lost: its cursor has no LostSubtree.
[[nodiscard]] Result<void> append_rest(TreeBuilder& builder, TreeCursor& rest);

// Adds everything from where `cursor` stands to what stands before the path, likewise.
[[nodiscard]] Result<void> append_until(TreeBuilder& builder, TreeCursor& cursor,
                                        std::string_view path);

// What differs from a tree, by path: the item there, or none.
using TreeChanges = std::map<std::string, std::optional<Item>, PathLess>;

// The root of the tree with these changes, which is the very one that its list makes; nothing if
// the list is empty. Read and written are the leaves that changes fall into, and the nodes above.
[[nodiscard]] Result<std::optional<journal::Root>> splice(NodeSource& source, NodeSink& sink,
                                                          const std::optional<journal::Root>& root,
                                                          const TreeChanges& changes,
                                                          std::size_t node_size_target);

}  // namespace holdfast::vault
