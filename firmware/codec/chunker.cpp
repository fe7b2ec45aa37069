// SPDX-License-Identifier: Apache-2.0
#include "firmware/codec/chunker.h"

#include <algorithm>

namespace holdfast::codec {

std::uint64_t chunk_count(std::uint64_t item_size, std::uint64_t chunk_size_max) {
  HF_CHECK(chunk_size_max > 0);
  return item_size / chunk_size_max + (item_size % chunk_size_max != 0 ? 1 : 0);
}

ChunkCut chunk_cut(std::uint64_t index, std::uint64_t item_size, std::uint64_t chunk_size_max) {
  HF_CHECK(index < chunk_count(item_size, chunk_size_max));
  const std::uint64_t offset = index * chunk_size_max;
  return {offset, std::min(chunk_size_max, item_size - offset)};
}

}  // namespace holdfast::codec
