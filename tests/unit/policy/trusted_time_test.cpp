// SPDX-License-Identifier: Apache-2.0
// Against a naive reckoning that knows the true time: never ahead of it, whatever is done.
#include "firmware/policy/trusted_time.h"

#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace holdfast::policy {
namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
constexpr std::int64_t kDay_ns = 24 * kHour_ns;
constexpr Timestamp kStart{1'767'225'600'000'000'000};  // 2026-01-01

BootId boot_id(std::uint8_t number) {
  BootId id;
  id.bytes.fill(number);
  return id;
}

// What truly happens to a box, its state, and older copies of it. Nothing that is tested sees
// `true_now`, but for a confirmation, which says it as it was then.
struct World {
  Timestamp true_now = kStart;
  std::uint8_t boot = 1;
  std::uint8_t boots = 1;
  std::int64_t powered_on_ns = 0;
  Timestamp confirmed = kStart;  // the newest word of the centre, which may come late, or again
  TrustedTime state;
  TrustedTime copy;

  void pass(std::int64_t ns, bool on) {
    true_now.ns += ns;
    if (on) powered_on_ns += ns;
  }
  void restart(std::int64_t powered_on_before_ns) {
    boot = ++boots;
    powered_on_ns = powered_on_before_ns;
  }
  void look(std::optional<Timestamp> word = {}) {
    const Timestamp before = state.now;
    state = observe(state, {boot_id(boot), powered_on_ns, word});
    CHECK(state.now >= before);
    CHECK(state.now <= true_now);
  }
};

using Act = std::function<void(World&)>;

std::vector<Act> acts() {
  return {
      [](World& world) { world.pass(kDay_ns, true); },
      [](World& world) {
        world.pass(kDay_ns, false);
        world.restart(0);
      },
      [](World& world) { world.look(); },
      [](World& world) { world.confirmed = world.true_now; },
      [](World& world) { world.look(world.confirmed); },
      [](World& world) { world.copy = world.state; },
      [](World& world) { world.state = world.copy; },
      // The disks are put into a machine that has been on for ten years.
      [](World& world) { world.restart(3650 * kDay_ns); },
  };
}

void try_all(const World& world, const std::vector<Act>& all, int depth, std::uint64_t& worlds) {
  for (const Act& act : all) {
    World next = world;
    act(next);
    // Whatever came before: a look at the end must be right too.
    World looked = next;
    looked.look();
    ++worlds;
    if (depth > 1) try_all(next, all, depth - 1, worlds);
  }
}

}  // namespace

TEST_CASE("A first time is far from the newest entry at more than a month, before it or after") {
  const Timestamp entry{1'767'225'600'000'000'000};
  const auto is_far = [&](std::int64_t days, std::int64_t more_ns) {
    return is_first_far({entry.ns + days * 86'400'000'000'000 + more_ns}, entry);
  };
  CHECK_FALSE(is_far(0, 0));
  CHECK_FALSE(is_far(31, 0));
  CHECK_FALSE(is_far(-31, 0));
  CHECK(is_far(31, 1));
  CHECK(is_far(-31, -1));
  CHECK(is_far(3653, 0));
}

TEST_CASE("no order of up to six acts makes the trusted time early") {
  World world;
  world.look(world.confirmed);
  std::uint64_t worlds = 0;
#ifdef HOLDFAST_SANITIZED
  constexpr int kDepth = 4;
#else
  constexpr int kDepth = 6;
#endif
  try_all(world, acts(), kDepth, worlds);
  CHECK(worlds > 4000);
}

TEST_CASE("in random lives of years, with a clock that runs fast, it is never early") {
  std::mt19937_64 random(7);
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  const std::vector<Act> all = acts();
  for (int life = 0; life < 300; ++life) {
    World world;
    world.look(world.confirmed);
    const std::int64_t fast_ppm = below(999);
    for (int step = 0; step < 200; ++step) {
      const auto choice =
          static_cast<std::size_t>(below(static_cast<std::int64_t>(all.size()) + 8));
      if (choice < all.size()) {
        all[choice](world);
        continue;
      }
      const std::int64_t ns = choice % 2 == 0 ? below(2000) : below(5 * kDay_ns);
      world.true_now.ns += ns;
      world.powered_on_ns += ns + static_cast<std::int64_t>(static_cast<double>(ns) * 1e-6 *
                                                            static_cast<double>(fast_ppm));
      world.look();
    }
  }
}

TEST_CASE("looks that follow each other at once do not add up what a fast clock gains") {
  World world;
  world.look(world.confirmed);
  for (std::int64_t on_ns = 500; on_ns < 5'000'000; on_ns += 500) {
    world.true_now.ns = kStart.ns + on_ns;
    world.powered_on_ns = on_ns + on_ns / 1001;
    world.look();
  }
}

TEST_CASE("a box that stays on is late by a thousandth and no more") {
  World world;
  world.look(world.confirmed);
  for (int hour = 0; hour < 3 * 365 * 24; ++hour) {
    world.pass(kHour_ns, true);
    world.look();
  }
  CHECK(world.state.now.ns >=
        world.true_now.ns - (world.true_now.ns - kStart.ns) / 1000 - kHour_ns);
}

TEST_CASE("until somebody confirms a time there is none") {
  World world;
  world.look();
  world.pass(kDay_ns, true);
  world.look();
  CHECK(world.state.now.ns == 0);
  world.look(Timestamp{-5});
  CHECK(world.state.now.ns == 0);
}

TEST_CASE("a year without power comes back month by month, a day of work between") {
  World world;
  world.look(world.confirmed);
  world.pass(365 * kDay_ns, false);
  world.restart(0);
  int confirmations = 0;
  while (world.state.now.ns < world.true_now.ns - 2 * kDay_ns) {
    REQUIRE(confirmations < 20);
    world.look();
    world.pass(kDay_ns + kDay_ns / 500, true);
    world.look(world.true_now);
    // Said twice it counts once.
    const TrustedTime once = world.state;
    world.look(world.true_now);
    CHECK(world.state.now == once.now);
    ++confirmations;
  }
  CHECK(confirmations == 12);
}

TEST_CASE("a centre that lies, or a slip of the pen, moves it by a month for each day of work") {
  World world;
  world.look(world.confirmed);
  TrustedTime state = world.state;
  constexpr Timestamp kLie{7'000'000'000'000'000'000};
  std::int64_t powered_on_ns = 0;
  for (int hour = 0; hour < 10 * 24; ++hour) {
    powered_on_ns += kHour_ns;
    state = observe(state, {boot_id(1), powered_on_ns, kLie});
  }
  CHECK(state.now.ns > kStart.ns + 200 * kDay_ns);
  CHECK(state.now.ns <= kStart.ns + 10 * kDay_ns + 10 * kConfirmedStepMax_ns);
  const TrustedTime none = observe({}, {boot_id(1), 0, Timestamp{INT64_MAX}});
  CHECK(none.now.ns == 0);
}

TEST_CASE("a powered-on clock that goes back counts nothing twice") {
  TrustedTime state = observe({}, {boot_id(1), kDay_ns, kStart});
  state = observe(state, {boot_id(1), kHour_ns, {}});
  state = observe(state, {boot_id(1), kDay_ns, {}});
  state = observe(state, {boot_id(1), -kDay_ns, {}});
  state = observe(state, {boot_id(1), kDay_ns, {}});
  CHECK(state.now == kStart);
}

}  // namespace holdfast::policy
