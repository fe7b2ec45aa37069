// SPDX-License-Identifier: Apache-2.0
// Where an item is cut into chunks: every chunk_size_max bytes, counted from its start.
//
//   item of 20 MiB:  | 8 MiB | 8 MiB | 4 MiB |      an empty item has no chunk
//
// The cuts depend on the item's size alone, so an item that grew keeps all its full chunks.
#pragma once

#include <cstdint>

#include "hal/base/bytes.h"

namespace holdfast::codec {

inline constexpr std::uint64_t kChunkSizeMax = 8 * kMiB;

// A range of the item, in bytes; never empty.
struct ChunkCut {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool operator==(const ChunkCut&) const = default;
};

[[nodiscard]] std::uint64_t chunk_count(std::uint64_t item_size,
                                        std::uint64_t chunk_size_max = kChunkSizeMax);

// The cut number `index`, from zero; below chunk_count.
[[nodiscard]] ChunkCut chunk_cut(std::uint64_t index, std::uint64_t item_size,
                                 std::uint64_t chunk_size_max = kChunkSizeMax);

}  // namespace holdfast::codec
