// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/call_rules.h"

#include <array>
#include <cstdint>

#include "hal/base/path.h"

namespace holdfast::api {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Marks of direction, joiners and other characters without a face; ends of lines.
constexpr std::array<Range, 13> kUnseen = {{{0x80, 0x9F},
                                            {0xAD, 0xAD},
                                            {0x61C, 0x61C},
                                            {0x115F, 0x1160},
                                            {0x180B, 0x180F},
                                            {0x200B, 0x200F},
                                            {0x2028, 0x202E},
                                            {0x2060, 0x206F},
                                            {0x3164, 0x3164},
                                            {0xFE00, 0xFE0F},
                                            {0xFEFF, 0xFEFF},
                                            {0xFFA0, 0xFFA0},
                                            {0xFFF0, 0xFFFB}}};
constexpr Range kTags = {0xE0000, 0xE0FFF};
// Blanks, punctuation and signs, beyond ASCII.
constexpr std::array<Range, 12> kMute = {{{0xA0, 0xA9},
                                          {0xAB, 0xB4},
                                          {0xB6, 0xB9},
                                          {0xBB, 0xBF},
                                          {0x1680, 0x1680},
                                          {0x2000, 0x2BFF},
                                          {0x2E00, 0x2E7F},
                                          {0x3000, 0x3004},
                                          {0x3008, 0x3020},
                                          {0xE000, 0xF8FF},
                                          {0xFE10, 0xFE6F},
                                          {0xFF01, 0xFF0F}}};
constexpr std::array<Range, 3> kMuteWide = {{{0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}}};

bool is_in(char32_t letter, const auto& ranges) {
  return std::ranges::any_of(
      ranges, [&](const Range& range) { return range.first <= letter && letter <= range.last; });
}

bool says_something(char32_t letter) {
  if (letter < 0x80) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z');
  }
  return !is_in(letter, kMute) && !is_in(letter, kMuteWide);
}

// Of valid UTF-8.
char32_t take_letter(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t letter = size == 1 ? lead : lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    letter = letter << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  text.remove_prefix(size);
  return letter;
}

}  // namespace

bool is_reason(std::string_view text) {
  if (escape_path(text) != text) return false;
  bool has_word = false;
  while (!text.empty()) {
    const char32_t letter = take_letter(text);
    if (is_in(letter, kUnseen) || (letter >= kTags.first && letter <= kTags.last)) return false;
    has_word |= says_something(letter);
  }
  return has_word;
}

}  // namespace holdfast::api
