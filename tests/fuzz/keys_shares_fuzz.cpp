// SPDX-License-Identifier: Apache-2.0
// Shares as anybody may write them: no text breaks the parser or the combining, one share a line;
// and the shares made of the bytes come back as them.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "firmware/keys/shares.h"

namespace {

using holdfast::ByteView;
using namespace holdfast::keys;

// Any bytes will do.
class Counter final : public holdfast::ports::Random {
 public:
  explicit Counter(std::uint8_t first) : next_(first) {}
  void fill(holdfast::ByteSpan out) override {
    for (std::uint8_t& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_;
};

void combine_lines(ByteView text) {
  std::vector<Share> shares;
  while (!text.empty() && shares.size() < kSharesMax + 1) {
    const auto size = holdfast::text_of(text).find('\n');
    const ByteView line = text.first(std::min(size, text.size()));
    text = text.subspan(std::min(line.size() + 1, text.size()));
    auto share = parse_share(line);
    if (share && share->exponent <= 1) shares.push_back(std::move(*share));
  }
  const auto secret = combine_shares(shares);
  HF_CHECK(!secret || secret->view().size() == shares.front().value.view().size());
}

void split_and_combine(ByteView secret) {
  Counter random(secret[0]);
  const auto made = static_cast<std::uint8_t>(2 + secret[1] % (kSharesMax - 1));
  const auto needed = static_cast<std::uint8_t>(2 + secret[2] % (made - 1));
  const SplitSecret split = split_secret(secret, {needed, made}, random);
  std::vector<Share> shares;
  for (std::size_t i = 0; i < needed; ++i) {
    shares.push_back(parse_share(split.lines[i].view()).value());
  }
  const auto back = combine_shares(shares);
  HF_CHECK(back.has_value() && std::ranges::equal(back->view(), secret));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  combine_lines({data, size});
  if (size >= 16 && size <= 64 && size % 2 == 0) split_and_combine({data, size});
  return 0;
}
