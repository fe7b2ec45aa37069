// SPDX-License-Identifier: Apache-2.0
// Every small damage of one small object: each bit flipped, each length from nothing to one byte
// short, one byte more.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include "hal/base/bytes.h"

namespace holdfast::test {

// One of them: `what` at `at` (the bit, the size, or the byte that was added).
struct SmallDamage {
  const char* what = "";
  std::size_t at = 0;
  bool is_flip = false;
  bool is_cut = false;
};

// Calls `check(damaged, damage)` for each of them. True is right; the test fails at the first one
// that is not, and says which.
template <class Check>
void for_every_damage(ByteView right, const Check& check) {
  const auto require = [&](ByteView damaged, const SmallDamage& damage) {
    if (!check(damaged, damage)) FAIL(damage.what << " " << damage.at);
  };
  Bytes bytes(right.begin(), right.end());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    bytes[bit / 8] ^= mask;
    require(bytes, {"bit", bit, true, false});
    bytes[bit / 8] ^= mask;
  }
  // In memory of its own size, so that a sanitizer sees a read behind the end.
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes cut(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(size));
    require(cut, {"cut at", size, false, true});
  }
  for (const std::uint8_t more : std::array<std::uint8_t, 3>{0, 1, 0xff}) {
    bytes.push_back(more);
    require(bytes, {"one more byte:", more, false, false});
    bytes.pop_back();
  }
}

// None of them passes `is_taken`, and the right bytes do.
template <class IsTaken>
void require_every_damage_seen(ByteView right, const IsTaken& is_taken) {
  REQUIRE(is_taken(right));
  for_every_damage(
      right, [&](ByteView damaged, const SmallDamage& /*damage*/) { return !is_taken(damaged); });
}

}  // namespace holdfast::test
