// SPDX-License-Identifier: Apache-2.0
// Simulated: nobody rings while somebody waits, so the time comes at once.
#pragma once

#include <utility>

#include "hal/ports/bell.h"
#include "hal/sim/clock.h"

namespace holdfast::sim {

// One thread.
class SimBell final : public ports::Bell {
 public:
  explicit SimBell(SimClock& clock) : clock_(clock) {}

  void ring() override { has_rung_ = true; }
  [[nodiscard]] bool wait_until(std::int64_t until_ns) override {
    if (std::exchange(has_rung_, false)) return true;
    const std::int64_t now_ns = clock_.monotonic_ns();
    if (until_ns > now_ns) clock_.advance(until_ns - now_ns);
    return false;
  }
  [[nodiscard]] bool has_rung() const { return has_rung_; }

 private:
  SimClock& clock_;
  bool has_rung_ = false;
};

}  // namespace holdfast::sim
