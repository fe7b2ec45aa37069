// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/source_pace.h"

#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <vector>

#include "hal/sim/clock.h"

namespace holdfast::job {
namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kEighth_ns = kSecond_ns / 8;

// 2026-01-30 was a Friday.
Timestamp friday(std::string_view time) {
  const auto moment = Timestamp::parse("2026-01-30T" + std::string(time) + "Z");
  REQUIRE(moment);
  return *moment;
}

policy::Window nights() {
  policy::Window window;
  window.spans.push_back(*policy::parse_span("Mon..Fri 22:00-06:00"));
  return window;
}

policy::Window at_all_times(std::uint64_t rate) {
  policy::Window window;
  window.rate = rate;
  return window;
}

// Something happens while somebody waits.
class EventfulClock final : public ports::Clock {
 public:
  explicit EventfulClock(Timestamp start) : clock(start, 1000) {}
  Timestamp now() override { return clock.now(); }
  std::int64_t monotonic_ns() override { return clock.monotonic_ns(); }
  std::optional<BootId> boot() override { return clock.boot(); }
  void wait(std::int64_t duration_ns) override {
    longest_ns = std::max(longest_ns, duration_ns);
    clock.wait(duration_ns);
    if (event) event();
  }

  sim::SimClock clock;
  std::function<void()> event;
  std::int64_t longest_ns = 0;
};

// Bytes that are read within so long, in reads of that size at most.
std::uint64_t read_for(SourcePace& pace, ports::Clock& clock, std::int64_t duration_ns,
                       std::uint64_t most) {
  const std::int64_t end_ns = clock.monotonic_ns() + duration_ns;
  std::uint64_t bytes = 0;
  while (clock.monotonic_ns() < end_ns) {
    const std::uint64_t part = pace.take(most);
    if (part == 0) break;
    CHECK(part <= most);
    bytes += part;
  }
  return bytes;
}

bool read_all(SourcePace& pace, std::uint64_t bytes) {
  while (bytes > 0) {
    const std::uint64_t part = pace.take(bytes);
    if (part == 0) return false;
    bytes -= part;
  }
  return true;
}

}  // namespace

TEST_CASE("Without a window, or a rate in it, everything may be read at once", "[pace]") {
  EventfulClock clock(friday("23:00"));
  SourcePace free(clock, std::nullopt, {}, nullptr);
  CHECK(free.take(1 << 30) == 1 << 30);
  SourcePace open(clock, nights(), {}, nullptr);
  CHECK(open.take(1 << 30) == 1 << 30);
  open.owe(1 << 30);
  CHECK(open.settle());
  CHECK(clock.longest_ns == 0);
  CHECK_FALSE(open.has_closed());
}

TEST_CASE("A rate holds on the whole and in each eighth of a second", "[pace]") {
  EventfulClock clock(friday("12:00"));
  const std::uint64_t rate = GENERATE(1UL, 7UL, 1000UL, 1'000'000UL, 18'000'000'000'000'000'000UL);
  const std::uint64_t most = GENERATE(1U << 13, 8U << 20);
  SourcePace pace(clock, at_all_times(rate), {}, nullptr);
  CHECK(pace.take(most) <= std::max<std::uint64_t>(rate / 8, 1));
  const std::int64_t seconds = rate > 1'000'000 ? 1 : 20;
  const std::uint64_t bytes = read_for(pace, clock, seconds * kSecond_ns, most);
  const double wanted = static_cast<double>(rate) * static_cast<double>(seconds);
  CHECK(static_cast<double>(bytes) <= wanted * 1.02 + 1);
  if (rate <= 1'000'000) CHECK(static_cast<double>(bytes) >= wanted * 0.98 - 1);
}

TEST_CASE("What was not read in a pause is not made up for", "[pace]") {
  EventfulClock clock(friday("12:00"));
  SourcePace pace(clock, at_all_times(8000), {}, nullptr);
  CHECK(pace.take(4000) == 1000);
  clock.clock.advance(3600 * kSecond_ns);
  CHECK(read_for(pace, clock, kEighth_ns, 4000) <= 3000);
}

