// SPDX-License-Identifier: Apache-2.0
// What a home keeps of the trusted time, and that no loss of it makes that early.
#include "firmware/vault/trusted_clock.h"

#include <catch2/catch.hpp>
#include <random>

#include "hal/sim/clock.h"
#include "hal/sim/disk.h"

namespace holdfast::vault {
namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;
constexpr Timestamp kStart{1'767'225'600'000'000'000};

// A home, a machine, and the true time, which nothing that is tested sees.
struct Site {
  sim::World world{1};
  sim::SimDisk home{world, "/home"};
  sim::SimClock clock{kStart, 0};
  Timestamp true_now = kStart;
  Timestamp journal;  // what the newest snapshot tells
  std::optional<Bytes> copy;

  void on(std::int64_t ns) {
    clock.advance(ns);
    true_now.ns += ns;
  }
  void off(std::int64_t ns) {
    clock.restart(ns);
    true_now.ns += ns;
  }
  Timestamp look(std::optional<Timestamp> confirmed = {}) {
    const auto time = look_at_time(home, clock, journal, confirmed);
    REQUIRE(time);
    CHECK(*time <= true_now);
    CHECK(read_time(home, journal).value() == *time);
    return *time;
  }
  void commit() { journal = look(); }
  void lose_home() {
    if (home.contents(std::string(kTrustedTimePath))) home.erase(std::string(kTrustedTimePath));
  }
  void keep_copy() { copy = home.contents(std::string(kTrustedTimePath)); }
  void put_copy_back() {
    lose_home();
    if (copy) REQUIRE(ports::store(home, kTrustedTimePath, *copy));
  }
};

}  // namespace

TEST_CASE("the file of the trusted time comes back, and every other byte is refused") {
  const policy::TrustedTime time{kStart, {{1, 2, 3}}, 77, 55};
  const Bytes bytes = encode(time);
  CHECK(parse_trusted_time(bytes).value() == time);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes wrong = bytes;
    wrong[i] ^= 1;
    CHECK_FALSE(parse_trusted_time(wrong));
    CHECK_FALSE(parse_trusted_time(ByteView(bytes).first(i)));
  }
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(parse_trusted_time(longer));
  for (const policy::TrustedTime& none :
       {policy::TrustedTime{Timestamp{0}, {}, 0, 0}, policy::TrustedTime{Timestamp{-1}, {}, 0, 0},
        policy::TrustedTime{kStart, {}, -1, 0}, policy::TrustedTime{kStart, {}, 0, -1}}) {
    CHECK_FALSE(parse_trusted_time(encode(none)));
  }
}

TEST_CASE("without a confirmation there is no time, and nothing is written") {
  Site site;
  CHECK(site.look().ns == 0);
  site.on(kDay_ns);
  CHECK(site.look().ns == 0);
  CHECK_FALSE(site.home.contents(std::string(kTrustedTimePath)));
}

TEST_CASE("what the box was on counts, whatever its clock is set to") {
  Site site;
  site.look(kStart);
  for (int day = 1; day <= 30; ++day) {
    site.clock.set(Timestamp{kStart.ns + (day % 2 == 0 ? 4000 : -4000) * kDay_ns});
    site.on(kDay_ns);
    site.look();
  }
  CHECK(site.look().ns > kStart.ns + 29 * kDay_ns);
}

TEST_CASE("a clock that is pulled forward over many power-offs adds nothing") {
  Site site;
  site.look(kStart);
  for (int night = 0; night < 1000; ++night) {
    site.clock.set(Timestamp{site.clock.now().ns + 30 * kDay_ns});
    site.off(1'000'000'000);
    site.look();
    site.on(60'000'000'000);
    site.look();
  }
  CHECK(site.look().ns <= kStart.ns + 1000 * 60'000'000'000);
}

TEST_CASE("a home that is lost or damaged goes on from the journal, and counts nothing twice") {
  Site site;
  site.look(kStart);
  site.on(10 * kDay_ns);
  site.commit();
  site.lose_home();
  CHECK(site.look() == site.journal);
  site.on(kDay_ns);
  CHECK(site.look().ns <= site.journal.ns + kDay_ns);
  REQUIRE(ports::store(site.home, kTrustedTimePath, Bytes(56, 7)));
  CHECK(site.look() == site.journal);
  REQUIRE(ports::store(site.home, kTrustedTimePath, Bytes(5000, 7)));
  CHECK(site.look() == site.journal);
}

TEST_CASE("an older copy of home does not open the way for one more confirmation") {
  Site site;
  site.look(kStart);
  site.on(2 * kDay_ns);
  site.look();
  site.keep_copy();
  site.off(400 * kDay_ns);
  const Timestamp first = site.look(site.true_now);
  site.commit();
  for (int i = 0; i < 20; ++i) {
    site.put_copy_back();
    CHECK(site.look(site.true_now) == first);
  }
}

TEST_CASE("a system that does not tell its starts counts nothing, and spoils nothing") {
  Site site;
  site.look(kStart);
  const auto boot = site.clock.boot();
  site.on(kDay_ns);
  site.clock.set_boot(std::nullopt, site.clock.monotonic_ns());
  site.look(site.true_now);
  site.on(kDay_ns);
  site.journal = site.true_now;
  site.look();
  site.clock.set_boot(boot, site.clock.monotonic_ns());
  site.look();
  site.on(kDay_ns);
  site.look();
}

TEST_CASE("in random lives with homes lost, copied and put back it is never early") {
  std::mt19937_64 random(11);
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  for (int life = 0; life < 200; ++life) {
    Site site;
    std::optional<Timestamp> word = kStart;
    for (int step = 0; step < 100; ++step) {
      switch (below(10)) {
        case 0:
          site.off(static_cast<std::int64_t>(below(40)) * kDay_ns);
          break;
        case 1:
          site.lose_home();
          break;
        case 2:
          site.keep_copy();
          break;
        case 3:
          site.put_copy_back();
          break;
        case 4:
          word = site.true_now;
          break;
        case 5:
          site.look(word);
          break;
        case 6:
          site.commit();
          break;
        case 7:
          site.clock.set_boot(BootId{{static_cast<std::uint8_t>(200 + below(2))}},
                              site.clock.monotonic_ns());
          break;
        default:
          site.on(static_cast<std::int64_t>(below(3 * kDay_ns)));
          site.look();
      }
    }
    site.look();
  }
}

}  // namespace holdfast::vault
