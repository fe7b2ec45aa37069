// SPDX-License-Identifier: Apache-2.0
// hal/ports/clock.h, random.h and workers.h on both bodies.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "hal/linux/clock.h"
#include "hal/linux/random.h"
#include "hal/linux/workers.h"
#include "hal/sim/clock.h"
#include "hal/sim/random.h"
#include "hal/sim/workers.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

constexpr std::int64_t kStart = 1'800'000'000'000'000'000;

// The bodies, each made with what it needs.
struct SystemClock {
  linux::SystemClock clock;
};
struct SimulatedClock {
  sim::SimClock clock{Timestamp{kStart}};
};
struct SystemRandom {
  linux::SystemRandom random;
};
struct SimulatedRandom {
  sim::SimRandom random{1};
};
struct OneForEachProcessor {
  linux::ThreadWorkers workers;
};
struct FourThreads {
  linux::ThreadWorkers workers{4};
};
struct SimulatedWorkers {
  sim::SimWorkers workers;
};

TEMPLATE_TEST_CASE("monotonic time never goes back", "[clock]", SystemClock, SimulatedClock) {
  TestType body;
  ports::Clock& clock = body.clock;
  std::int64_t last = clock.monotonic_ns();
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t next = clock.monotonic_ns();
    REQUIRE(next >= last);
    last = next;
  }
}

TEMPLATE_TEST_CASE("a wait takes as long as it says at least", "[clock]", SystemClock,
                   SimulatedClock) {
  TestType body;
  ports::Clock& clock = body.clock;
  for (const std::int64_t duration_ns :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{2'000'000}}) {
    const std::int64_t before_ns = clock.monotonic_ns();
    clock.wait(duration_ns);
    CHECK(clock.monotonic_ns() - before_ns >= duration_ns);
  }
}

TEMPLATE_TEST_CASE("a start of the machine has one id", "[clock]", SystemClock, SimulatedClock) {
  TestType body;
  ports::Clock& clock = body.clock;
  REQUIRE(clock.boot());
  CHECK_FALSE(clock.boot()->is_null());
  CHECK(clock.boot() == clock.boot());
}

TEST_CASE("a machine that starts anew has another id and counts from the beginning", "[clock]") {
  sim::SimClock clock(Timestamp{kStart}, 0);
  clock.advance(7);
  const auto before = clock.boot();
  clock.restart(5);
  CHECK(clock.boot() != before);
  CHECK(clock.now().ns == kStart + 12);
  CHECK(clock.monotonic_ns() == 0);
}

TEMPLATE_TEST_CASE("the wall clock is in nanoseconds since 1970", "[clock]", SystemClock,
                   SimulatedClock) {
  TestType body;
  ports::Clock& clock = body.clock;
  CHECK(clock.now() > *Timestamp::parse("2020-01-01"));
  CHECK(clock.now() < *Timestamp::parse("2200-01-01"));
}

TEST_CASE("a simulated wall clock may jump; the monotonic one does not", "[clock]") {
  sim::SimClock clock(Timestamp{kStart});
  const std::int64_t before = clock.monotonic_ns();
  clock.set(Timestamp{0});
  CHECK(clock.now().ns == 1'000'000);
  clock.advance(5'000'000'000);
  CHECK(clock.now().ns == 5'002'000'000);
  CHECK(clock.monotonic_ns() == before + 5'003'000'000);
}

TEMPLATE_TEST_CASE("random bytes fill every length and differ", "[random]", SystemRandom,
                   SimulatedRandom) {
  TestType body;
  ports::Random& random = body.random;
  Bytes large(100'000);
  random.fill(large);
  std::set<std::uint8_t> seen(large.begin(), large.end());
  CHECK(seen.size() == 256);
  // The last byte of an odd length is filled as well: of 64 tries one is not zero.
  bool last_was_set = false;
  for (int i = 0; i < 64; ++i) {
    Bytes odd(13);
    random.fill(odd);
    last_was_set = last_was_set || odd.back() != 0;
  }
  CHECK(last_was_set);
  CHECK(random.array<16>() != random.array<16>());
  random.fill({});
}

TEST_CASE("simulated randomness is its seed's", "[random]") {
  CHECK(sim::SimRandom(7).array<32>() == sim::SimRandom(7).array<32>());
  CHECK(sim::SimRandom(7).array<32>() != sim::SimRandom(8).array<32>());
  // The first numbers of SplitMix64 for the seed 1234567, as its authors publish them.
  sim::Generator generator(1234567);
  CHECK(generator.next() == 6457827717110365317U);
  CHECK(generator.next() == 3203168211198807973U);
}

TEMPLATE_TEST_CASE("every worker runs once, the first on the caller's thread", "[workers]",
                   FourThreads, OneForEachProcessor, SimulatedWorkers) {
  TestType body;
  ports::Workers& workers = body.workers;
  REQUIRE(workers.count() >= 1);
  std::mutex mutex;
  std::multiset<std::size_t> seen;
  std::set<std::thread::id> threads;
  std::thread::id first;
  const auto result = workers.run([&](std::size_t worker) -> Result<void> {
    const std::scoped_lock lock(mutex);
    seen.insert(worker);
    threads.insert(std::this_thread::get_id());
    if (worker == 0) first = std::this_thread::get_id();
    return {};
  });
  CHECK(outcome(result) == "ok");
  CHECK(seen.size() == workers.count());
  CHECK(*seen.rbegin() == workers.count() - 1);
  CHECK(first == std::this_thread::get_id());
}

TEMPLATE_TEST_CASE("the error of the lowest worker is returned when all are done", "[workers]",
                   FourThreads, SimulatedWorkers) {
  TestType body;
  ports::Workers& workers = body.workers;
  std::atomic<std::size_t> done = 0;
  const auto result = workers.run([&](std::size_t worker) -> Result<void> {
    ++done;
    if (worker + 1 >= std::min<std::size_t>(2, workers.count())) {
      return make_error(ErrorCode::damaged, std::to_string(worker));
    }
    return {};
  });
  REQUIRE(outcome(result) == "damaged");
  CHECK(result.error().where == std::to_string(std::min<std::size_t>(2, workers.count()) - 1));
  CHECK(done == workers.count());
}

TEST_CASE("workers run at the same time", "[workers]") {
  linux::ThreadWorkers workers(4);
  std::atomic<std::size_t> arrived = 0;
  // Each waits for all: with fewer threads at once this would not end.
  const auto result = workers.run([&](std::size_t) -> Result<void> {
    ++arrived;
    while (arrived < workers.count()) std::this_thread::yield();
    return {};
  });
  CHECK(outcome(result) == "ok");
}

// A priority is a thread's: that of the test's own stays.
TEST_CASE("workers that give way have a lower priority, all of them", "[workers]") {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  std::set<int> seen;
  std::jthread([&] {
    linux::ThreadWorkers workers(3);
    workers.give_way();
    workers.give_way();  // no more than once
    std::mutex mutex;
    const auto result = workers.run([&](std::size_t) -> Result<void> {
      const std::scoped_lock lock(mutex);
      seen.insert(::getpriority(PRIO_PROCESS, 0));
      return {};
    });
    CHECK(outcome(result) == "ok");
  }).join();
  CHECK(seen == std::set<int>{std::min(before + 2, 19)});
  CHECK(::getpriority(PRIO_PROCESS, 0) == before);
}

}  // namespace holdfast::test
