// SPDX-License-Identifier: Apache-2.0
// Where tree nodes come from and go to: chunks of meta packs in product, a map in tests.
#pragma once

#include "firmware/journal/body.h"
#include "hal/base/bytes.h"

namespace holdfast::vault {

struct Item;

class NodeSource {
 public:
  virtual ~NodeSource() = default;
  // Plain bytes whose digest is the reference's.
  [[nodiscard]] virtual Result<Bytes> read_node(const journal::ChunkReference& node) = 0;
  // What the delta snapshot of that number lays over the full one it stands on.
  [[nodiscard]] virtual Result<journal::DeltaLists> read_delta(std::uint64_t number) = 0;
  // True if a prune behind that snapshot has taken items away, and if the item is one of them: it
  // is in the tree, and in no snapshot any more.
  [[nodiscard]] virtual bool has_deleted_since(std::uint64_t /*snapshot*/) { return false; }
  [[nodiscard]] virtual Result<bool> is_deleted(const Item& /*item*/, std::uint64_t /*snapshot*/) {
    return false;
  }
};

class NodeSink {
 public:
  virtual ~NodeSink() = default;
  // Stores the bytes unless they are stored already.
  [[nodiscard]] virtual Result<journal::ChunkReference> write_node(ByteView plain) = 0;
};

}  // namespace holdfast::vault
