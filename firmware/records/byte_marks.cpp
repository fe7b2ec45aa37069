// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/byte_marks.h"

#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace holdfast::records {

namespace {

#if defined(__SSE2__)
__m128i vector_at(const std::uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

// Of 16 bytes. Written out: the compiler leaves loops as they are here, at twice the time.
template <class AllLanes>
std::uint64_t marks_of_vector(const std::uint8_t* bytes, const AllLanes& lanes) {
  const __m128i here = vector_at(bytes);
  const auto same = [&](std::size_t i) { return _mm_cmpeq_epi8(here, vector_at(lanes[i].data())); };
  const __m128i found =
      _mm_or_si128(_mm_or_si128(_mm_or_si128(same(0), same(1)), _mm_or_si128(same(2), same(3))),
                   _mm_or_si128(same(4), same(5)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(found));
}
#endif

}  // namespace

std::uint64_t plain_marks_of(const std::uint8_t* bytes, const WantedBytes& wanted) {
  std::uint64_t marks = 0;
  for (std::size_t i = 0; i < kMarksWidth; ++i) {
    bool found = false;
    for (const std::uint8_t one : wanted) found |= bytes[i] == one;
    marks |= std::uint64_t{found} << i;
  }
  return marks;
}

ByteFinder::ByteFinder(const WantedBytes& wanted) {
  for (std::size_t i = 0; i < wanted.size(); ++i) lanes_[i].fill(wanted[i]);
}

std::uint64_t ByteFinder::marks_of(const std::uint8_t* bytes) const {
#if defined(__SSE2__)
  return marks_of_vector(bytes, lanes_) | marks_of_vector(bytes + 16, lanes_) << 16 |
         marks_of_vector(bytes + 32, lanes_) << 32 | marks_of_vector(bytes + 48, lanes_) << 48;
#else
  WantedBytes wanted;
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = lanes_[i][0];
  return plain_marks_of(bytes, wanted);
#endif
}

std::uint64_t ByteMarks::load(std::size_t at) const {
  const std::size_t left = bytes_.size() - at;
  if (left >= kMarksWidth) return finder_.marks_of(bytes_.data() + at);
  if (left == 0) return 0;
  std::array<std::uint8_t, kMarksWidth> last{};
  std::memcpy(last.data(), bytes_.data() + at, left);
  return finder_.marks_of(last.data()) & ((std::uint64_t{1} << left) - 1);
}

}  // namespace holdfast::records
