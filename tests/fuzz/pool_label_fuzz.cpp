// SPDX-License-Identifier: Apache-2.0
// A disk's label as anybody may write it, and its record as whoever has the box's key may: what is
// taken is written again as it was.
#include <algorithm>
#include <cstddef>

#include "firmware/pool/label.h"
#include "tests/fuzz/forge.h"

namespace {

using namespace holdfast;

const std::array<keys::PublicKey, 1>& trusted() {
  static const std::array<keys::PublicKey, 1> keys{fuzz::signer().public_key()};
  return keys;
}

void check_record(ByteView bytes) {
  const auto label = pool::parse_record(bytes, trusted());
  if (!label) return;
  HF_CHECK(std::ranges::equal(pool::encode_record(label->record, fuzz::signer()), bytes));
  for (const pool::Member& member : label->record.members) {
    const Bytes whole = pool::encode_label(bytes, member.disk, fuzz::signer());
    HF_CHECK(pool::parse_label(whole, trusted()).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  static_cast<void>(pool::parse_label(bytes, trusted()).has_value());
  static_cast<void>(pool::peek_pool(bytes).has_value());
  check_record(bytes);
  Bytes record(bytes.begin(), bytes.end());
  ByteWriter writer(record);
  writer.raw(fuzz::signer().public_key());
  writer.raw(fuzz::signer().sign("holdfast label v1", record));
  check_record(record);
  return 0;
}
