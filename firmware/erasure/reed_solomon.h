// SPDX-License-Identifier: Apache-2.0
// Reed-Solomon over ISA-L: GF(2^8) with polynomial 0x11d, generator id 1 (systematic Cauchy).
//
//   row 0 .. k-1      identity: data shards are the data
//   row r = k .. k+m-1, column c: 1 / (r xor c)
//
// Every k rows are independent, so any k shards suffice. The generator is frozen by its id in the
// shard header; plain_reed_solomon.h computes the same without ISA-L.
#pragma once

#include <cstdint>
#include <span>

#include "firmware/erasure/geometry.h"
#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::erasure {

inline constexpr std::uint8_t kGeneratorId = 1;

// Tables made once; const, and so usable from any thread. Any length of shard, zero too. Inputs
// and outputs may not overlap.
class Coder {
 public:
  explicit Coder(Geometry geometry);  // valid

  [[nodiscard]] Geometry geometry() const { return geometry_; }

  // Fills the m parity shards from the k data shards; all of equal length.
  void encode(std::span<const ByteView> data, std::span<const ByteSpan> parity) const;

  // Fills the wanted shards, data or parity, from any k distinct ones: pieces[i] is shard have[i].
  // Works as well on equal ranges of all shards. `invalid_argument` as check_reconstruction.
  Result<void> reconstruct(std::span<const int> have, std::span<const ByteView> pieces,
                           std::span<const int> wanted, std::span<const ByteSpan> out) const;

 private:
  Geometry geometry_;
  Bytes generator_;  // total rows of k coefficients
  Bytes tables_;     // ISA-L's expansion of the parity rows; never stored
};

}  // namespace holdfast::erasure
