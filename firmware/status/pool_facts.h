// SPDX-License-Identifier: Apache-2.0
// What pool and businesses look like from outside, for `pool status` and `status`.
//
// Shards are counted by their files' names; what is in them is the business of scrub, and what it
// found damaged counts no more.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "firmware/job/damaged_shards.h"
#include "firmware/job/lost_items.h"
#include "firmware/job/pool_packs.h"
#include "firmware/pool/shard_census.h"

namespace holdfast::status {

struct PackFacts {
  std::uint64_t packs = 0;            // of all businesses
  std::uint64_t under_protected = 0;  // of them, written with less parity than wanted
  std::uint64_t looked_at = 0;        // packs whose shards were counted; what follows is of these
  std::uint64_t shards_missing = 0;
  std::uint64_t shards_twice = 0;  // pool::ShardCensus::count_twice()
  std::uint64_t lost = 0;          // packs with fewer shards than they need
  std::uint64_t may_lose = 0;      // disks that may still go before something more is lost
};

// What home has noted of what is wrong within shards.
struct NotedDamage {
  job::DamagedShards shards;
  job::PackSet lost;  // packs that could not be had back
};
[[nodiscard]] NotedDamage load_noted_damage(ports::Disk& home, const job::Businesses& businesses);

// Every pack in the catalogs. interrupted.
[[nodiscard]] Result<PackFacts> count_packs(pool::Pool& pool, const job::Businesses& businesses,
                                            const NotedDamage& damage, const job::StopFlag& stop);

// What was found in the folders of packs that were looked at, by the first byte of their names: who
// looks again and again needs a few folders each time, and knows all after a round. Forgets
// everything once a disk comes or goes, or other shards are known to be damaged.
struct PackMemory {
  struct Folder {
    std::uint64_t looked_at = 0;
    std::uint64_t shards_missing = 0;
    std::uint64_t shards_twice = 0;
    std::uint64_t lost = 0;
    std::uint64_t may_lose = std::numeric_limits<std::uint64_t>::max();
  };
  std::array<std::optional<Folder>, pool::kPackFolders> folders = {};
  std::optional<std::uint8_t> next = {};  // the folder to look at
  Digest seen = {};                       // disks and damage by which they were looked at
};

// The same at a cost that does not grow with history: of many packs only some thousand are looked
// at, others each time, and those that have damaged shards. What runs noted as lost in the rest
// counts as well. With a memory that has something already a tenth of that is enough.
inline constexpr std::uint64_t kSampledMax = 4096;
[[nodiscard]] Result<PackFacts> sample_packs(pool::Pool& pool, const job::Businesses& businesses,
                                             const NotedDamage& damage, ports::Random& random,
                                             const job::StopFlag& stop, PackMemory& memory,
                                             std::uint64_t packs_max = kSampledMax);

// Pool::status() with one line a place, and none of a place where nothing lies: the bare mount
// point of a member is that member missing, and that of a disk that was replaced is nothing.
[[nodiscard]] std::vector<pool::DiskStatus> disks_to_show(const pool::Pool& pool);

// The same, read-only also where `pool tend` could not write, by the note in home.
[[nodiscard]] std::vector<pool::DiskStatus> marked_disks(const pool::Pool& pool, ports::Disk& home);

// Members that are not as they should be: not there, not readable, or failed since the pool was
// opened.
[[nodiscard]] std::vector<pool::DiskStatus> failed_disks(const pool::Pool& pool);

// "present", "missing", …; "failing" of one that is present.
[[nodiscard]] std::string_view state_name_of(const pool::DiskStatus& disk);

}  // namespace holdfast::status
