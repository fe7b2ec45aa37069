// SPDX-License-Identifier: Apache-2.0
// The parts of a pack as anybody may write them, under right CRCs too: what is taken is written
// again as it was, and the chunks of an index do not overlap.
#include <algorithm>
#include <cstddef>

#include "firmware/pack/format.h"
#include "tests/fuzz/forge.h"

namespace {

using namespace holdfast;

void check_index(ByteView plain) {
  const auto records = pack::parse_index(plain);
  if (!records) return;
  std::uint64_t end = 0;
  for (const pack::IndexRecord& record : *records) {
    HF_CHECK(record.position >= end);
    end = record.position + record.frame_size();
  }
  HF_CHECK(std::ranges::equal(pack::encode_index(*records), plain));
}

template <class Parse>
void check_part(ByteView bytes, std::size_t size, const Parse& parse) {
  for (const bool is_forged : {false, true}) {
    const Bytes part = is_forged ? fuzz::with_crc(bytes, size) : Bytes(bytes.begin(), bytes.end());
    const auto parsed = parse(part);
    if (parsed) HF_CHECK(std::ranges::equal(pack::encode(*parsed), part));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_index(bytes);
  check_part(bytes, pack::kHeaderSize, [](ByteView part) { return pack::parse_header(part); });
  check_part(bytes, pack::kFrameHeaderSize,
             [](ByteView part) { return pack::parse_frame_header(part); });
  check_part(bytes, pack::kTrailerSize, [](ByteView part) { return pack::parse_trailer(part); });
  return 0;
}
