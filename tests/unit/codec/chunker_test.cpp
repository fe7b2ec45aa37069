// SPDX-License-Identifier: Apache-2.0
#include "firmware/codec/chunker.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace holdfast::codec;

TEST_CASE("An empty item has no chunk") {
  CHECK(chunk_count(0) == 0);
}

TEST_CASE("An item up to the limit is one chunk") {
  CHECK(chunk_count(1) == 1);
  CHECK(chunk_count(kChunkSizeMax) == 1);
  CHECK(chunk_cut(0, kChunkSizeMax) == ChunkCut{0, kChunkSizeMax});
}

TEST_CASE("A larger item is cut at every limit, without gap or overlap") {
  const std::uint64_t size = GENERATE(range(std::uint64_t{1}, std::uint64_t{30}));
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < chunk_count(size, 7); ++i) {
    const ChunkCut cut = chunk_cut(i, size, 7);
    CHECK(cut.offset == i * 7);
    CHECK(cut.offset == end);
    CHECK((cut.length == 7 || i + 1 == chunk_count(size, 7)));
    CHECK(cut.length > 0);
    end = cut.offset + cut.length;
  }
  CHECK(end == size);
}

TEST_CASE("The largest possible size is cut without overflow") {
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t count = chunk_count(kHuge);
  const ChunkCut last = chunk_cut(count - 1, kHuge);
  CHECK(last.offset + last.length == kHuge);
}
