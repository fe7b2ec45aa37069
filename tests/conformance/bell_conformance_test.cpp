// SPDX-License-Identifier: Apache-2.0
// hal/ports/bell.h on both bodies.
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "hal/linux/bell.h"
#include "hal/linux/clock.h"
#include "hal/sim/bell.h"

namespace holdfast::test {

struct LinuxBell {
  linux::SystemClock clock;
  linux::EventBell bell;
};
struct SimulatedBell {
  sim::SimClock clock{Timestamp{0}};
  sim::SimBell bell{clock};
};

constexpr std::int64_t kHour_ns = 3'600'000'000'000;

TEMPLATE_TEST_CASE("a bell that rang wakes the next who waits, once", "[bell]", LinuxBell,
                   SimulatedBell) {
  TestType body;
  ports::Bell& bell = body.bell;
  bell.ring();
  bell.ring();
  const std::int64_t start_ns = body.clock.monotonic_ns();
  CHECK(bell.wait_until(start_ns + kHour_ns));
  CHECK(body.clock.monotonic_ns() < start_ns + kHour_ns);
  CHECK_FALSE(bell.wait_until(start_ns));
}

TEMPLATE_TEST_CASE("who waits for a bell waits until the time has come", "[bell]", LinuxBell,
                   SimulatedBell) {
  TestType body;
  ports::Bell& bell = body.bell;
  const std::int64_t until_ns = body.clock.monotonic_ns() + 20'000'000;
  CHECK_FALSE(bell.wait_until(until_ns));
  CHECK(body.clock.monotonic_ns() >= until_ns);
}

TEST_CASE("a bell is heard from another thread, with what was done before", "[bell]") {
  linux::SystemClock clock;
  linux::EventBell bell;
  std::atomic<int> done = 0;
  std::thread ringer([&] {
    done.store(1, std::memory_order_relaxed);
    bell.ring();
  });
  CHECK(bell.wait_until(clock.monotonic_ns() + kHour_ns));
  CHECK(done.load(std::memory_order_relaxed) == 1);
  ringer.join();
}

namespace {

linux::EventBell* rung_by_signal = nullptr;

}  // namespace

TEST_CASE("a signal handler may ring", "[bell]") {
  linux::SystemClock clock;
  linux::EventBell bell;
  rung_by_signal = &bell;
  const auto before = std::signal(SIGUSR1, [](int) { rung_by_signal->ring(); });
  REQUIRE(std::raise(SIGUSR1) == 0);
  CHECK(bell.wait_until(clock.monotonic_ns() + kHour_ns));
  std::signal(SIGUSR1, before);
}

}  // namespace holdfast::test
