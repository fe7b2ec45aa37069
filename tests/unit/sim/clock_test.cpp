// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/clock.h"

#include <catch2/catch.hpp>

namespace holdfast::sim {

TEST_CASE("a clock may jump and drift, and the monotonic one does neither") {
  SimClock clock(Timestamp{1'000'000'000'000}, 0);
  clock.set(Timestamp{5});
  CHECK(clock.now().ns == 5);
  clock.set_drift(-200);
  clock.advance(10'000'000'000);
  CHECK(clock.now().ns == 5 + 10'000'000'000 - 2'000'000);
  CHECK(clock.monotonic_ns() == 10'000'000'000);
}

}  // namespace holdfast::sim
