// SPDX-License-Identifier: Apache-2.0
// Simulated: a clock that moves only when it is asked or told, so that every run sees the same
// times and durations are never zero.
#pragma once

#include <mutex>

#include "hal/ports/clock.h"

namespace holdfast::sim {

class SimClock final : public ports::Clock {
 public:
  explicit SimClock(Timestamp start, std::int64_t tick_ns = 1'000'000)
      : now_(start), tick_ns_(tick_ns) {}

  [[nodiscard]] Timestamp now() override;
  [[nodiscard]] std::int64_t monotonic_ns() override;
  [[nodiscard]] std::optional<BootId> boot() override;
  void wait(std::int64_t duration_ns) override { advance(duration_ns); }

  // Somebody sets the wall clock; the monotonic one does not notice.
  void set(Timestamp now);
  // Time passes on both.
  void advance(std::int64_t duration_ns);
  // The machine is off for so long, and then starts anew.
  void restart(std::int64_t off_ns);
  // Another machine, or an operating system that does not tell which start this is.
  void set_boot(std::optional<BootId> boot, std::int64_t monotonic_ns);
  // The wall clock gains so many millionths of what passes (negative: loses).
  void set_drift(std::int64_t parts_per_million);

 private:
  void pass(std::int64_t duration_ns);

  std::mutex mutex_;
  Timestamp now_;
  std::int64_t monotonic_ns_ = 0;
  std::optional<BootId> boot_ = BootId{{1}};
  std::uint32_t starts_ = 1;
  std::int64_t tick_ns_;
  std::int64_t drift_ppm_ = 0;
};

}  // namespace holdfast::sim
