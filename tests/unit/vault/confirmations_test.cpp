// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/confirmations.h"

#include <catch2/catch.hpp>

#include "hal/sim/disk.h"

namespace holdfast::vault {

TEST_CASE("Who has confirmed a time is told, the newest hundred, and rot is not") {
  sim::World world{1};
  sim::SimDisk home{world, "/home"};
  CHECK(noted_confirmations(home).value().empty());
  const auto second = [](std::int64_t number) { return Timestamp{number * 1'000'000'000}; };
  for (int i = 1; i <= 103; ++i) {
    REQUIRE(note_confirmation(home, {second(i), second(i + 1000), {"Wang Wei", "李 #7"}}));
  }
  auto all = noted_confirmations(home).value();
  REQUIRE(all.size() == 100);
  CHECK(all.front().confirmed == second(4));
  CHECK(all.back().confirmed == second(103));
  CHECK(all.back().clock == second(1103));
  CHECK(all.back().by == std::vector<std::string>{"Wang Wei", "李 #7"});
  Bytes bytes = *home.contents("time-confirmed");
  bytes[30] ^= 1;
  REQUIRE(ports::store(home, "time-confirmed", bytes));
  all = noted_confirmations(home).value();
  CHECK(all.size() == 99);
  CHECK(all.front().confirmed == second(5));
  world.fail_at(world.operations() + 1, ErrorCode::io);
  CHECK(noted_confirmations(home).error().code == ErrorCode::io);
}

}  // namespace holdfast::vault
