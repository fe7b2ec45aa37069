// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/pack_plan.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace holdfast::policy {

namespace {

PackShare share(int number, std::uint64_t bytes, std::uint64_t needed) {
  PackShare made{.bytes = bytes, .needed = needed, .on_disks = bytes * 2};
  for (std::size_t i = 0; i < 4; ++i)
    made.name.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
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

namespace {

constexpr PackLimits kFull{1000, 100};
constexpr RepackBounds kNoBounds{UINT64_MAX, UINT64_MAX};

PackShare small_one(int number, std::uint64_t bytes, std::uint64_t alike = 0) {
  PackShare made = share(number, bytes, bytes);
  made.chunks = 1;
  made.alike = alike;
  return made;
}

std::vector<PackShare> small_ones(int first, int count, std::uint64_t bytes,
                                  std::uint64_t alike = 0) {
  std::vector<PackShare> made;
  for (int i = 0; i < count; ++i) made.push_back(small_one(first + i, bytes, alike));
  return made;
}

std::vector<PackShare> joined_of(std::vector<PackShare> left, const std::vector<PackShare>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace

TEST_CASE("Of any number of packs the first have a place, and few of a kind beside very many") {
  FirstPacks first(4, is_smaller);
  CHECK(first.is_empty());
  std::vector<int> left_out;
  const auto add = [&](int number, std::uint64_t bytes, std::uint64_t group) {
    if (const auto last = first.add(share(number, bytes, bytes), group))
      left_out.push_back(last->name.bytes[0]);
  };
  for (int number = 1; number <= 6; ++number)
    add(number, 100 - static_cast<std::uint64_t>(number), 7);
  CHECK(left_out == std::vector<int>{1, 2});
  add(7, 1000, 7);
  CHECK(left_out.back() == 7);
  add(8, 1000, 9);  // of another kind, and larger than all of the many
  add(9, 900, 9);
  CHECK(left_out == std::vector<int>{1, 2, 7, 3, 4});
  add(10, 1, 7);
  CHECK(left_out.back() == 5);
  auto kept = numbers(first.take());
  std::ranges::sort(kept);
  CHECK(kept == std::vector<int>{6, 8, 9, 10});
  CHECK(first.is_empty());
  CHECK(first.take().empty());

  FirstPacks needed(2, has_less_needed);
  CHECK_FALSE(needed.add(share(1, 100, 40), 0));
  CHECK_FALSE(needed.add(share(2, 10, 3), 0));
  CHECK(needed.add(share(3, 1000, 10), 0)->name.bytes[0] == 1);
  CHECK(FirstPacks(0, is_smaller).add(share(1, 1, 1), 0));
}

TEST_CASE("Small is a pack that has less than half of what it could have, bytes and chunks") {
  PackShare pack = small_one(1, 499);
  pack.chunks = 49;
  CHECK(is_small(pack, kFull));
  pack.chunks = 50;
  CHECK_FALSE(is_small(pack, kFull));
  pack.chunks = 1;
  pack.bytes = 500;
  CHECK_FALSE(is_small(pack, kFull));
}

TEST_CASE("Small packs are put together once they are eight times the largest of them") {
  const auto count = [](const std::vector<PackShare>& packs) {
    return choose_joins(packs, kFull, kNoBounds).now.size();
  };
  CHECK(count({}) == 0);
  CHECK(count(small_ones(1, 7, 10)) == 0);
  CHECK(count(small_ones(1, 8, 10)) == 8);
  CHECK(count(small_ones(1, 50, 10)) == 50);
  // The largest ones wait for more of their size; the small ones do not wait for them.
  CHECK(count(joined_of(small_ones(1, 8, 10), small_ones(10, 3, 30))) == 8);
  CHECK(count(joined_of(small_ones(1, 8, 10), small_ones(10, 6, 30))) == 14);
  // A larger one in between may only be carried by those above it.
  CHECK(count(joined_of(small_ones(1, 7, 10), small_ones(10, 8, 11))) == 15);
  // What nobody needs carries nothing.
  std::vector<PackShare> half = small_ones(1, 8, 10);
  for (PackShare& pack : half) pack.needed = 6;
  CHECK(count(half) == 0);
}

TEST_CASE("Only alike packs are put together, in the order in which they were named") {
  std::vector<PackShare> packs = joined_of(small_ones(1, 7, 10, 1), small_ones(11, 7, 10, 2));
  CHECK(choose_joins(packs, kFull, kNoBounds).now.empty());
  packs = joined_of(small_ones(1, 8, 10, 2), small_ones(11, 9, 10, 1));
  for (PackShare& pack : packs) pack.entry = 100U - pack.name.bytes[0];
  const JoinChoice choice = choose_joins(packs, kFull, kNoBounds);
  CHECK(numbers(choice.now) ==
        std::vector<int>{19, 18, 17, 16, 15, 14, 13, 12, 11, 8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(choice.into == 2);
}

TEST_CASE("How many packs they become goes by bytes and by chunks") {
  CHECK(choose_joins(small_ones(1, 100, 10), kFull, kNoBounds).into == 1);
  CHECK(choose_joins(small_ones(1, 101, 10), kFull, kNoBounds).into == 2);
  std::vector<PackShare> packs = small_ones(1, 50, 10);
  for (PackShare& pack : packs) pack.chunks = 7;
  CHECK(choose_joins(packs, kFull, kNoBounds).into == 4);
}

TEST_CASE("Within time and room as many are put together as are worth it, and the rest is told") {
  const std::vector<PackShare> packs = joined_of(small_ones(1, 12, 10, 1), small_ones(21, 8, 9, 2));
  JoinChoice choice = choose_joins(packs, kFull, {100, 1000});
  CHECK(choice.now.size() == 10);
  CHECK(choice.later.size() == 2 + 8);
  CHECK(choice.no_room.empty());
  choice = choose_joins(packs, kFull, {1000, 192});
  CHECK(choice.now.size() == 12 + 8);
  choice = choose_joins(packs, kFull, {1000, 191});
  CHECK(choice.now.size() == 12);
  CHECK(choice.no_room.size() == 8);
  CHECK(choice.later.empty());
  // Fewer than are worth it are not touched at all.
  choice = choose_joins(packs, kFull, {79, 1000});
  CHECK(numbers(choice.now) == std::vector<int>{21, 22, 23, 24, 25, 26, 27, 28});
  CHECK(choice.later.size() == 12);
  CHECK(choose_joins(packs, kFull, {0, 1000}).now.empty());
  CHECK(choose_joins(packs, kFull, {1000, 0}).no_room.size() == 20);
}

namespace {

// Packs as a writer makes them of these: full ones, and a rest.
std::vector<PackShare> written_of(const std::vector<PackShare>& packs, const PackLimits& full,
                                  int& last_number) {
  std::vector<PackShare> made;
  for (const PackShare& pack : packs) {
    const bool has_room = !made.empty() && made.back().bytes + pack.bytes <= full.bytes;
    if (!has_room) made.push_back(small_one(++last_number, 0));
    made.back().needed = made.back().bytes += pack.bytes;
  }
  return made;
}

// 30 days of a run each 30 seconds, of which each brings a pack of a size by chance.
void check_month(std::uint64_t size_max, std::uint64_t written_percent_max) {
  CAPTURE(size_max);
  constexpr PackLimits kReal{32ULL << 20U, 65536};
  std::uint64_t stored = 0;
  std::uint64_t written = 0;
  std::size_t most = 0;
  int last_number = 0;
  std::uint64_t random = 1;
  std::vector<PackShare> small;
  for (int day = 0; day < 30; ++day) {
    for (int run = 0; run < 2880; ++run) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      small.push_back(small_one(++last_number, 500 + (random >> 40U) % size_max));
      stored += small.back().bytes;
    }
    const JoinChoice choice = choose_joins(small, kReal, kNoBounds);
    std::vector<PackShare> next;
    for (const PackShare& pack : written_of(choice.now, kReal, last_number)) {
      written += pack.bytes;
      if (is_small(pack, kReal)) next.push_back(pack);
    }
    std::set<Digest> gone;
    for (const PackShare& pack : choice.now) gone.insert(pack.name);
    for (const PackShare& pack : small) {
      if (!gone.contains(pack.name)) next.push_back(pack);
    }
    small = std::move(next);
    most = std::max(most, small.size());
    // Nothing new came: there is nothing to do.
    CHECK(choose_joins(small, kReal, kNoBounds).now.empty());
  }
  CHECK(most < 20);
  CHECK(written * 100 < stored * written_percent_max);
}

}  // namespace

TEST_CASE("Of a month of small packs few are left, and none was written again and again") {
  check_month(80'000, 110);
  check_month(1'000, 200);
}

}  // namespace holdfast::policy
