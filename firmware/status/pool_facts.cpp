// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/pool_facts.h"

#include <algorithm>
#include <optional>

#include "firmware/job/scrub_note.h"
#include "firmware/pool/election.h"
#include "firmware/pool/shard_census.h"
#include "firmware/vault/disk_watch_note.h"

namespace holdfast::status {

namespace {

// Of a memory that has something already, those that one more call looks at.
constexpr std::uint64_t kFollowingShare = 10;
constexpr std::uint64_t kFollowingFoldersMax = 8;

using Folder = PackMemory::Folder;

// A shard that is damaged somewhere may still help to read what is damaged elsewhere in others, so
// a pack is lost only once a scrub has tried. How many disks may go: that counts on what is right
// as a whole, and not on packs that nobody can lose any more.
void look_at_pack(const catalog::PackRow& row, const pool::ShardCensus& census,
                  const NotedDamage& damage, Folder& folder) {
  const Digest& name = row.pack.name;
  const std::uint16_t generation = row.hint.generation;
  const int present = census.count(name, generation);
  const int right = census.count(name, generation, damage.shards.shards_of(name, generation));
  const int k = row.hint.geometry.k;
  folder.looked_at += 1;
  folder.shards_missing +=
      static_cast<std::uint64_t>(std::max(row.hint.geometry.total() - present, 0));
  folder.shards_twice += static_cast<std::uint64_t>(census.count_twice(name, generation));
  // How many shards a pack without an index needs is not known: it counts as lost.
  if (row.index_missing() || present < k) {
    folder.lost += 1;
  } else if (right >= k || !damage.lost.contains(name)) {
    folder.may_lose = std::min(folder.may_lose, static_cast<std::uint64_t>(std::max(right - k, 0)));
  }
}

void add(const Folder& folder, PackFacts& facts) {
  facts.looked_at += folder.looked_at;
  facts.shards_missing += folder.shards_missing;
  facts.shards_twice += folder.shards_twice;
  facts.lost += folder.lost;
  facts.may_lose = std::min(facts.may_lose, folder.may_lose);
}

// Folder by folder, so that memory holds a 256th of the packs at a time.
Result<Folder> look_at_folder(pool::Pool& pool, const job::Businesses& businesses,
                              std::uint8_t first_byte, const NotedDamage& damage) {
  Folder folder;
  std::optional<pool::ShardCensus> census;
  const auto look = [&](const catalog::PackRow& row) -> Result<void> {
    if (!census) {
      HF_TRY(census, pool.census(first_byte));
    }
    look_at_pack(row, *census, damage, folder);
    return {};
  };
  for (const auto& business : businesses) {
    HF_TRY(business->with_catalog(
        [&](catalog::Catalog& catalog) { return catalog.for_each_pack_in(first_byte, look); }));
  }
  return folder;
}

// Those of them that are in a catalog.
Result<Folder> look_at_named(pool::Pool& pool, const job::Businesses& businesses,
                             std::span<const Digest> names, const NotedDamage& damage) {
  Folder folder;
  HF_TRY(const pool::ShardCensus census, pool.census(names.front().bytes[0]));
  for (const Digest& name : names) {
    for (const auto& business : businesses) {
      HF_TRY(const auto row, business->with_catalog([&](catalog::Catalog& catalog) {
        return catalog.find_pack(name);
      }));
      if (row) look_at_pack(*row, census, damage, folder);
    }
  }
  return folder;
}

// `count` folders from the next one on.
Result<void> look_at_next(pool::Pool& pool, const job::Businesses& businesses, std::uint64_t count,
                          const NotedDamage& damage, const job::StopFlag& stop,
                          PackMemory& memory) {
  for (std::uint64_t i = 0; i < count; ++i) {
    HF_TRY(job::check_stop(&stop));
    const std::uint8_t first_byte = memory.next.value_or(0);
    HF_TRY(memory.folders[first_byte], look_at_folder(pool, businesses, first_byte, damage));
    memory.next = static_cast<std::uint8_t>(first_byte + 1);
  }
  return {};
}

// What is known of all folders, and of packs in others that are known to be damaged: those are few,
// or so much is wrong that looking may take its time.
Result<void> sum_up(pool::Pool& pool, const job::Businesses& businesses, const NotedDamage& damage,
                    const job::StopFlag& stop, const PackMemory& memory, PackFacts& facts) {
  if (damage.shards.has_more()) facts.may_lose = 0;
  const std::vector<Digest> names = damage.shards.packs();
  for (unsigned first_byte = 0; first_byte < pool::kPackFolders; ++first_byte) {
    if (memory.folders[first_byte]) {
      add(*memory.folders[first_byte], facts);
      continue;
    }
    const auto of_folder = std::ranges::equal_range(
        names, first_byte, {}, [](const Digest& name) { return unsigned{name.bytes[0]}; });
    if (of_folder.empty()) continue;
    HF_TRY(job::check_stop(&stop));
    HF_TRY(const Folder folder,
           look_at_named(pool, businesses, {of_folder.begin(), of_folder.end()}, damage));
    add(folder, facts);
  }
  return {};
}

// Of all that a folder's facts depend on but what lies in it.
Digest seen_now(const pool::Pool& pool, const NotedDamage& damage) {
  Sha256 hash;
  hash.update(pool.label().record_digest.view());
  for (const pool::DiskStatus& disk : pool.status()) {
    const std::uint8_t state = static_cast<std::uint8_t>(disk.state);
    hash.update(disk.id.view());
    hash.update({&state, 1});
  }
  Bytes count;
  ByteWriter(count).u64(damage.shards.count());
  hash.update(count);
  for (const Digest& name : damage.shards.packs()) hash.update(name.view());
  std::vector<Digest> lost(damage.lost.begin(), damage.lost.end());
  std::ranges::sort(lost);
  for (const Digest& name : lost) hash.update(name.view());
  return hash.finish();
}

struct Totals {
  PackFacts facts;
  std::uint64_t noted_lost = 0;
};

// What can be told without looking at shards.
Result<Totals> add_up(pool::Pool& pool, const job::Businesses& businesses) {
  Totals totals;
  for (const auto& business : businesses) {
    HF_TRY(const auto of_one,
           business->with_catalog([](catalog::Catalog& catalog) { return catalog.pack_totals(); }));
    totals.facts.packs += of_one.packs;
    totals.facts.under_protected += of_one.under_protected;
    totals.noted_lost += of_one.lost;
  }
  totals.facts.may_lose = pool.label().record.m;
  return totals;
}

// Of packs that nobody has looked at, what members that are absent have counts as missing.
void add_unseen(const pool::Pool& pool, PackFacts& facts) {
  const std::uint64_t members = pool::current_members(pool.label().record);
  const std::uint64_t missing = members - std::min(members, pool.members_present());
  const std::uint64_t parity = pool.label().record.m;
  facts.may_lose = std::min(facts.may_lose, parity - std::min(parity, missing));
}

}  // namespace

NotedDamage load_noted_damage(ports::Disk& home, const job::Businesses& businesses) {
  NotedDamage damage{job::DamagedShards::load(home, job::load_scrub_note(home).shards_bad() > 0),
                     {}};
  // Without the notes shards count as they were found, which is the worse answer.
  if (auto lost = job::noted_lost_packs(home, businesses)) damage.lost = std::move(*lost);
  return damage;
}

Result<PackFacts> count_packs(pool::Pool& pool, const job::Businesses& businesses,
                              const NotedDamage& damage, const job::StopFlag& stop) {
  HF_TRY(Totals totals, add_up(pool, businesses));
  PackMemory memory;
  HF_TRY(look_at_next(pool, businesses, pool::kPackFolders, damage, stop, memory));
  HF_TRY(sum_up(pool, businesses, damage, stop, memory, totals.facts));
  if (totals.facts.packs == 0) add_unseen(pool, totals.facts);
  return totals.facts;
}

Result<PackFacts> sample_packs(pool::Pool& pool, const job::Businesses& businesses,
                               const NotedDamage& damage, ports::Random& random,
                               const job::StopFlag& stop, PackMemory& memory,
                               std::uint64_t packs_max) {
  HF_TRY(Totals totals, add_up(pool, businesses));
  PackFacts& facts = totals.facts;
  const Digest seen = seen_now(pool, damage);
  const bool follows = memory.next && memory.seen == seen;
  if (!follows) memory = PackMemory{{}, random.array<1>()[0], seen};
  std::uint64_t folders = pool::kPackFolders;
  if (follows) packs_max /= kFollowingShare;
  if (facts.packs > packs_max) folders = packs_max * pool::kPackFolders / facts.packs + 1;
  if (follows) folders = std::min(folders, kFollowingFoldersMax);
  HF_TRY(look_at_next(pool, businesses, folders, damage, stop, memory));
  HF_TRY(sum_up(pool, businesses, damage, stop, memory, facts));
  const bool knows_all = std::ranges::all_of(memory.folders, &std::optional<Folder>::has_value);
  if (!knows_all) facts.lost = std::max(facts.lost, totals.noted_lost);
  if (!knows_all || facts.packs == 0) add_unseen(pool, facts);
  return facts;
}

std::vector<pool::DiskStatus> disks_to_show(const pool::Pool& pool) {
  std::vector<pool::DiskStatus> disks = pool.status();
  std::erase_if(disks, [](const pool::DiskStatus& disk) { return disk.is_bare; });
  const std::vector<pool::DiskStatus> all = disks;
  std::erase_if(disks, [&](const pool::DiskStatus& disk) {
    return disk.state == pool::DiskState::foreign &&
           std::ranges::any_of(all, [&](const pool::DiskStatus& other) {
             return other.state == pool::DiskState::missing && other.path == disk.path;
           });
  });
  return disks;
}

std::vector<pool::DiskStatus> marked_disks(const pool::Pool& pool, ports::Disk& home) {
  std::vector<pool::DiskStatus> disks = disks_to_show(pool);
  const auto noted = vault::load_disk_watch(home);
  if (!noted) return disks;  // of no weight
  for (pool::DiskStatus& disk : disks) {
    const auto known = std::ranges::find(*noted, disk.id, &policy::WatchedDisk::disk);
    const bool is_marked = known != noted->end() && known->read_only;
    disk.is_read_only = disk.is_read_only || (is_marked && disk.state == pool::DiskState::present);
  }
  return disks;
}

std::vector<pool::DiskStatus> failed_disks(const pool::Pool& pool) {
  std::vector<pool::DiskStatus> disks = disks_to_show(pool);
  std::erase_if(disks, [](const pool::DiskStatus& disk) {
    const bool away =
        disk.state == pool::DiskState::missing || disk.state == pool::DiskState::damaged;
    return !away && disk.errors == 0;
  });
  return disks;
}

std::string_view state_name_of(const pool::DiskStatus& disk) {
  switch (disk.state) {
    case pool::DiskState::present:
      return disk.is_failing ? "failing" : "present";
    case pool::DiskState::missing:
      return "missing";
    case pool::DiskState::damaged:
      return "damaged";
    case pool::DiskState::foreign:
      return "foreign";
    case pool::DiskState::leaving:
      return "leaving";
    case pool::DiskState::retired:
      return "retired";
    case pool::DiskState::clone:
      return "clone";
  }
  return "foreign";
}

}  // namespace holdfast::status
