// SPDX-License-Identifier: Apache-2.0
// The first and the last bytes of an item, noted as it is read: what tells a recording's length.
#pragma once

#include "hal/base/bytes.h"

namespace holdfast::job {

// One thread at a time.
class ContentEnds {
 public:
  static constexpr std::size_t kHeadSize = 64 * kKiB;
  static constexpr std::size_t kTailSize = 64 * kKiB;

  void clear();
  // Pieces come in order. What lies behind the head and before the tail may be left out; size()
  // means nothing then.
  void take(ByteView piece);

  // The whole content if it is no longer; of a longer one the tail are its very last bytes.
  [[nodiscard]] ByteView head() const { return head_; }
  [[nodiscard]] ByteView tail() const { return tail_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  Bytes head_;
  Bytes tail_;
  std::uint64_t size_ = 0;
};

}  // namespace holdfast::job
