// SPDX-License-Identifier: Apache-2.0
// Where tree nodes come from and go to: chunks of meta packs in product, a map in tests.
#pragma once

#include "firmware/journal/body.h"
#include "hal/base/bytes.h"

namespace holdfast::vault {

class NodeSource {
 public:
  virtual ~NodeSource() = default;
  // Plain bytes whose digest is the reference's.
  [[nodiscard]] virtual Result<Bytes> read_node(const journal::ChunkReference& node) = 0;
  // What the delta snapshot of that number lays over the full one it stands on.
  [[nodiscard]] virtual Result<journal::DeltaLists> read_delta(std::uint64_t number) = 0;
};

class NodeSink {
 public:
  virtual ~NodeSink() = default;
  // Stores the bytes unless they are stored already.
  [[nodiscard]] virtual Result<journal::ChunkReference> write_node(ByteView plain) = 0;
};

}  // namespace holdfast::vault
