// SPDX-License-Identifier: Apache-2.0
// Finds the few bytes that matter among many: 64 bytes in one step, one bit for each.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "hal/base/bytes.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace holdfast::records {

// The bytes looked for; where fewer are needed, some stand twice.
using WantedBytes = std::array<std::uint8_t, 6>;

inline constexpr std::size_t kMarksWidth = 64;

// Bit i says that bytes[i] is wanted. Reads 64 bytes. Written to be read: the twin that tests hold
// the fast one against, and what machines without SSE2 use.
inline std::uint64_t plain_marks_of(const std::uint8_t* bytes, const WantedBytes& wanted) {
  std::uint64_t marks = 0;
  for (std::size_t i = 0; i < kMarksWidth; ++i) {
    bool found = false;
    for (const std::uint8_t one : wanted) found |= bytes[i] == one;
    marks |= std::uint64_t{found} << i;
  }
  return marks;
}

#if defined(__SSE2__)
inline std::uint64_t marks_of(const std::uint8_t* bytes, const WantedBytes& wanted) {
  std::uint64_t marks = 0;
  for (std::size_t at = 0; at < kMarksWidth; at += sizeof(__m128i)) {
    const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at));
    __m128i found = _mm_setzero_si128();
    for (const std::uint8_t one : wanted) {
      const __m128i same = _mm_cmpeq_epi8(here, _mm_set1_epi8(static_cast<char>(one)));
      found = _mm_or_si128(found, same);
    }
    const auto bits = static_cast<std::uint32_t>(_mm_movemask_epi8(found));
    marks |= std::uint64_t{bits} << at;
  }
  return marks;
}
#else
inline std::uint64_t marks_of(const std::uint8_t* bytes, const WantedBytes& wanted) {
  return plain_marks_of(bytes, wanted);
}
#endif

// Goes through the wanted bytes of a view in rising order. Keeps the view, never reads past it.
class ByteMarks {
 public:
  ByteMarks(ByteView bytes, const WantedBytes& wanted)
      : bytes_(bytes), wanted_(wanted), marks_(load(0)) {}

  // The next one's position; the size of the view when there is none.
  [[nodiscard]] std::size_t next() {
    while (marks_ == 0) {
      if (bytes_.size() - begin_ <= kMarksWidth) return bytes_.size();
      begin_ += kMarksWidth;
      marks_ = load(begin_);
    }
    const auto found = static_cast<std::size_t>(std::countr_zero(marks_));
    marks_ &= marks_ - 1;
    return begin_ + found;
  }
  // Nothing before `position`, which is past the last one found, is told any more.
  void skip_to(std::size_t position) {
    if (position >= bytes_.size()) {
      begin_ = bytes_.size();
      marks_ = 0;
    } else if (position - begin_ < kMarksWidth) {
      marks_ &= ~std::uint64_t{0} << (position - begin_);
    } else {
      begin_ = position;
      marks_ = load(begin_);
    }
  }

 private:
  [[nodiscard]] std::uint64_t load(std::size_t at) const {
    const std::size_t left = bytes_.size() - at;
    if (left >= kMarksWidth) return marks_of(bytes_.data() + at, wanted_);
    if (left == 0) return 0;
    std::array<std::uint8_t, kMarksWidth> last{};
    std::memcpy(last.data(), bytes_.data() + at, left);
    return marks_of(last.data(), wanted_) & ((std::uint64_t{1} << left) - 1);
  }

  ByteView bytes_;
  WantedBytes wanted_;
  std::size_t begin_ = 0;  // of what marks_ stands for
  std::uint64_t marks_;    // those not told yet
};

}  // namespace holdfast::records
