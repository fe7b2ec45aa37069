// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/random.h"

namespace holdfast::sim {

std::uint64_t Generator::next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t value = state_;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

void SimRandom::fill(ByteSpan out) {
  const std::scoped_lock lock(mutex_);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) value = generator_.next();
    out[i] = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
}

}  // namespace holdfast::sim
