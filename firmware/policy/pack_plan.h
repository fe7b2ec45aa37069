// SPDX-License-Identifier: Apache-2.0
// What becomes of a pack of which not everything is needed any more, and which are written anew
// now.
#pragma once

#include <cstdint>
#include <vector>

#include "hal/base/digest.h"

namespace holdfast::policy {

enum class PackFate : std::uint8_t {
  stays,
  repacked,   // what is needed of it is written anew, and the rest goes
  condemned,  // goes as a whole
};

// Where a definition says nothing. What is freed is more than what is written then.
inline constexpr std::uint32_t kRepackBelowPercent = 50;
// Above that much is written for little that comes free.
inline constexpr std::uint32_t kRepackBelowPercentMax = 90;

// Bytes of its chunks as they lie in the pack: all, and those that something names.
struct PackShare {
  Digest name{};
  std::uint64_t bytes = 0;
  std::uint64_t needed = 0;
  std::uint64_t on_disks = 0;  // the whole pack, with parity
  bool operator==(const PackShare&) const = default;
};

// `below_percent`: 0: none is written anew.
[[nodiscard]] constexpr PackFate fate_of_pack(const PackShare& pack, std::uint32_t below_percent) {
  if (pack.needed == 0) return PackFate::condemned;
  return pack.needed * 100 < pack.bytes * below_percent ? PackFate::repacked : PackFate::stays;
}

// Of the bytes that are written, parity left out.
struct RepackBounds {
  std::uint64_t bytes_max = 0;  // at once: one pack may be more
  std::uint64_t room = 0;
};

struct RepackChoice {
  std::vector<PackShare> now;      // those of which the smallest part is needed first
  std::vector<PackShare> later;    // beyond bytes_max
  std::vector<PackShare> no_room;  // there would be time, but no room
};

[[nodiscard]] RepackChoice choose_repacks(std::vector<PackShare> packs, const RepackBounds& bounds);

}  // namespace holdfast::policy
