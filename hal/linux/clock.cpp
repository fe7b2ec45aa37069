// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/clock.h"

#include <ctime>

#include "hal/base/check.h"

namespace holdfast::linux {

namespace {

std::int64_t read_clock(clockid_t which) {
  timespec time{};
  HF_CHECK(::clock_gettime(which, &time) == 0);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Timestamp SystemClock::now() {
  return Timestamp{read_clock(CLOCK_REALTIME)};
}

std::int64_t SystemClock::monotonic_ns() {
  return read_clock(CLOCK_MONOTONIC);
}

}  // namespace holdfast::linux
