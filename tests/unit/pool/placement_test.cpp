// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/placement.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <set>

#include "firmware/pool/geometry.h"

using namespace holdfast;
using namespace holdfast::pool;
using erasure::Geometry;

namespace {

using Sizes = std::vector<std::uint64_t>;

Digest pack_name(std::size_t number) {
  return sha256(view_of(std::to_string(number)));
}

// Disks that fill up with packs.
class Disks {
 public:
  explicit Disks(const std::vector<std::uint64_t>& sizes) : data(sizes.size()), all(sizes.size()) {
    for (std::size_t i = 0; i < sizes.size(); ++i) candidates_.push_back({i, sizes[i], 0});
  }

  // False when there is no room for a whole pack.
  bool write(std::size_t number, Geometry geometry, std::uint64_t shard_size) {
    const auto total = static_cast<std::size_t>(geometry.total());
    const auto chosen = choose_disks(candidates_, total, shard_size, pack_name(number));
    if (chosen.size() < total) return false;
    if (std::set(chosen.begin(), chosen.end()).size() != total) FAIL("two shards on one disk");
    for (std::size_t shard = 0; shard < total; ++shard) {
      candidates_[chosen[shard]].free_bytes -= shard_size;
      ++all[chosen[shard]];
      if (shard < geometry.k) ++data[chosen[shard]];
    }
    return true;
  }

  std::vector<int> data;  // shards on each disk
  std::vector<int> all;

 private:
  std::vector<Candidate> candidates_;
};

bool within_percent(int percent, const std::vector<int>& counts) {
  const auto [least, most] = std::ranges::minmax(counts);
  return (most - least) * 100 <= most * percent;
}

}  // namespace

TEST_CASE("Equal disks get equally many shards, of data as of parity") {
  Disks disks(std::vector<std::uint64_t>(6, 1000000));
  for (std::size_t i = 0; i < 1000; ++i) REQUIRE(disks.write(i, {3, 2}, 10));
  CHECK(within_percent(1, disks.all));
  CHECK(within_percent(10, disks.data));
}

TEST_CASE("Data and parity are shared where every disk has a shard of every pack, too") {
  Disks disks(std::vector<std::uint64_t>(4, 1000000));
  for (std::size_t i = 0; i < 1000; ++i) REQUIRE(disks.write(i, {2, 2}, 10));
  CHECK(within_percent(0, disks.all));
  CHECK(within_percent(10, disks.data));
}

TEST_CASE("Disks of any sizes take as much as water filling says") {
  constexpr std::uint64_t kShard = 10;
  const std::vector<std::pair<std::vector<std::uint64_t>, Geometry>> pools{
      {{4000, 4000, 8000}, {1, 1}},
      {{1000, 2000, 3000, 4000, 5000}, {2, 1}},
      {{4000, 4000, 4000, 4000, 4000, 16000}, {3, 2}},
      {{1000, 9000, 9000, 9000, 9000, 9000, 9000}, {4, 2}},
      {{3000, 7000, 5000}, {1, 0}},
  };
  for (const auto& [sizes, geometry] : pools) {
    Disks disks(sizes);
    std::size_t packs = 0;
    while (disks.write(packs, geometry, kShard)) ++packs;
    const std::uint64_t stored = packs * kShard * geometry.k;
    const std::uint64_t expected = usable_bytes(sizes, geometry, Spare::none);
    INFO(sizes.size() << " disks: " << stored << " of " << expected);
    CHECK(stored <= expected);
    CHECK(stored * 100 >= expected * 98);
  }
}

