// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/tree_splice.h"

namespace holdfast::vault {

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

}  // namespace holdfast::vault
