// SPDX-License-Identifier: Apache-2.0
// A whole pack, proved by its name: first as the disks give it, then with every leaf whose CRC is
// wrong taken as an erasure, then by every choice of k shards, for a shard may be wrong with all
// its CRCs right.
#include "firmware/pool/choices.h"
#include "firmware/pool/stripe_reader.h"

namespace holdfast::pool {

Result<Buffer> StripeReader::read_whole() {
  const std::size_t begun_with = shards_.position();
  Buffer bytes;
  while (true) {
    HF_TRY(bool right, read_proved(bytes));
    if (!right) {
      HF_TRY(right, try_subsets(bytes));
    }
    if (right) {
      bytes.resize(shape().pack_size);
      return bytes;
    }
    HF_TRY(const bool more, use_next_shape(begun_with));
    if (!more) return shards_.data_lost();
  }
}

Result<bool> StripeReader::read_proved(Buffer& out) {
  for (const Check check : {Check::none, Check::crc}) {
    out.resize(shape().pack_size);
    in_order_ = true;
    const auto done = read_here(0, out.span(), check);
    if (done && is_proved(out.view())) return true;
    if (!done && done.error().is_of_process()) return done.error();
  }
  return false;
}

Result<bool> StripeReader::try_subsets(Buffer& out) {
  std::vector<int> present;
  std::vector<Buffer> shards;
  for (int index = 0; index < shape().geometry.total(); ++index) {
    Buffer bytes;
    bytes.resize(shape().shard_length());
    HF_TRY(const bool read,
           read_piece(index, {0, shape().leaf_count()}, Check::none, bytes.span()));
    if (!read) continue;
    present.push_back(index);
    shards.push_back(std::move(bytes));
  }
  std::vector<ByteView> views;
  for (const Buffer& shard : shards) views.push_back(shard.view());
  return decode_by_choice(
      *coder_, present, views, [&](ByteView bytes) { return is_proved(bytes); }, out);
}

bool StripeReader::is_proved(ByteView bytes) const {
  return sha256(bytes.first(shape().pack_size)) == shape().pack;
}

}  // namespace holdfast::pool
