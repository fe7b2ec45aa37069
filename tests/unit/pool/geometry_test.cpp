// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/geometry.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <vector>

using namespace holdfast;
using namespace holdfast::pool;
using erasure::Geometry;

namespace {

using Sizes = std::vector<std::uint64_t>;

// The definition, tried from the top.
std::uint64_t filled_by_trial(const Sizes& disks, Geometry geometry) {
  const auto k = std::uint64_t{geometry.k};
  const auto n = static_cast<std::uint64_t>(geometry.total());
  std::uint64_t total = 0;
  for (const std::uint64_t size : disks) total += size;
  for (std::uint64_t usable = total * k / n;; --usable) {
    std::uint64_t filled = 0;  // times k
    for (const std::uint64_t size : disks) filled += std::min(size * k, usable);
    if (filled >= usable * n) return usable;
    if (usable == 0) return 0;
  }
}

std::uint64_t usable_by_trial(const Sizes& disks, Geometry geometry, Spare spare) {
  std::uint64_t least = filled_by_trial(disks, geometry);
  const bool is_left_over = disks.size() > static_cast<std::size_t>(geometry.total());
  if (spare == Spare::none || !is_left_over) return least;
  for (std::size_t gone = 0; gone < disks.size(); ++gone) {
    Sizes others = disks;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(gone));
    least = std::min(least, filled_by_trial(others, geometry));
  }
  return least;
}

ErrorCode refusal(GeometryPolicy policy, Geometry fixed, std::size_t disks) {
  const Result<Geometry> result = choose_geometry(policy, fixed, disks);
  REQUIRE_FALSE(result);
  return result.error().code;
}

}  // namespace

TEST_CASE("What is written leaves the spare free, to the byte") {
  // One disk is left over: every pack may have to lie on all the others, so the smallest counts.
  CHECK(leaves_spare(std::vector<DiskRoom>{{100, 100}, {200, 200}, {300, 300}}, {1, 1}, 100));
  CHECK_FALSE(leaves_spare(std::vector<DiskRoom>{{100, 100}, {200, 200}, {300, 300}}, {1, 1}, 101));
  // What lies there counts: 60 + 60 bytes of shards, so another 40 on each of two.
  CHECK(leaves_spare(std::vector<DiskRoom>{{100, 40}, {200, 140}, {300, 300}}, {1, 1}, 40));
  CHECK_FALSE(leaves_spare(std::vector<DiskRoom>{{100, 40}, {200, 140}, {300, 300}}, {1, 1}, 41));
  // Without a disk left over there is no spare.
  CHECK(leaves_spare(std::vector<DiskRoom>{{100, 0}, {100, 0}}, {1, 1}, 100));
  CHECK(leaves_spare({}, {1, 0}, 1));
  // Sizes that no disk has do not run over.
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const std::vector<DiskRoom> huge(kMembersMax, {kMost, kMost});
  CHECK(leaves_spare(huge, {29, 2}, 1000));
  CHECK_FALSE(leaves_spare(std::vector<DiskRoom>(kMembersMax, {kMost, 0}), {29, 2}, 1));
}

TEST_CASE("Free bytes are usable bytes less what is used, and never more than there is room for") {
  const std::vector<DiskRoom> empty{{320, 320}, {288, 288}, {64, 64}, {64, 64}, {64, 64}};
  CHECK(free_bytes(empty, {2, 2}, Spare::kept) == 128);
  CHECK(free_bytes(empty, {2, 2}, Spare::none) == 192);
  const std::vector<DiskRoom> used{{320, 290}, {288, 258}, {64, 34}, {64, 34}, {64, 64}};
  CHECK(free_bytes(used, {2, 2}, Spare::kept) == 68);
  // Something else has used up the room of a disk that a pack cannot do without.
  const std::vector<DiskRoom> full{{100, 100}, {100, 5}, {100, 5}};
  CHECK(free_bytes(full, {1, 1}, Spare::kept) == 5);
  CHECK(free_bytes(full, {1, 1}, Spare::none) == 10);
}

TEST_CASE("The reserve is what was asked for, and of a small disk a sixteenth") {
  CHECK(reserve_of(1'600'000, 1000) == 1000);
  CHECK(reserve_of(1600, 1000) == 100);
  CHECK(reserve_of(0, 1000) == 0);
}

TEST_CASE("The geometry follows from the number of disks as the design says") {
  const std::vector<Geometry> table{{1, 0}, {1, 1}, {2, 1}, {2, 2}, {2, 2}, {3, 2},
                                    {4, 2}, {5, 2}, {5, 3}, {6, 3}, {7, 3}, {8, 3}};
  for (std::size_t disks = 1; disks <= table.size(); ++disks) {
    INFO(disks << " disks");
    CHECK(automatic_geometry(disks) == table[disks - 1]);
  }
  CHECK(automatic_geometry(16) == Geometry{12, 3});
  CHECK(automatic_geometry(17) == Geometry{12, 4});
  CHECK(automatic_geometry(32) == Geometry{27, 4});
}

