// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/clock_jump.h"

#include <catch2/catch.hpp>

namespace holdfast::policy {
namespace {

constexpr Timestamp day(std::int64_t number) {
  return {1'767'225'600'000'000'000 + number * 86'400'000'000'000};
}

TEST_CASE("A clock that went far is seen by the entries before, however many came after") {
  std::vector<Timestamp> entries;
  for (int number = 0; number < 40; ++number) entries.push_back(day(number));
  CHECK_FALSE(newest_jump(entries));
  for (int entry = 0; entry < 5000; ++entry) entries.push_back(day(3650));
  const auto jump = newest_jump(entries);
  REQUIRE(jump);
  CHECK(jump->before == day(39));
  CHECK(jump->after == day(3650));
}

TEST_CASE("A clock that went far and was set right, or went back, is seen as well") {
  CHECK(newest_jump({day(0), day(3650), day(1)})->before == day(1));
  CHECK(newest_jump({day(0), day(1), day(-3650), day(-3649)})->after == day(0));
  // One business by the wrong clock, beside one that rests.
  CHECK(newest_jump({day(3650), day(3), day(0)}));
}

TEST_CASE("A month is no jump, and of several jumps the newest one counts") {
  CHECK_FALSE(newest_jump({}));
  CHECK_FALSE(newest_jump({day(0)}));
  CHECK_FALSE(newest_jump({day(0), day(31), day(62)}));
  const auto jump = newest_jump({day(-20'000), day(0), day(100), day(101)});
  REQUIRE(jump);
  CHECK(jump->before == day(0));
  CHECK(jump->after == day(100));
}

}  // namespace
}  // namespace holdfast::policy
