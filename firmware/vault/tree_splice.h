// SPDX-License-Identifier: Apache-2.0
// Trees that share most of what they have with another one, at the cost of what they do not share.
#pragma once

#include "firmware/vault/tree_builder.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::vault {

// Adds everything from where `rest` stands to its end. Nodes that the new tree would have just so
// are taken over unread: what is read and written is the leaf in which the two meet, and the nodes
// above it. `rest` steps over nothing that is lost: its cursor has no LostSubtree.
[[nodiscard]] Result<void> append_rest(TreeBuilder& builder, TreeCursor& rest);

}  // namespace holdfast::vault
