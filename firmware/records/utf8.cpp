// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/utf8.h"

#include <algorithm>
#include <cstring>

namespace holdfast::records {

namespace {

// Past all ASCII from `at` on, as far as whole words go.
std::size_t skip_ascii_words(ByteView bytes, std::size_t at) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::uint64_t words[2];
  while (bytes.size() - at >= sizeof words) {
    std::memcpy(words, bytes.data() + at, sizeof words);
    if (((words[0] | words[1]) & kHighBits) != 0) break;
    at += sizeof words;
  }
  return at;
}

bool is_between(std::uint8_t byte, std::uint8_t low, std::uint8_t high) {
  return byte >= low && byte <= high;
}

// Length of the sequence that begins there; 0 if it is wrong or cut. (Unicode 15, table 3-7.)
std::size_t sequence_length(ByteView bytes) {
  const std::uint8_t lead = bytes[0];
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes.size() < length) return 0;
  const std::uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (!is_between(bytes[1], low, high)) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_between(bytes[i], 0x80, 0xBF)) return 0;
  }
  return length;
}

}  // namespace

std::size_t first_invalid_utf8(ByteView bytes) {
  std::size_t at = 0;
  for (;;) {
    at = skip_ascii_words(bytes, at);
    const std::size_t end = std::min(bytes.size(), at + 16);
    while (at < end) {
      const std::size_t length = sequence_length(bytes.subspan(at));
      if (length == 0) return at;
      at += length;
    }
    if (at >= bytes.size()) return bytes.size();
  }
}

}  // namespace holdfast::records
