// SPDX-License-Identifier: Apache-2.0
// What becomes of a pack of which not everything is needed any more, which are written anew now,
// and which small ones are put together.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
  std::uint64_t chunks = 0;
  std::uint64_t alike = 0;  // packs with the same number may be put together
  std::uint64_t entry = 0;  // number of the journal entry that names it
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

// Of any number of packs so many at most: those that come first, however many others there are.
// None of a group is left out as long as another group has more: few of a kind keep their place
// beside very many.
class FirstPacks {
 public:
  using Before = bool (*)(const PackShare& left, const PackShare& right);
  // `most`: 0: none.
  FirstPacks(std::size_t most, Before before) : most_(most), before_(before) {}

  // The pack that has no place, if there is one: this one, or one that was added before.
  [[nodiscard]] std::optional<PackShare> add(const PackShare& pack, std::uint64_t group);
  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  // All that have a place; begins anew.
  [[nodiscard]] std::vector<PackShare> take();

 private:
  std::size_t most_;
  Before before_;
  std::size_t count_ = 0;
  std::map<std::uint64_t, std::vector<PackShare>> groups_;  // heaps: the last one in front
};

// The order of choose_repacks(), and that of choose_joins() among alike packs.
[[nodiscard]] bool has_less_needed(const PackShare& left, const PackShare& right);
[[nodiscard]] bool is_smaller(const PackShare& left, const PackShare& right);

// At which a pack is full.
struct PackLimits {
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;
};

// Less than half of what it could have: never again once it has that.
[[nodiscard]] constexpr bool is_small(const PackShare& pack, const PackLimits& full) {
  return pack.bytes < full.bytes / 2 && pack.chunks < full.chunks / 2;
}

// What is put together is so many times as much as the largest pack of it. So a chunk is written
// anew each time its pack would grow by this factor, whoever asks and how often.
inline constexpr std::uint64_t kJoinFactor = 8;

struct JoinChoice {
  std::vector<PackShare> now;  // alike ones side by side, in the order in which they were named
  std::uint64_t into = 0;      // packs that they become, or a few more
  // What would be put together too.
  std::vector<PackShare> later;    // beyond bytes_max
  std::vector<PackShare> no_room;  // there would be time, but no room
};

// Of each kind of alike packs as many as there can be, the smallest ones; none if there are too
// few. `small`: is_small() of each. What is left over is so few that each is larger than a seventh
// of all smaller ones together: their number grows with the logarithm of their sizes.
[[nodiscard]] JoinChoice choose_joins(std::vector<PackShare> small, const PackLimits& full,
                                      const RepackBounds& bounds);

}  // namespace holdfast::policy
