// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/pool_facts.h"

#include <algorithm>
#include <optional>

#include "firmware/job/scrub_note.h"
#include "firmware/pool/election.h"
#include "firmware/pool/shard_census.h"

namespace holdfast::status {

namespace {

// A shard that is damaged somewhere may still help to read what is damaged elsewhere in others, so
// a pack is lost only once a scrub has tried. How many disks may go: that counts on what is right
// as a whole, and not on packs that nobody can lose any more.
void look_at_pack(const catalog::PackRow& row, const pool::ShardCensus& census,
                  const NotedDamage& damage, PackFacts& facts) {
  const Digest& name = row.pack.name;
  const std::uint16_t generation = row.hint.generation;
  const int present = census.count(name, generation);
  const int right = census.count(name, generation, damage.shards.shards_of(name, generation));
  const int k = row.hint.geometry.k;
  facts.looked_at += 1;
  facts.shards_missing +=
      static_cast<std::uint64_t>(std::max(row.hint.geometry.total() - present, 0));
  // How many shards a pack without an index needs is not known: it counts as lost.
  if (row.index_missing() || present < k) {
    facts.lost += 1;
  } else if (right >= k || !damage.lost.contains(name)) {
    facts.may_lose = std::min(facts.may_lose, static_cast<std::uint64_t>(std::max(right - k, 0)));
  }
}

// Folder by folder, so that memory holds a 256th of the packs at a time.
Result<void> look_at_folder(pool::Pool& pool, const job::Businesses& businesses,
                            std::uint8_t first_byte, const NotedDamage& damage, PackFacts& facts) {
  std::optional<pool::ShardCensus> census;
  const auto look = [&](const catalog::PackRow& row) -> Result<void> {
    if (!census) {
      HF_TRY(census, pool.census(first_byte));
    }
    look_at_pack(row, *census, damage, facts);
    return {};
  };
  for (const auto& business : businesses) {
    HF_TRY(business->with_catalog(
        [&](catalog::Catalog& catalog) { return catalog.for_each_pack_in(first_byte, look); }));
  }
  return {};
}

// Those of them that are in a catalog.
Result<void> look_at_named(pool::Pool& pool, const job::Businesses& businesses,
                           std::span<const Digest> names, const NotedDamage& damage,
                           PackFacts& facts) {
  HF_TRY(const pool::ShardCensus census, pool.census(names.front().bytes[0]));
  for (const Digest& name : names) {
    for (const auto& business : businesses) {
      HF_TRY(const auto row, business->with_catalog([&](catalog::Catalog& catalog) {
        return catalog.find_pack(name);
      }));
      if (row) look_at_pack(*row, census, damage, facts);
    }
  }
  return {};
}

// The packs of `count` folders from `first` on, and all that are known to be damaged: those of them
// in other folders are few, or so much is wrong that looking may take its time.
Result<void> look_at_folders(pool::Pool& pool, const job::Businesses& businesses, unsigned first,
                             unsigned count, const NotedDamage& damage, const job::StopFlag& stop,
                             PackFacts& facts) {
  if (damage.shards.has_more()) facts.may_lose = 0;
  const std::vector<Digest> names = damage.shards.packs();
  for (unsigned i = 0; i < pool::kPackFolders; ++i) {
    HF_TRY(job::check_stop(&stop));
    const auto first_byte = static_cast<std::uint8_t>((first + i) % pool::kPackFolders);
    if (i < count) {
      HF_TRY(look_at_folder(pool, businesses, first_byte, damage, facts));
      continue;
    }
    const auto of_folder = std::ranges::equal_range(
        names, first_byte, {}, [](const Digest& name) { return name.bytes[0]; });
    if (of_folder.empty()) continue;
    HF_TRY(look_at_named(pool, businesses, {of_folder.begin(), of_folder.end()}, damage, facts));
  }
  return {};
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
  const std::uint64_t members = pool::current_members(pool.label().record);
  const std::uint64_t missing = members - std::min(members, pool.members_present());
  const std::uint64_t parity = pool.label().record.m;
  totals.facts.may_lose = parity - std::min(parity, missing);
  return totals;
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
  HF_TRY(look_at_folders(pool, businesses, 0, pool::kPackFolders, damage, stop, totals.facts));
  return totals.facts;
}

Result<PackFacts> sample_packs(pool::Pool& pool, const job::Businesses& businesses,
                               const NotedDamage& damage, ports::Random& random,
                               const job::StopFlag& stop, std::uint64_t packs_max) {
  HF_TRY(Totals totals, add_up(pool, businesses));
  PackFacts& facts = totals.facts;
  if (facts.packs <= packs_max) return count_packs(pool, businesses, damage, stop);
  const auto folders = static_cast<unsigned>(packs_max * pool::kPackFolders / facts.packs) + 1;
  HF_TRY(look_at_folders(pool, businesses, random.array<1>()[0], folders, damage, stop, facts));
  facts.lost = std::max(facts.lost, totals.noted_lost);
  return facts;
}

std::vector<pool::DiskStatus> disks_to_show(const pool::Pool& pool) {
  std::vector<pool::DiskStatus> disks = pool.status();
  const std::vector<pool::DiskStatus> all = disks;
  std::erase_if(disks, [&](const pool::DiskStatus& disk) {
    return disk.state == pool::DiskState::foreign &&
           std::ranges::any_of(all, [&](const pool::DiskStatus& other) {
             return other.state == pool::DiskState::missing && other.path == disk.path;
           });
  });
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
