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
std::uint64_t usable_by_trial(const Sizes& disks, Geometry geometry, std::uint64_t spare) {
  const auto k = std::uint64_t{geometry.k};
  const auto n = static_cast<std::uint64_t>(geometry.total());
  std::uint64_t total = 0;
  for (const std::uint64_t size : disks) total += size;
  for (std::uint64_t usable = total * k / n;; --usable) {
    std::uint64_t filled = 0;  // times k
    for (const std::uint64_t size : disks) filled += std::min(size * k, usable);
    if (filled >= usable * n && total * k >= usable * n + spare * k) return usable;
    if (usable == 0) return 0;
  }
}

ErrorCode refusal(GeometryPolicy policy, Geometry fixed, std::size_t disks) {
  const Result<Geometry> result = choose_geometry(policy, fixed, disks);
  REQUIRE_FALSE(result);
  return result.error().code;
}

}  // namespace

TEST_CASE("What is written leaves the spare free, to the byte") {
  const Sizes disks{100, 200, 300};
  CHECK(leaves_spare(disks, 400, 200));
  CHECK_FALSE(leaves_spare(disks, 401, 200));
  CHECK(leaves_spare(disks, 600, 0));
  CHECK_FALSE(leaves_spare({}, 1, 0));
  // Sizes that no disk has do not run over.
  const Sizes huge(kMembersMax, std::numeric_limits<std::uint64_t>::max());
  CHECK(leaves_spare(huge, 1000, huge.front()));
  CHECK_FALSE(leaves_spare(Sizes{1000}, huge.front(), huge.front()));
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
    const std::uint64_t spare = round % 3 == 0 ? up_to(most) : 0;
    const std::uint64_t expected = usable_by_trial(disks, geometry, spare);
    if (usable_bytes(disks, geometry, spare) != expected) {
      FAIL("round " << round << ": " << usable_bytes(disks, geometry, spare) << " instead of "
                    << expected);
    }
  }
}

TEST_CASE("Usable bytes of pools as they are built") {
  constexpr std::uint64_t kDisk = 4000 * kGiB;
  CHECK(usable_bytes(Sizes(6, kDisk), {3, 2}, kDisk) == 3 * kDisk);
  CHECK(usable_bytes(Sizes{kDisk, 4 * kDisk}, {1, 1}, 0) == kDisk);
  CHECK(usable_bytes(Sizes{kDisk, kDisk, 2 * kDisk}, {1, 1}, 0) == 2 * kDisk);
  CHECK(usable_bytes(Sizes(3, kDisk), {2, 2}, 0) == 0);
  CHECK(usable_bytes({}, {1, 0}, 0) == 0);
  CHECK(usable_bytes(Sizes(2, kDisk), {1, 1}, 9 * kDisk) == 0);
}

TEST_CASE("Disks that claim to be endless overflow nothing") {
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  CHECK(usable_bytes(Sizes(32, kMost), {31, 1}, 0) == 31 * (std::uint64_t{1} << 58));
  CHECK(usable_bytes(Sizes{100, kMost}, {1, 1}, 0) == 100);
}
