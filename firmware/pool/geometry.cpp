// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/geometry.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

namespace holdfast::pool {

using erasure::Geometry;

namespace {

// By number of disks, from 1. From five on one disk is left over, as spare to heal into.
constexpr std::array<Geometry, 12> kTable{{
    {1, 0},
    {1, 1},
    {2, 1},
    {2, 2},
    {2, 2},
    {3, 2},  //
    {4, 2},
    {5, 2},
    {5, 3},
    {6, 3},
    {7, 3},
    {8, 3},
}};
constexpr std::size_t kThreeParityUpTo = 16;  // disks; beyond, four

Geometry geometry_of(std::size_t k, std::size_t m) {
  return {static_cast<std::uint8_t>(k), static_cast<std::uint8_t>(m)};
}

// A small disk is not all reserve.
constexpr std::uint64_t kReserveShareMax = 16;

// Sums of 32 such numbers still fit; no disk comes near.
constexpr std::uint64_t kDiskBytesMax = std::uint64_t{1} << 58;

// floor(bytes * k / shares) without overflow.
std::uint64_t data_bytes(std::uint64_t bytes, std::uint64_t k, std::uint64_t shares) {
  return k * (bytes / shares) + k * (bytes % shares) / shares;
}

bool has_disk_left_over(std::size_t disks, Geometry geometry) {
  return disks > static_cast<std::size_t>(geometry.total());
}

// Bytes of packs that go on disks of these sizes, which are sorted.
std::uint64_t filled_bytes(std::vector<std::uint64_t> sizes, Geometry geometry) {
  const auto total_shards = static_cast<std::size_t>(geometry.total());
  if (sizes.size() < total_shards) return 0;
  std::uint64_t sum = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  // A disk that holds more than an even share gets one shard of every pack, and the rest of it
  // stays empty; then the others share the other shards evenly.
  std::uint64_t shares = total_shards;
  while (shares > 1 && sizes.back() > sum / shares) {
    sum -= sizes.back();
    sizes.pop_back();
    --shares;
  }
  return data_bytes(sum, geometry.k, shares);
}

std::uint64_t used_bytes(std::span<const DiskRoom> disks) {
  std::uint64_t used = 0;
  for (const DiskRoom& disk : disks) {
    const std::uint64_t size = std::min(disk.size, kDiskBytesMax);
    used += size - std::min(size, disk.free);
  }
  return used;
}

}  // namespace

Geometry automatic_geometry(std::size_t disks) {
  const std::size_t usable = std::clamp<std::size_t>(disks, 1, Geometry::kTotalMax);
  if (usable <= kTable.size()) return kTable.at(usable - 1);
  const std::size_t m = usable <= kThreeParityUpTo ? 3 : 4;
  return geometry_of(usable - 1 - m, m);
}

Result<Geometry> choose_geometry(GeometryPolicy policy, Geometry fixed, std::size_t disks) {
  const auto wrong = [](const char* what) {
    return make_error(ErrorCode::bad_geometry, {}, {{"what", what}});
  };
  if (disks == 0 || disks > kMembersMax) return wrong("disks");
  switch (policy) {
    case GeometryPolicy::automatic:
      return automatic_geometry(disks);
    case GeometryPolicy::half:
      return geometry_of(disks - disks / 2, disks / 2);
    case GeometryPolicy::fixed:
      if (!fixed.valid()) return wrong("k and m");
      if (static_cast<std::size_t>(fixed.total()) > disks) return wrong("more shards than disks");
      return fixed;
  }
  return wrong("policy");
}

Geometry degraded_geometry(Geometry wanted, std::size_t present) {
  if (present >= static_cast<std::size_t>(wanted.total())) return wanted;
  const std::size_t m = std::min<std::size_t>(wanted.m, present > 0 ? present - 1 : 0);
  return geometry_of(std::max<std::size_t>(present, 1) - m, m);
}

std::uint64_t reserve_of(std::uint64_t capacity, std::uint64_t reserve) {
  return std::min(reserve, capacity / kReserveShareMax);
}

std::uint64_t usable_bytes(std::span<const std::uint64_t> disk_bytes, Geometry geometry,
                           Spare spare) {
  HF_CHECK(geometry.valid() && disk_bytes.size() <= kMembersMax);
  std::vector<std::uint64_t> sizes;
  for (const std::uint64_t bytes : disk_bytes) sizes.push_back(std::min(bytes, kDiskBytesMax));
  std::ranges::sort(sizes);
  if (spare == Spare::none || !has_disk_left_over(sizes.size(), geometry)) {
    return filled_bytes(std::move(sizes), geometry);
  }
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t gone = 0; gone < sizes.size(); ++gone) {
    std::vector<std::uint64_t> others = sizes;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(gone));
    least = std::min(least, filled_bytes(std::move(others), geometry));
  }
  return least;
}