TEST_CASE("All threads of a run share its rate", "[pace]") {
  sim::SimClock clock(friday("12:00"), 1000);
  SourcePace pace(clock, at_all_times(100'000), {}, nullptr);
  const std::int64_t start_ns = clock.monotonic_ns();
  std::vector<std::future<bool>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(std::async(std::launch::async, [&] { return read_all(pace, 250'000); }));
  }
  for (auto& thread : threads) CHECK(thread.get());
  CHECK(clock.monotonic_ns() - start_ns >= 10 * kSecond_ns - 2 * kEighth_ns);
}

TEST_CASE("What is owed waits for nobody, and everybody waits for it", "[pace]") {
  EventfulClock clock(friday("12:00"));
  SourcePace pace(clock, at_all_times(1000), {}, nullptr);
  REQUIRE(pace.settle());
  for (int row = 0; row < 100; ++row) pace.owe(100);
  CHECK(clock.longest_ns == 0);
  const std::int64_t start_ns = clock.monotonic_ns();
  SECTION("the next query") {
    REQUIRE(pace.settle());
  }
  SECTION("the next file") {
    CHECK(pace.take(1) == 1);
  }
  const std::int64_t paid_ns = clock.monotonic_ns() - start_ns;
  CHECK(paid_ns >= 10 * kSecond_ns - 2 * kEighth_ns);
  CHECK(paid_ns <= 10 * kSecond_ns + 2 * kEighth_ns);
  CHECK(clock.longest_ns < kSecond_ns / 4);
}

TEST_CASE("What is owed is paid for by the rate of the moment", "[pace]") {
  EventfulClock clock(friday("21:59:50"));
  policy::Window window = nights();
  window.rate = 1'000'000;
  window.rate_outside = 1000;
  SourcePace pace(clock, window, {}, nullptr);
  REQUIRE(pace.settle());
  pace.owe(2'010'000);  // more than half an hour now, two seconds then
  const std::int64_t start_ns = clock.monotonic_ns();
  REQUIRE(pace.settle());
  const std::int64_t paid_ns = clock.monotonic_ns() - start_ns;
  CHECK(paid_ns >= 11 * kSecond_ns);
  CHECK(paid_ns <= 14 * kSecond_ns);
}

TEST_CASE("No debt is too much for the clock", "[pace]") {
  EventfulClock clock(friday("12:00"));
  StopFlag asked = false;
  SourcePace pace(clock, at_all_times(1), {}, &asked);
  REQUIRE(pace.settle());
  for (int i = 0; i < 4; ++i) pace.owe(~std::uint64_t{0});
  clock.event = [&, waits = 0]() mutable { asked = ++waits == 3; };
  CHECK(pace.settle().error().code == ErrorCode::interrupted);
}

TEST_CASE("A stop ends the waiting", "[pace]") {
  EventfulClock clock(friday("12:00"));
  StopFlag asked = false;
  SourcePace pace(clock, at_all_times(1), {}, &asked);
  CHECK(pace.take(10) == 1);
  const std::int64_t start_ns = clock.monotonic_ns();
  clock.event = [&] { asked = true; };
  CHECK(pace.take(10) == 0);
  CHECK(clock.monotonic_ns() - start_ns < kSecond_ns / 4);
  CHECK(pace.settle().error().code == ErrorCode::interrupted);
  CHECK(pace.stop().load());
  CHECK_FALSE(pace.has_closed());
}

TEST_CASE("The end of the window is a stop, for good", "[pace]") {
  EventfulClock clock(friday("05:59:50"));
  policy::Window window = nights();
  window.rate = 1000;
  SourcePace pace(clock, window, {}, nullptr);
  CHECK_FALSE(pace.must_stop());
  CHECK_FALSE(pace.opens());
  const std::uint64_t bytes = read_for(pace, clock, 3600 * kSecond_ns, 4000);
  CHECK(bytes >= 10'000);
  CHECK(bytes <= 11'500);  // it is looked at once a second
  CHECK(pace.must_stop());
  CHECK(pace.stop().load());
  CHECK(pace.has_closed());
  CHECK(pace.opens() == friday("22:00:00"));
  clock.clock.set(friday("23:00"));
  CHECK(pace.must_stop());
}

TEST_CASE("The rate changes with the window, also while somebody waits for the slow one",
          "[pace]") {
  EventfulClock clock(friday("21:59:30"));
  policy::Window window = nights();
  window.rate = 1'000'000;
  window.rate_outside = 1;
  SourcePace pace(clock, window, {}, nullptr);
  CHECK(read_for(pace, clock, 29 * kSecond_ns, 1 << 20) <= 31);
  const std::uint64_t bytes = read_for(pace, clock, 10 * kSecond_ns, 1 << 20);
  CHECK(bytes >= 7'000'000);
  CHECK(bytes <= 9'800'000);
  CHECK_FALSE(pace.must_stop());
}

TEST_CASE("Somebody sets the clock: what holds then is what it says", "[pace]") {
  EventfulClock clock(friday("23:00"));
  SourcePace pace(clock, nights(), {}, nullptr);
  CHECK_FALSE(pace.must_stop());
  clock.clock.set(friday("12:00"));
  clock.clock.advance(kSecond_ns);
  CHECK(pace.must_stop());
}

TEST_CASE("Its spans are on the clock of the site", "[pace]") {
  EventfulClock clock(friday("15:00"));
  CHECK(SourcePace(clock, nights(), {}, nullptr).must_stop());
  CHECK_FALSE(SourcePace(clock, nights(), *policy::TimeZone::find("+08:00"), nullptr).must_stop());
}

TEST_CASE("A stop of a part of the work leaves the rest alone", "[pace]") {
  StopFlag above = false;
  StopFlag part(&above);
  CHECK_FALSE(part.load());
  part = true;
  CHECK(part.load());
  CHECK_FALSE(above.load());
  StopFlag other(&above);
  above = true;
  CHECK(other.load());
}

}  // namespace holdfast::job