namespace {

// A pool as backups fill it and heal mends it, by shard sizes alone.
class Filled {
 public:
  Filled(const Sizes& sizes, Geometry geometry) : geometry_(geometry) {
    for (const std::uint64_t size : sizes) rooms_.push_back({size, size});
  }
  // Until one of that size is refused, or there are so many.
  void fill(std::mt19937& random, std::uint64_t shard_max, std::size_t packs_max = SIZE_MAX) {
    const std::uint64_t before = free_bytes(rooms_, geometry_, Spare::kept);
    std::uint64_t stored = 0;
    while (packs_.size() < packs_max) {
      const std::uint64_t size = 1 + random() % shard_max;
      if (!leaves_spare(rooms_, geometry_, size)) break;
      const auto total = static_cast<std::size_t>(geometry_.total());
      const auto chosen = choose_disks(candidates(rooms_), total, size, pack_name(packs_.size()));
      if (chosen.size() < total) break;
      for (const std::size_t disk : chosen) rooms_[disk].free -= size;
      packs_.emplace_back(size, std::set(chosen.begin(), chosen.end()));
      stored += size * geometry_.k;
    }
    CHECK(stored <= before);
  }
  // The same while one disk is away. How many packs it took.
  std::size_t fill_without(std::size_t gone, std::mt19937& random, std::uint64_t shard_max) {
    const HealDue due{geometry_, 1};
    const auto total = static_cast<std::size_t>(geometry_.total());
    const std::size_t before = packs_.size();
    std::uint64_t stored = 0;
    const std::uint64_t free = free_bytes(others(gone), geometry_, due);
    for (;;) {
      const std::uint64_t size = 1 + random() % shard_max;
      if (!leaves_heal_room(others(gone), due, size)) break;
      auto candidates_left = candidates(rooms_);
      std::erase_if(candidates_left, [&](const Candidate& each) { return each.disk == gone; });
      const auto chosen = choose_disks(candidates_left, total, size, pack_name(packs_.size()));
      if (chosen.size() < total) break;
      for (const std::size_t disk : chosen) rooms_[disk].free -= size;
      packs_.emplace_back(size, std::set(chosen.begin(), chosen.end()));
      stored += size * geometry_.k;
    }
    CHECK(stored <= free + shard_max * geometry_.k);  // or a pack more
    return packs_.size() - before;
  }
  [[nodiscard]] std::size_t packs() const { return packs_.size(); }
  [[nodiscard]] std::size_t shards_on(std::size_t disk) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        packs_, [&](const auto& pack) { return pack.second.contains(disk); }));
  }
  // How many shards of the disk find no place on the others.
  [[nodiscard]] std::size_t unhealed_without(std::size_t gone) const {
    std::vector<DiskRoom> rooms = rooms_;
    std::size_t unhealed = 0;
    for (std::size_t pack = 0; pack < packs_.size(); ++pack) {
      const auto& [size, disks] = packs_[pack];
      if (!disks.contains(gone)) continue;
      auto others = candidates(rooms);
      std::erase_if(others, [&](const Candidate& other) {
        return other.disk == gone || disks.contains(other.disk);
      });
      const auto chosen = choose_disks(others, 1, size, pack_name(pack));
      if (chosen.empty()) {
        ++unhealed;
      } else {
        rooms[chosen.front()].free -= size;
      }
    }
    return unhealed;
  }

 private:
  [[nodiscard]] std::vector<DiskRoom> others(std::size_t gone) const {
    std::vector<DiskRoom> rooms = rooms_;
    rooms.erase(rooms.begin() + static_cast<std::ptrdiff_t>(gone));
    return rooms;
  }
  static std::vector<Candidate> candidates(const std::vector<DiskRoom>& rooms) {
    std::vector<Candidate> all;
    for (std::size_t disk = 0; disk < rooms.size(); ++disk) {
      all.push_back({disk, rooms[disk].free, 0});
    }
    return all;
  }

  Geometry geometry_;
  std::vector<DiskRoom> rooms_;
  std::vector<std::pair<std::uint64_t, std::set<std::size_t>>> packs_;
};

}  // namespace

TEST_CASE("Filled until it refuses, a pool of any disks heals whichever one goes") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    Sizes sizes(5 + random() % 8);
    const Geometry geometry = automatic_geometry(sizes.size());
    for (std::uint64_t& size : sizes) size = 200 + random() % (seed % 2 == 0 ? 400 : 4000);
    Filled pool(sizes, geometry);
    pool.fill(random, 20);
    CHECK(pool.packs() > 5);
    for (std::size_t gone = 0; gone < sizes.size(); ++gone) {
      CAPTURE(seed, sizes.size(), gone);
      CHECK(pool.unhealed_without(gone) == 0);
    }
  }
}

