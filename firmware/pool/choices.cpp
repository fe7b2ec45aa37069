// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/choices.h"

#include <vector>

namespace holdfast::pool {

namespace {

// With the geometries of our table there are at most 495 choices. A strange one must not keep the
// box busy for ever.
constexpr int kChoicesMax = 2000;

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

Result<bool> decode_by_choice(const erasure::Coder& coder, std::span<const int> have,
                              std::span<const ByteView> shards,
                              const std::function<bool(ByteView)>& is_proved, Buffer& out) {
  HF_CHECK(have.size() == shards.size());
  const std::size_t k = coder.geometry().k;
  if (have.size() < k) return false;
  const std::size_t length = shards.front().size();
  out.resize(length * k);
  std::vector<int> wanted(k);
  std::vector<ByteSpan> places(k);
  std::vector<std::size_t> chosen(k);
  for (std::size_t i = 0; i < k; ++i) {
    wanted[i] = static_cast<int>(i);
    places[i] = out.span().subspan(i * length, length);
    chosen[i] = i;
  }
  for (int tries = 0; tries < kChoicesMax; ++tries) {
    std::vector<int> some;
    std::vector<ByteView> pieces;
    for (const std::size_t i : chosen) {
      some.push_back(have[i]);
      pieces.push_back(shards[i]);
    }
    HF_TRY(coder.reconstruct(some, pieces, wanted, places));
    if (is_proved(out.view())) return true;
    if (!next_choice(chosen, have.size())) break;
  }
  return false;
}

}  // namespace holdfast::pool
