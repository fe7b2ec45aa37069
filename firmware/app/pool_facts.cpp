// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/pool_facts.h"

#include <algorithm>
#include <optional>

#include "firmware/pool/election.h"
#include "firmware/pool/shard_census.h"

namespace holdfast::app {

namespace {

// Folder by folder, so that memory holds a 256th of the packs at a time.
Result<void> look_at_folder(pool::Pool& pool, const Businesses& businesses, std::uint8_t first_byte,
                            PackFacts& facts) {
  std::optional<pool::ShardCensus> census;
  const auto look = [&](const catalog::PackRow& row) -> Result<void> {
    if (!census) {
      HF_TRY(census, pool.census(first_byte));
    }
    const int present = census->count(row.pack.name, row.hint.generation);
    const int k = row.hint.geometry.k;
    // How many shards a pack without an index needs is not known: it counts as lost.
    const bool lost = row.index_missing() || present < k;
    const auto spare = static_cast<std::uint64_t>(lost ? 0 : present - k);
    facts.looked_at += 1;
    facts.shards_missing +=
        static_cast<std::uint64_t>(std::max(row.hint.geometry.total() - present, 0));
    facts.lost += lost ? 1 : 0;
    facts.may_lose = std::min(facts.may_lose, spare);
    return {};
  };
  for (const auto& business : businesses) {
    HF_TRY(business->with_catalog(
        [&](catalog::Catalog& catalog) { return catalog.for_each_pack_in(first_byte, look); }));
  }
  return {};
}

Result<void> look_at_folders(pool::Pool& pool, const Businesses& businesses, unsigned first,
                             unsigned count, const job::StopFlag& stop, PackFacts& facts) {
  for (unsigned i = 0; i < count; ++i) {
    HF_TRY(job::check_stop(&stop));
    const auto first_byte = static_cast<std::uint8_t>((first + i) % pool::kPackFolders);
    HF_TRY(look_at_folder(pool, businesses, first_byte, facts));
  }
  return {};
}

struct Totals {
  PackFacts facts;
  std::uint64_t noted_lost = 0;
};

// What can be told without looking at shards.
Result<Totals> add_up(pool::Pool& pool, const Businesses& businesses) {
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

Result<PackFacts> count_packs(pool::Pool& pool, const Businesses& businesses,
                              const job::StopFlag& stop) {
  HF_TRY(Totals totals, add_up(pool, businesses));
  HF_TRY(look_at_folders(pool, businesses, 0, pool::kPackFolders, stop, totals.facts));
  return totals.facts;
}

Result<PackFacts> sample_packs(pool::Pool& pool, const Businesses& businesses,
                               ports::Random& random, const job::StopFlag& stop,
                               std::uint64_t packs_max) {
  HF_TRY(Totals totals, add_up(pool, businesses));
  PackFacts& facts = totals.facts;
  if (facts.packs <= packs_max) return count_packs(pool, businesses, stop);
  const auto folders = static_cast<unsigned>(packs_max * pool::kPackFolders / facts.packs) + 1;
  HF_TRY(look_at_folders(pool, businesses, random.array<1>()[0], folders, stop, facts));
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

std::string_view name_of(pool::DiskState state) {
  switch (state) {
    case pool::DiskState::present:
      return "present";
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

}  // namespace holdfast::app
