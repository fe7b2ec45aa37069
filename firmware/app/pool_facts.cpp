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

Result<void> count_files(ports::Disk& disk, PackMap& packs) {
  auto folders = disk.list("packs");
  if (!folders) return {};  // a disk that cannot be read has no shards to give
  for (const ports::DirectoryEntry& folder : *folders) {
    auto files = disk.list("packs/" + folder.name);
    if (!files) continue;
    for (const ports::DirectoryEntry& file : *files) {
      const auto name = pool::parse_shard_file_name(file.name);
      if (!name) continue;
      const auto found = packs.find(name->pack);
      if (found != packs.end()) ++found->second.present;
    }
  }
  return {};
}

}  // namespace

Result<PackFacts> count_packs(pool::Pool& pool,
                              const std::vector<std::unique_ptr<vault::Business>>& businesses) {
  PackFacts facts;
  PackMap packs;
  for (const auto& business : businesses) {
    HF_TRY(business->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
        const auto k = static_cast<std::uint64_t>(row.hint.geometry.k);
        const auto m = static_cast<std::uint64_t>(row.hint.geometry.m);
        // How many shards a pack without an index needs is not known: it counts as lost.
        packs.emplace(row.pack.name,
                      row.index_missing() ? Shards{UINT64_MAX, 0, 0} : Shards{k, k + m, 0});
        facts.under_protected += row.under_protected ? 1 : 0;
        return {};
      });
    }));
  }
  for (const auto& member : pool.present_members()) HF_TRY(count_files(*member.disk, packs));
  const std::uint64_t members = pool.label().record.members.size();
  const std::uint64_t missing = members - std::min(members, pool.members_present());
  const std::uint64_t parity = pool.label().record.m;
  facts.packs = packs.size();
  facts.may_lose = parity - std::min(parity, missing);
  for (const auto& [name, shards] : packs) {
    facts.shards_missing += shards.written - std::min(shards.written, shards.present);
    facts.lost += shards.present < shards.needed ? 1 : 0;
    const std::uint64_t spare = shards.present - std::min(shards.present, shards.needed);
    facts.may_lose = std::min(facts.may_lose, spare);
  }
  return facts;
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
