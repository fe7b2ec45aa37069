// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/pool_facts.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "firmware/pool/shard.h"

namespace holdfast::app {

namespace {

struct Shards {
  std::uint64_t needed = 0;   // k
  std::uint64_t written = 0;  // k + m
  std::uint64_t present = 0;
};
using PackMap = std::unordered_map<Digest, Shards, DigestHash>;

constexpr unsigned kFolders = 256;  // packs lie in folders by the first byte of their names

Result<PackMap> packs_in(std::uint8_t first_byte, const Businesses& businesses) {
  PackMap packs;
  for (const auto& business : businesses) {
    HF_TRY(business->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.for_each_pack_in(first_byte, [&](const catalog::PackRow& row) -> Result<void> {
        const auto k = static_cast<std::uint64_t>(row.hint.geometry.k);
        const auto m = static_cast<std::uint64_t>(row.hint.geometry.m);
        // How many shards a pack without an index needs is not known: it counts as lost.
        packs.emplace(row.pack.name,
                      row.index_missing() ? Shards{UINT64_MAX, 0, 0} : Shards{k, k + m, 0});
        return {};
      });
    }));
  }
  return packs;
}

void count_files(ports::Disk& disk, std::uint8_t first_byte, PackMap& packs) {
  Digest any;
  any.bytes[0] = first_byte;
  const auto files = disk.list(pool::shard_directory(any));
  if (!files) return;  // a folder that cannot be read has no shards to give
  for (const ports::DirectoryEntry& file : *files) {
    const auto name = pool::parse_shard_file_name(file.name);
    if (!name) continue;
    const auto found = packs.find(name->pack);
    if (found != packs.end()) ++found->second.present;
  }
}

void add(const PackMap& packs, PackFacts& facts) {
  facts.looked_at += packs.size();
  for (const auto& [name, shards] : packs) {
    facts.shards_missing += shards.written - std::min(shards.written, shards.present);
    facts.lost += shards.present < shards.needed ? 1 : 0;
    const std::uint64_t spare = shards.present - std::min(shards.present, shards.needed);
    facts.may_lose = std::min(facts.may_lose, spare);
  }
}

// Folder by folder, so that memory holds a 256th of the packs at a time.
Result<void> look_at_folders(pool::Pool& pool, const Businesses& businesses, unsigned first,
                             unsigned count, const job::StopFlag& stop, PackFacts& facts) {
  for (unsigned i = 0; i < count; ++i) {
    HF_TRY(job::check_stop(&stop));
    const auto first_byte = static_cast<std::uint8_t>((first + i) % kFolders);
    HF_TRY(PackMap packs, packs_in(first_byte, businesses));
    if (packs.empty()) continue;
    for (const auto& member : pool.present_members()) count_files(*member.disk, first_byte, packs);
    add(packs, facts);
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
  const std::uint64_t members = pool.label().record.members.size();
  const std::uint64_t missing = members - std::min(members, pool.members_present());
  const std::uint64_t parity = pool.label().record.m;
  totals.facts.may_lose = parity - std::min(parity, missing);
  return totals;
}

}  // namespace

Result<PackFacts> count_packs(pool::Pool& pool, const Businesses& businesses,
                              const job::StopFlag& stop) {
  HF_TRY(Totals totals, add_up(pool, businesses));
  HF_TRY(look_at_folders(pool, businesses, 0, kFolders, stop, totals.facts));
  return totals.facts;
}

Result<PackFacts> sample_packs(pool::Pool& pool, const Businesses& businesses,
                               ports::Random& random, const job::StopFlag& stop,
                               std::uint64_t packs_max) {
  HF_TRY(Totals totals, add_up(pool, businesses));
  PackFacts& facts = totals.facts;
  if (facts.packs <= packs_max) return count_packs(pool, businesses, stop);
  const auto folders = static_cast<unsigned>(packs_max * kFolders / facts.packs) + 1;
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
    case pool::DiskState::retired:
      return "retired";
    case pool::DiskState::clone:
      return "clone";
  }
  return "foreign";
}

}  // namespace holdfast::app
