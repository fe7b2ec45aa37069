// SPDX-License-Identifier: Apache-2.0
// Finds the few bytes that matter among many: 64 bytes in one step, one bit for each.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <tuple>

#include "hal/base/bytes.h"

namespace holdfast::records {

// The bytes looked for; where fewer are needed, some stand twice.
using WantedBytes = std::array<std::uint8_t, 6>;

inline constexpr std::size_t kMarksWidth = 64;

// Bit i says that bytes[i] is wanted. Reads 64 bytes. Written to be read: the twin that tests hold
// the fast one against, and what machines without SSE2 use.
[[nodiscard]] std::uint64_t plain_marks_of(const std::uint8_t* bytes, const WantedBytes& wanted);

// The same, fast where the processor can.
class ByteFinder {
 public:
  explicit ByteFinder(const WantedBytes& wanted);

  [[nodiscard]] std::uint64_t marks_of(const std::uint8_t* bytes) const;

 private:
  using Lanes = std::array<std::uint8_t, 16>;  // one wanted byte, as often as a vector has room

  std::array<Lanes, std::tuple_size_v<WantedBytes>> lanes_;
};

// Goes through the wanted bytes of a view in rising order. Keeps view and finder, never reads
// past the view.
class ByteMarks {
 public:
  ByteMarks(ByteView bytes, const ByteFinder& finder)
      : bytes_(bytes), finder_(finder), marks_(load(0)) {}

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
  [[nodiscard]] std::uint64_t load(std::size_t at) const;

  ByteView bytes_;
  const ByteFinder& finder_;
  std::size_t begin_ = 0;  // of what marks_ stands for
  std::uint64_t marks_;    // those not told yet
};

}  // namespace holdfast::records
