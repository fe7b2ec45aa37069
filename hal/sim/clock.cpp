// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/clock.h"

#include "hal/base/check.h"

namespace holdfast::sim {

void SimClock::pass(std::int64_t duration_ns) {
  HF_CHECK(duration_ns >= 0);
  now_.ns += duration_ns + duration_ns / 1'000'000 * drift_ppm_;
  monotonic_ns_ += duration_ns;
}

Timestamp SimClock::now() {
  const std::scoped_lock lock(mutex_);
  pass(tick_ns_);
  return now_;
}

std::int64_t SimClock::monotonic_ns() {
  const std::scoped_lock lock(mutex_);
  pass(tick_ns_);
  return monotonic_ns_;
}

void SimClock::set(Timestamp now) {
  const std::scoped_lock lock(mutex_);
  now_ = now;
}

void SimClock::set_drift(std::int64_t parts_per_million) {
  const std::scoped_lock lock(mutex_);
  drift_ppm_ = parts_per_million;
}

std::optional<BootId> SimClock::boot() {
  const std::scoped_lock lock(mutex_);
  return boot_;
}

void SimClock::restart(std::int64_t off_ns) {
  const std::scoped_lock lock(mutex_);
  now_.ns += off_ns;
  monotonic_ns_ = 0;
  starts_ += 1;
  boot_ =
      BootId{{static_cast<std::uint8_t>(starts_ % 256), static_cast<std::uint8_t>(starts_ / 256)}};
}

void SimClock::set_boot(std::optional<BootId> boot, std::int64_t monotonic_ns) {
  const std::scoped_lock lock(mutex_);
  boot_ = boot;
  monotonic_ns_ = monotonic_ns;
}

void SimClock::advance(std::int64_t duration_ns) {
  const std::scoped_lock lock(mutex_);
  pass(duration_ns);
}

}  // namespace holdfast::sim
