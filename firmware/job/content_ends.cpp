// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/content_ends.h"

#include <algorithm>

namespace holdfast::job {

void ContentEnds::clear() {
  head_.clear();
  tail_.clear();
  size_ = 0;
}

void ContentEnds::take(ByteView piece) {
  size_ += piece.size();
  const ByteView front = piece.first(std::min(piece.size(), kHeadSize - head_.size()));
  head_.insert(head_.end(), front.begin(), front.end());
  const ByteView back = piece.last(std::min(piece.size(), kTailSize));
  const std::size_t kept = std::min(tail_.size(), kTailSize - back.size());
  tail_.erase(tail_.begin(), tail_.end() - static_cast<std::ptrdiff_t>(kept));
  tail_.insert(tail_.end(), back.begin(), back.end());
}

}  // namespace holdfast::job