std::uint64_t free_bytes(std::span<const DiskRoom> disks, Geometry geometry, Spare spare) {
  std::vector<std::uint64_t> sizes;
  std::vector<std::uint64_t> free;
  for (const DiskRoom& disk : disks) {
    sizes.push_back(disk.size);
    free.push_back(disk.free);
  }
  const std::uint64_t fits = usable_bytes(free, geometry, Spare::none);
  if (spare == Spare::none || !has_disk_left_over(disks.size(), geometry)) return fits;
  const std::uint64_t usable = usable_bytes(sizes, geometry, Spare::kept);
  const auto shards = static_cast<std::uint64_t>(geometry.total());
  const std::uint64_t used = data_bytes(used_bytes(disks), geometry.k, shards);
  return std::min(fits, usable - std::min(usable, used));
}

bool leaves_spare(std::span<const DiskRoom> disks, Geometry geometry, std::uint64_t shard_bytes) {
  HF_CHECK(geometry.valid() && disks.size() <= kMembersMax);
  if (!has_disk_left_over(disks.size(), geometry)) return true;
  const auto shards = static_cast<std::uint64_t>(geometry.total());
  const std::uint64_t written = used_bytes(disks) + shards * std::min(shard_bytes, kDiskBytesMax);
  // No disk can have more than one shard of each pack.
  const std::uint64_t on_one = written / shards + (written % shards == 0 ? 0 : 1);
  const std::uint64_t margin = disks.size() > shards + 1 ? shard_bytes : 0;
  const auto most_on = [&](const DiskRoom& disk) {
    const std::uint64_t size = std::min(disk.size, kDiskBytesMax);
    return std::min(size - std::min(size, margin), on_one);
  };
  std::uint64_t all = 0;
  for (const DiskRoom& disk : disks) all += most_on(disk);
  return std::ranges::all_of(disks,
                             [&](const DiskRoom& gone) { return all - most_on(gone) >= written; });
}

namespace {

struct Heal {
  std::uint64_t placed = 0;  // shards of each pack that are here, at least
  std::uint64_t shards = 0;  // the same when it is healed as far as there are disks
  std::uint64_t now = 0;     // bytes that one shard of each pack has
};

// Nothing if no disk is left to heal onto.
std::optional<Heal> heal_of(std::span<const DiskRoom> here, const HealDue& due) {
  const auto total = static_cast<std::uint64_t>(due.wanted.total());
  const std::uint64_t placed = total - std::min<std::uint64_t>(due.away, due.wanted.m);
  Heal heal{placed, std::min<std::uint64_t>(total, here.size())};
  if (heal.shards <= placed) return std::nullopt;
  const std::uint64_t used = used_bytes(here);
  heal.now = used / placed + (used % placed == 0 ? 0 : 1);
  return heal;
}

}  // namespace

std::uint64_t free_bytes(std::span<const DiskRoom> here, Geometry geometry, const HealDue& due) {
  const std::uint64_t fits = free_bytes(here, geometry, Spare::none);
  const auto heal = heal_of(here, due);
  if (!heal) return fits;
  std::vector<std::uint64_t> sizes;
  for (const DiskRoom& disk : here) sizes.push_back(disk.size);
  const std::uint64_t most = usable_bytes(sizes, geometry_of(1, heal->shards - 1), Spare::none);
  // What is written counts as if it lacked shards, too, as soon as it is there.
  const std::uint64_t left = most - std::min(most, heal->now);
  return std::min(fits, data_bytes(left, heal->placed, heal->shards) * geometry.k);
}

bool leaves_heal_room(std::span<const DiskRoom> here, const HealDue& due,
                      std::uint64_t shard_bytes) {
  HF_CHECK(here.size() <= kMembersMax);
  const auto heal = heal_of(here, due);
  if (!heal) return true;
  const std::uint64_t then = heal->now + std::min(shard_bytes, kDiskBytesMax);
  // As for the spare: the pieces do not fill disks to the byte where they have a choice.
  const std::uint64_t margin = here.size() > heal->shards ? shard_bytes : 0;
  std::uint64_t all = 0;
  for (const DiskRoom& disk : here) {
    const std::uint64_t size = std::min(disk.size, kDiskBytesMax);
    all += std::min(size - std::min(size, margin), then);
  }
  return all >= heal->shards * then;
}

}  // namespace holdfast::pool
