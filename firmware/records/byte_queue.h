// SPDX-License-Identifier: Apache-2.0
// Bytes that came in and are not used up yet, in one piece.
#pragma once

#include <cstring>

#include "hal/base/bytes.h"

namespace holdfast::records {

class ByteQueue {
 public:
  // Copies. What is used up makes room, at a cost of its own size at most.
  void push(ByteView bytes) {
    const std::size_t left = buffer_.size() - begin_;
    if (begin_ >= left) {
      if (left != 0) std::memmove(buffer_.data(), buffer_.data() + begin_, left);
      buffer_.resize(left);
      begin_ = 0;
    }
    buffer_.append(bytes);
  }
  // Good until the next push, also what is dropped meanwhile.
  [[nodiscard]] ByteView view() const { return buffer_.view().subspan(begin_); }
  [[nodiscard]] std::size_t size() const { return buffer_.size() - begin_; }
  // The first `count` are used up.
  void drop(std::size_t count) {
    HF_CHECK(count <= size());
    begin_ += count;
  }

 private:
  Buffer buffer_;
  std::size_t begin_ = 0;
};

}  // namespace holdfast::records
