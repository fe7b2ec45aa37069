// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/read_pace.h"

#include <algorithm>

namespace holdfast::pool {

std::int64_t ReadPace::begin() const {
  return clock_ == nullptr ? 0 : clock_->monotonic_ns();
}

void ReadPace::end(std::int64_t begun, std::size_t bytes) {
  if (clock_ == nullptr) return;
  const std::int64_t now = clock_->monotonic_ns();
  const bool is_slow = now - begun > kSlow_ns + kSlowByte_ns * static_cast<std::int64_t>(bytes);
  const std::scoped_lock lock(mutex_);
  quick_in_a_row_ = is_slow ? 0 : std::min(quick_in_a_row_ + 1, kQuickInARow);
  in_a_row_ = is_slow == is_out_ ? 0 : in_a_row_ + 1;
  if (in_a_row_ < (is_out_ ? kQuickInARow : kSlowInARow)) return;
  is_out_ = !is_out_;
  in_a_row_ = 0;
  next_probe_ = now + kProbeInterval_ns;
}

bool ReadPace::sits_out() {
  const std::scoped_lock lock(mutex_);
  if (!is_out_) return false;
  const std::int64_t now = clock_->monotonic_ns();
  if (now < next_probe_) return true;
  next_probe_ = now + kProbeInterval_ns;
  return false;
}

std::optional<bool> ReadPace::is_slow() const {
  const std::scoped_lock lock(mutex_);
  if (is_out_) return true;
  if (quick_in_a_row_ == kQuickInARow) return false;
  return std::nullopt;
}

}  // namespace holdfast::pool
