// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/pack_plan.h"

#include <catch2/catch.hpp>

namespace holdfast::policy {

namespace {

PackShare share(int number, std::uint64_t bytes, std::uint64_t needed) {
  PackShare made{.bytes = bytes, .needed = needed, .on_disks = bytes * 2};
  made.name.bytes[0] = static_cast<std::uint8_t>(number);
  return made;
}

std::vector<int> numbers(const std::vector<PackShare>& packs) {
  std::vector<int> found;
  for (const PackShare& pack : packs) found.push_back(pack.name.bytes[0]);
  return found;
}

}  // namespace

TEST_CASE("A pack goes, is written anew, or stays, by the part of it that is needed") {
  const auto fate = [](std::uint64_t bytes, std::uint64_t needed, std::uint32_t below) {
    return fate_of_pack(share(1, bytes, needed), below);
  };
  CHECK(fate(100, 0, 50) == PackFate::condemned);
  CHECK(fate(0, 0, 50) == PackFate::condemned);
  CHECK(fate(100, 1, 50) == PackFate::repacked);
  CHECK(fate(100, 49, 50) == PackFate::repacked);
  CHECK(fate(100, 50, 50) == PackFate::stays);
  CHECK(fate(100, 100, 50) == PackFate::stays);
  CHECK(fate(100, 100, kRepackBelowPercentMax) == PackFate::stays);
  // 0: never, and what nothing needs goes all the same.
  CHECK(fate(1'000'000, 1, 0) == PackFate::stays);
  CHECK(fate(100, 0, 0) == PackFate::condemned);
}

TEST_CASE(
    "First comes the pack of which the smallest part is needed, whatever its size and place") {
  const RepackChoice choice = choose_repacks(
      {share(1, 100, 40), share(2, 1000, 100), share(3, 10, 3), share(4, 100, 10)}, {1000, 1000});
  CHECK(numbers(choice.now) == std::vector<int>{2, 4, 3, 1});
  CHECK(choice.later.empty());
  CHECK(choice.no_room.empty());
}

TEST_CASE("One prune writes so much, and one pack at least") {
  const std::vector<PackShare> packs = {share(1, 100, 10), share(2, 100, 20), share(3, 100, 30)};
  CHECK(numbers(choose_repacks(packs, {30, 1000}).now) == std::vector<int>{1, 2});
  CHECK(numbers(choose_repacks(packs, {30, 1000}).later) == std::vector<int>{3});
  CHECK(numbers(choose_repacks(packs, {0, 1000}).now) == std::vector<int>{1});
  CHECK(numbers(choose_repacks(packs, {0, 1000}).later) == std::vector<int>{2, 3});
}

TEST_CASE("What has no room is told, and what is smaller goes on") {
  const std::vector<PackShare> packs = {share(1, 10'000, 500), share(2, 100, 20),
                                        share(3, 100, 30)};
  const RepackChoice choice = choose_repacks(packs, {1000, 60});
  CHECK(numbers(choice.now) == std::vector<int>{2, 3});
  CHECK(numbers(choice.no_room) == std::vector<int>{1});
  const RepackChoice none = choose_repacks(packs, {0, 0});
  CHECK(none.now.empty());
  CHECK(numbers(none.no_room) == std::vector<int>{1, 2, 3});
  CHECK(none.later.empty());
}

}  // namespace holdfast::policy