TEST_CASE("From five disks on one is left over, and more disks never mean less") {
  for (std::size_t disks = 5; disks <= kMembersMax; ++disks) {
    const Geometry geometry = automatic_geometry(disks);
    const Geometry before = automatic_geometry(disks - 1);
    INFO(disks << " disks");
    CHECK(geometry.total() == static_cast<int>(disks) - 1);
    CHECK(geometry.k >= before.k);
    CHECK(geometry.m >= before.m);
  }
}

TEST_CASE("Half makes as much parity as data, or one less") {
  const auto half = [](std::size_t disks) {
    return choose_geometry(GeometryPolicy::half, {}, disks).value();
  };
  CHECK(half(1) == Geometry{1, 0});
  CHECK(half(2) == Geometry{1, 1});
  CHECK(half(5) == Geometry{3, 2});
  CHECK(half(32) == Geometry{16, 16});
}

TEST_CASE("A fixed geometry is taken if the disks suffice") {
  CHECK(choose_geometry(GeometryPolicy::fixed, {2, 2}, 4).value() == Geometry{2, 2});
  CHECK(choose_geometry(GeometryPolicy::fixed, {2, 2}, 9).value() == Geometry{2, 2});
  CHECK(choose_geometry(GeometryPolicy::automatic, {9, 9}, 6).value() == Geometry{3, 2});
  CHECK(refusal(GeometryPolicy::fixed, {2, 2}, 3) == ErrorCode::bad_geometry);
  CHECK(refusal(GeometryPolicy::fixed, {0, 2}, 3) == ErrorCode::bad_geometry);
  CHECK(refusal(GeometryPolicy::fixed, {30, 3}, 32) == ErrorCode::bad_geometry);
  CHECK(refusal(GeometryPolicy::automatic, {1, 0}, 0) == ErrorCode::bad_geometry);
  CHECK(refusal(GeometryPolicy::half, {1, 0}, 33) == ErrorCode::bad_geometry);
}

TEST_CASE("With disks missing, data shards go first, then parity") {
  const Geometry wanted{3, 2};
  CHECK(degraded_geometry(wanted, 9) == wanted);
  CHECK(degraded_geometry(wanted, 5) == wanted);
  CHECK(degraded_geometry(wanted, 4) == Geometry{2, 2});
  CHECK(degraded_geometry(wanted, 3) == Geometry{1, 2});
  CHECK(degraded_geometry(wanted, 2) == Geometry{1, 1});
  CHECK(degraded_geometry(wanted, 1) == Geometry{1, 0});
  CHECK(degraded_geometry(wanted, 0) == Geometry{1, 0});
  CHECK(degraded_geometry({4, 0}, 2) == Geometry{2, 0});
}

TEST_CASE("Usable bytes are what the definition gives, to the byte") {
  std::mt19937 random(1);
  const auto up_to = [&](std::uint64_t most) { return random() % (most + 1); };
  for (int round = 0; round < 3000; ++round) {
    Sizes disks(1 + up_to(7));
    const std::uint64_t most = round % 2 == 0 ? 12 : 300;
    for (std::uint64_t& size : disks) size = up_to(most);
    const Geometry geometry{static_cast<std::uint8_t>(1 + up_to(5)),
                            static_cast<std::uint8_t>(up_to(3))};
    const Spare spare = round % 3 == 0 ? Spare::none : Spare::kept;
    const std::uint64_t expected = usable_by_trial(disks, geometry, spare);
    if (usable_bytes(disks, geometry, spare) != expected) {
      FAIL("round " << round << ": " << usable_bytes(disks, geometry, spare) << " instead of "
                    << expected);
    }
  }
}

TEST_CASE("Usable bytes of pools as they are built") {
  constexpr std::uint64_t kDisk = 4000 * kGiB;
  CHECK(usable_bytes(Sizes(6, kDisk), {3, 2}, Spare::kept) == 3 * kDisk);
  CHECK(usable_bytes(Sizes(6, kDisk), {3, 2}, Spare::none) == 6 * kDisk * 3 / 5);
  CHECK(usable_bytes(Sizes{320, 288, 64, 64, 64}, {2, 2}, Spare::kept) == 128);
  CHECK(usable_bytes(Sizes{kDisk, 4 * kDisk}, {1, 1}, Spare::kept) == kDisk);
  CHECK(usable_bytes(Sizes{kDisk, kDisk, 2 * kDisk}, {1, 1}, Spare::none) == 2 * kDisk);
  CHECK(usable_bytes(Sizes{kDisk, kDisk, 2 * kDisk}, {1, 1}, Spare::kept) == kDisk);
  CHECK(usable_bytes(Sizes(3, kDisk), {2, 2}, Spare::kept) == 0);
  CHECK(usable_bytes({}, {1, 0}, Spare::kept) == 0);
}

TEST_CASE("Disks that claim to be endless overflow nothing") {
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  CHECK(usable_bytes(Sizes(32, kMost), {31, 1}, Spare::none) == 31 * (std::uint64_t{1} << 58));
  CHECK(usable_bytes(Sizes(32, kMost), {29, 2}, Spare::kept) == 29 * (std::uint64_t{1} << 58));
  CHECK(usable_bytes(Sizes{100, kMost}, {1, 1}, Spare::none) == 100);
}
