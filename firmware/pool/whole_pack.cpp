// SPDX-License-Identifier: Apache-2.0
// A whole pack, proved by its name: first as the disks give it, then with every leaf whose CRC is
// wrong taken as an erasure, then by every choice of k shards, for a shard may be wrong with all
// its CRCs right.
#include <algorithm>

#include "firmware/pool/stripe_reader.h"

namespace holdfast::pool {

namespace {

// With the geometries of our table there are at most 495 choices. A strange one must not keep the
// box busy for ever.
constexpr int kSubsetsMax = 2000;

// The next choice in lexicographic order of `chosen.size()` out of 0 .. count - 1.
bool next_choice(std::vector<std::size_t>& chosen, std::size_t count) {
  const std::size_t size = chosen.size();
  for (std::size_t place = size; place-- > 0;) {
    if (chosen[place] + size - place >= count) continue;
    ++chosen[place];
    for (std::size_t i = place + 1; i < size; ++i) chosen[i] = chosen[i - 1] + 1;
    return true;
  }
  return false;
}

}  // namespace

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
    if (done && is_proved(out)) return true;
    if (!done && done.error().is_of_process()) return done.error();
  }
  return false;
}

Result<bool> StripeReader::try_subsets(Buffer& out) {
  const std::uint64_t length = shape().shard_length();
  const std::size_t k = shape().geometry.k;
  std::vector<int> present;
  std::vector<Buffer> shards;
  for (int index = 0; index < shape().geometry.total(); ++index) {
    Buffer bytes;
    bytes.resize(length);
    HF_TRY(const bool read,
           read_piece(index, {0, shape().leaf_count()}, Check::none, bytes.span()));
    if (!read) continue;
    present.push_back(index);
    shards.push_back(std::move(bytes));
  }
  if (present.size() < k) return false;

  out.resize(length * k);
  std::vector<int> wanted(k);
  std::vector<ByteSpan> places(k);
  for (std::size_t i = 0; i < k; ++i) {
    wanted[i] = static_cast<int>(i);
    places[i] = out.span().subspan(i * length, length);
  }
  std::vector<std::size_t> chosen(k);
  for (std::size_t i = 0; i < k; ++i) chosen[i] = i;
  for (int tries = 0; tries < kSubsetsMax; ++tries) {
    std::vector<int> have;
    std::vector<ByteView> pieces;
    for (const std::size_t i : chosen) {
      have.push_back(present[i]);
      pieces.push_back(shards[i].view());
    }
    HF_TRY(coder_->reconstruct(have, pieces, wanted, places));
    if (is_proved(out)) return true;
    if (!next_choice(chosen, present.size())) break;
  }
  return false;
}

bool StripeReader::is_proved(const Buffer& bytes) const {
  return sha256(bytes.view().first(shape().pack_size)) == shape().pack;
}

}  // namespace holdfast::pool
