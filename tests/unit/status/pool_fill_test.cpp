// SPDX-License-Identifier: Apache-2.0
// How long until a pool is full, by what its businesses have kept of late.
#include "firmware/status/pool_fill.h"

#include <catch2/catch.hpp>

#include "tests/sim/sim_box.h"

namespace holdfast::status {
namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;

struct Site : test::SimBox {
  Site() {
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
  }
  void back_up(const std::string& name, std::size_t bytes) {
    Bytes noise(bytes);
    random.fill(noise);
    write(name, std::string(text_of(noise)));
    REQUIRE(backup());
  }
  PoolGrowth growth() {
    const auto box = open();
    REQUIRE(box);
    job::Problems problems;
    const auto businesses = job::open_businesses(**box, problems);
    return growth_of(businesses, problems.count == 0, clock.now());
  }
};

TEST_CASE("the room that is left is told in days of the pace") {
  const auto days = [](double a_day, std::uint64_t free) {
    const Fill fill = fill_of({a_day, true}, free);
    CHECK(fill.filling == Filling::yes);
    return fill.days;
  };
  CHECK(days(10, 419) == 41);
  CHECK(days(10, 9) == 0);
  CHECK(days(0, 0) == 0);  // whatever the pace
  CHECK(fill_of({0, true}, 100).filling == Filling::no);
  CHECK(fill_of({-5, true}, 100).filling == Filling::no);
  CHECK(fill_of({1, true}, 40'000).filling == Filling::no);
}

TEST_CASE("of what is not known of every business only the worse half is told") {
  CHECK(fill_of({0, false}, 100).filling == Filling::unknown);
  CHECK(fill_of({-1, false}, 100).filling == Filling::unknown);
  CHECK(fill_of({10, false}, 100).days == 10);
}

TEST_CASE("the pace is known a week after the first backup, and that one says nothing of it") {
  Site site;
  CHECK_FALSE(site.growth().is_of_all);
  site.back_up("first", 2'000'000);
  site.clock.advance(3 * kDay_ns);
  site.back_up("second", 60'000);
  CHECK_FALSE(site.growth().is_of_all);
  CHECK(site.growth().bytes_a_day == 0);
  site.clock.advance(4 * kDay_ns);
  const PoolGrowth week = site.growth();
  CHECK(week.is_of_all);
  CHECK(week.bytes_a_day > 60'000.0 / 7);
  CHECK(week.bytes_a_day < 200'000.0 / 7);
  // What is older than a month does not count any more.
  site.clock.advance(20 * kDay_ns);
  site.back_up("third", 100);
  site.clock.advance(31 * kDay_ns);
  site.back_up("fourth", 30'000);
  const PoolGrowth later = site.growth();
  CHECK(later.bytes_a_day > 30'000.0 / 31);
  CHECK(later.bytes_a_day < 150'000.0 / 31);
}

TEST_CASE("a clock that was set back knows no pace") {
  Site site;
  site.back_up("first", 1000);
  site.clock.set({test::SimBox::start().ns - 20 * kDay_ns});
  CHECK_FALSE(site.growth().is_of_all);
}

}  // namespace
}  // namespace holdfast::status
