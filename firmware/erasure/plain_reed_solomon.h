// SPDX-License-Identifier: Apache-2.0
// The same code as reed_solomon.h, written to be read: no library, no vector code. It shows what
// the bytes of parity shards are, and tests hold the fast one against it.
#pragma once

#include <span>
#include <vector>

#include "firmware/erasure/geometry.h"
#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::erasure {

// As Coder, only slow.
class PlainCoder {
 public:
  explicit PlainCoder(Geometry geometry);  // valid

  void encode(std::span<const ByteView> data, std::span<const ByteSpan> parity) const;
  Result<void> reconstruct(std::span<const int> have, std::span<const ByteView> pieces,
                           std::span<const int> wanted, std::span<const ByteSpan> out) const;

 private:
  Geometry geometry_;
  std::vector<Bytes> generator_;  // one row for each shard
};

}  // namespace holdfast::erasure
