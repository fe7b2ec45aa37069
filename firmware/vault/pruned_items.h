// SPDX-License-Identifier: Apache-2.0
// Bytes of the items that a prune's entry takes away (docs/formats.md, section 8), and what a prune
// knows an item by.
//
// The parser takes untrusted bytes: paths must rise, be safe relative paths and stay within caps.
#pragma once

#include <string>
#include <vector>

#include "firmware/catalog/catalog.h"
#include "firmware/vault/item.h"

namespace holdfast::vault {

// What the item is, whatever its name, owner, mode and times: items without content differ in it by
// type, target and size, which their digest does not tell.
[[nodiscard]] Digest identity_of(const Item& item);

// Whether both have one identity, whatever their paths.
[[nodiscard]] bool is_same_content(const Item& one, const Item& other);

// Grows the list in path order.
class PrunedItemsWriter {
 public:
  void add(const catalog::PrunedItem& item);
  [[nodiscard]] bool empty() const { return items_ == 0; }
  // At most, with that item too: bytes.
  [[nodiscard]] std::size_t size_with(const std::string& path) const;
  // The list's bytes; the writer is empty again.
  [[nodiscard]] Bytes finish();

 private:
  Bytes records_;
  std::uint64_t items_ = 0;
  std::string last_path_;
};

[[nodiscard]] Result<std::vector<catalog::PrunedItem>> parse_pruned_items(ByteView bytes);

}  // namespace holdfast::vault
