// SPDX-License-Identifier: Apache-2.0
// The system's clocks.
#pragma once

#include "hal/ports/clock.h"

namespace holdfast::linux {

class SystemClock final : public ports::Clock {
 public:
  [[nodiscard]] Timestamp now() override;
  [[nodiscard]] std::int64_t monotonic_ns() override;
  [[nodiscard]] std::optional<BootId> boot() override;
  void wait(std::int64_t duration_ns) override;
};

}  // namespace holdfast::linux
