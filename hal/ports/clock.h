// SPDX-License-Identifier: Apache-2.0
// Time from outside.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/base/id.h"
#include "hal/base/time.h"

namespace holdfast::ports {

// Any thread may ask at any time. Cannot fail.
class Clock {
 public:
  virtual ~Clock() = default;
  // UTC as the box believes it. May jump both ways: never use it to measure or to order.
  [[nodiscard]] virtual Timestamp now() = 0;
  // Nanoseconds since some moment before; never goes back. For durations and rates.
  [[nodiscard]] virtual std::int64_t monotonic_ns() = 0;
  // Random, new at each start of the machine; while it is the same, monotonic_ns() counts time for
  // which the machine was on. Nothing if the system does not tell.
  [[nodiscard]] virtual std::optional<BootId> boot() = 0;
  // The calling thread does nothing for so many nanoseconds, or a little longer. For moments: what
  // waits longer must be able to stop in between.
  virtual void wait(std::int64_t duration_ns) = 0;
};

}  // namespace holdfast::ports
