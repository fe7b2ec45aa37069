// SPDX-License-Identifier: Apache-2.0
// A shard's header and name as anybody may write them, under a right CRC too: what is taken can be
// coded with, and is written again as it was.
#include <algorithm>
#include <cstddef>

#include "firmware/pool/shard.h"
#include "tests/fuzz/forge.h"

namespace {

using namespace holdfast;

void check_header(ByteView bytes) {
  const auto header = pool::parse_shard_header(bytes);
  if (!header) return;
  HF_CHECK(std::ranges::equal(pool::encode(*header), bytes));
  HF_CHECK(header->geometry.k > 0 && header->index < header->geometry.total());
  HF_CHECK(header->leaf_size > 0);
  HF_CHECK(header->shard_length() * header->geometry.k >= header->pack_size);
  HF_CHECK(header->file_size() > header->shard_length());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_header(bytes);
  check_header(fuzz::with_crc(bytes, pool::kShardFieldsSize));
  if (const auto name = pool::parse_shard_file_name(text_of(bytes))) {
    HF_CHECK(pool::shard_path(name->pack, name->generation, name->index).ends_with(text_of(bytes)));
  }
  return 0;
}
