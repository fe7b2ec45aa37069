// SPDX-License-Identifier: Apache-2.0
// What wakes a loop that waits: a child that said something, a request, a signal of the system.
#pragma once

#include <cstdint>

namespace holdfast::ports {

class Bell {
 public:
  virtual ~Bell() = default;
  // Any thread, and a signal handler. Is remembered until somebody waits; several are as one.
  // Whatever was written before it is seen by whoever it wakes.
  virtual void ring() = 0;
  // Returns true when it rings, or has rung since the last wait, and false when
  // Clock::monotonic_ns() has reached `until_ns`. One thread.
  [[nodiscard]] virtual bool wait_until(std::int64_t until_ns) = 0;
};

}  // namespace holdfast::ports
