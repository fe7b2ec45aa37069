// SPDX-License-Identifier: Apache-2.0
// The lists of a delta snapshot: what differs from the full one that it stands on
// (docs/formats.md, section 8). Parsers take untrusted bytes, as those of nodes do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firmware/journal/body.h"
#include "firmware/vault/node.h"

namespace holdfast::vault {

// Of one path: the item that is there now, or that none is.
struct ItemChange {
  Item item;  // removed: only its path
  bool is_removed = false;
};

class DeltaWriter {
 public:
  // Paths must rise in each.
  void add(const Item& item);
  void remove(const std::string& path);
  [[nodiscard]] std::uint64_t records() const { return items_.records() + removed_count_; }
  [[nodiscard]] std::size_t size() const { return items_.size() + removed_.size(); }
  [[nodiscard]] journal::DeltaLists finish();

 private:
  NodeWriter items_{ListKind::items, 0};
  Bytes removed_;  // without the count
  std::uint64_t removed_count_ = 0;
  std::string last_removed_;
};

// By path. damaged and the errors of parse_node().
[[nodiscard]] Result<std::vector<ItemChange>> parse_delta(const journal::DeltaLists& lists);

}  // namespace holdfast::vault
