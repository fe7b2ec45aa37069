// SPDX-License-Identifier: Apache-2.0
// Simulated: randomness that is the same for the same seed. Never good enough for a real key.
#pragma once

#include <cstdint>
#include <mutex>

#include "hal/ports/random.h"

namespace holdfast::sim {

// SplitMix64 (Steele, Lea, Flood 2014): small, well spread from any seed.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next();
  // Even over 0 .. limit - 1, near enough for choosing faults. `limit` is not 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  [[nodiscard]] bool coin() { return (next() >> 63) != 0; }

 private:
  std::uint64_t state_;
};

class SimRandom final : public ports::Random {
 public:
  explicit SimRandom(std::uint64_t seed) : generator_(seed) {}
  void fill(ByteSpan out) override;

 private:
  std::mutex mutex_;
  Generator generator_;
};

}  // namespace holdfast::sim
