// SPDX-License-Identifier: Apache-2.0
// What becomes of a pack of which not everything is needed any more.
#pragma once

#include <cstdint>

namespace holdfast::policy {

enum class PackFate : std::uint8_t {
  stays,
  repacked,   // what is needed of it is written anew, and the rest goes
  condemned,  // goes as a whole
};

// Below this share of what is needed a pack is worth writing anew: what is freed is then more than
// what is written.
inline constexpr std::uint64_t kRepackBelowPercent = 50;

// Stored bytes of its chunks: all, and those that something names.
[[nodiscard]] constexpr PackFate fate_of_pack(std::uint64_t bytes, std::uint64_t needed) {
  if (needed == 0) return PackFate::condemned;
  return needed * 100 < bytes * kRepackBelowPercent ? PackFate::repacked : PackFate::stays;
}

}  // namespace holdfast::policy