TEST_CASE(
    "What is stored while a disk is away, until it refuses, leaves its heal a place for all") {
  std::size_t took = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    Sizes sizes(5 + random() % 8);
    const Geometry geometry = automatic_geometry(sizes.size());
    for (std::uint64_t& size : sizes) size = 200 + random() % (seed % 2 == 0 ? 400 : 4000);
    Filled pool(sizes, geometry);
    pool.fill(random, 20, random() % 60);
    const std::size_t gone = random() % sizes.size();
    CAPTURE(seed, sizes.size(), gone);
    took += pool.fill_without(gone, random, 20);
    CHECK(pool.unhealed_without(gone) == 0);
  }
  CHECK(took > 400);
}

TEST_CASE("With no disk left to heal onto, all that fits may be written") {
  const std::vector<DiskRoom> rooms(4, DiskRoom{1000, 400});
  CHECK(leaves_heal_room(rooms, {{3, 2}, 1}, 400));
  CHECK(free_bytes(rooms, {2, 2}, HealDue{{3, 2}, 1}) == 800);
  // One of two that are away: each pack has four of five shards here, or three.
  const std::vector<DiskRoom> five(5, DiskRoom{1000, 400});
  CHECK(free_bytes(five, {3, 2}, HealDue{{3, 2}, 1}) == 3 * (1000 - 750) * 4 / 5);
  CHECK(leaves_heal_room(five, {{3, 2}, 1}, 250));
  CHECK_FALSE(leaves_heal_room(five, {{3, 2}, 1}, 251));
  CHECK(free_bytes(five, {3, 2}, HealDue{{3, 2}, 2}) == 0);
}

// With more left over the room is there, but some packs may have shards on every disk that has it.
TEST_CASE("A pool with several disks left over heals all but a few shards") {
  std::size_t lost = 0;
  std::size_t unhealed = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const Geometry geometry{static_cast<std::uint8_t>(1 + random() % 3),
                            static_cast<std::uint8_t>(1 + random() % 2)};
    const Sizes sizes(static_cast<std::size_t>(geometry.total()) + 2 + random() % 3,
                      500 + random() % 2000);
    Filled pool(sizes, geometry);
    pool.fill(random, 20);
    for (std::size_t gone = 0; gone < sizes.size(); ++gone) {
      lost += pool.shards_on(gone);
      unhealed += pool.unhealed_without(gone);
    }
  }
  CAPTURE(lost, unhealed);
  CHECK(lost > 10'000);
  CHECK(unhealed * 50 < lost);
}

TEST_CASE("The disks with most free bytes are taken, and those without room left out") {
  const std::vector<Candidate> disks{
      {7, 50, false}, {3, 99, false}, {5, 100, false}, {1, 300, false}};
  const auto sorted = [&](std::size_t count, std::uint64_t size) {
    auto chosen = choose_disks(disks, count, size, pack_name(0));
    std::ranges::sort(chosen);
    return chosen;
  };
  CHECK(sorted(2, 10) == std::vector<std::size_t>{1, 5});
  CHECK(sorted(4, 100) == std::vector<std::size_t>{1, 5});
  CHECK(sorted(4, 99) == std::vector<std::size_t>{1, 3, 5});
  CHECK(sorted(4, 301).empty());
  CHECK(sorted(0, 1).empty());
  CHECK(choose_disks({}, 3, 1, pack_name(0)).empty());
}

TEST_CASE("A disk that is failing is taken only where the others do not suffice") {
  const std::vector<Candidate> disks{
      {0, 900, true}, {1, 100, false}, {2, 100, false}, {3, 850, true}};
  const auto holds = [&](std::size_t count, std::size_t disk) {
    const auto chosen = choose_disks(disks, count, 10, pack_name(0));
    return std::ranges::find(chosen, disk) != chosen.end();
  };
  CHECK_FALSE(holds(2, 0));
  CHECK(holds(3, 0));
  CHECK_FALSE(holds(3, 3));
  CHECK(holds(4, 3));
}

TEST_CASE("The same pack and disks give the same places, whatever their order") {
  std::vector<Candidate> disks;
  for (std::size_t i = 0; i < 9; ++i) disks.push_back({i, 1000 + i % 2, false});
  const auto before = choose_disks(disks, 5, 10, pack_name(1));
  std::ranges::reverse(disks);
  CHECK(choose_disks(disks, 5, 10, pack_name(1)) == before);
  CHECK(choose_disks(disks, 5, 10, pack_name(2)) != before);
}
