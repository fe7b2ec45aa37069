// SPDX-License-Identifier: Apache-2.0
// How a pack is cut: k data shards and m parity shards; any k of the k + m give it back.
//
//   shard   0 .. k-1 data | k .. k+m-1 parity
#pragma once

#include <compare>
#include <cstdint>
#include <span>

#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::erasure {

struct Geometry {
  static constexpr int kTotalMax = 32;

  std::uint8_t k = 1;
  std::uint8_t m = 0;

  auto operator<=>(const Geometry&) const = default;
  [[nodiscard]] int total() const { return k + m; }
  [[nodiscard]] bool valid() const { return k >= 1 && total() <= kTotalMax; }
};

// Whether encode can work on these: k data and m parity shards, all of equal length.
[[nodiscard]] bool can_encode(Geometry geometry, std::span<const ByteView> data,
                              std::span<const ByteSpan> parity);

// Whether reconstruct can work on these: exactly k distinct shards of the geometry at hand with a
// piece for each, a place for each wanted one, and all of equal length; else `invalid_argument`.
Result<void> check_reconstruction(Geometry geometry, std::span<const int> have,
                                  std::span<const ByteView> pieces, std::span<const int> wanted,
                                  std::span<const ByteSpan> out);

}  // namespace holdfast::erasure
