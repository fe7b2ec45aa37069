// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/pool_packs.h"

#include <algorithm>
#include <optional>

namespace holdfast::job {

Businesses open_businesses(vault::Box& box, Problems& problems) {
  Businesses opened;
  for (const vault::BusinessName& name : box.businesses()) {
    auto business = box.open_business(name.name, vault::Access::read);
    if (business) {
      opened.push_back(std::move(*business));
    } else {
      problems.add(name.name, std::move(business.error()));
    }
  }
  return opened;
}

namespace {

// Folder by folder, as the disks have them.
Result<void> list_folder(pool::Pool& pool, const Businesses& businesses, std::uint8_t first_byte,
                         std::optional<DiskId> leaves, std::vector<PoolPack>& packs) {
  std::optional<pool::ShardCensus> census;
  for (std::size_t i = 0; i < businesses.size(); ++i) {
    const auto add = [&](const catalog::PackRow& row) -> Result<void> {
      if (!census) {
        HF_TRY(census, pool.census(first_byte));
      }
      const erasure::Geometry& geometry = row.hint.geometry;
      const int present = census->count(row.pack.name, row.hint.generation);
      PoolPack pack{row.pack.name, row.hint, i, row.entry != 0, row.under_protected};
      pack.index_missing = row.index_missing();
      if (!row.index_missing()) {
        pack.spare = static_cast<std::int16_t>(present - geometry.k);
        const int at_home = census->count_at_home(row.pack.name, row.hint.generation, leaves);
        pack.missing = static_cast<std::int16_t>(std::max(geometry.total() - at_home, 0));
        const int files = census->count_files_at_home(row.pack.name, row.hint.generation);
        if (pack.missing == 0) pack.surplus = static_cast<std::int16_t>(files - at_home);
      }
      packs.push_back(pack);
      return {};
    };
    HF_TRY(businesses[i]->with_catalog(
        [&](catalog::Catalog& catalog) { return catalog.for_each_pack_in(first_byte, add); }));
  }
  return {};
}

}  // namespace

Result<std::vector<PoolPack>> list_pool_packs(pool::Pool& pool, const Businesses& businesses,
                                              const StopFlag* stop, std::optional<DiskId> leaves) {
  std::vector<PoolPack> packs;
  for (unsigned folder = 0; folder < pool::kPackFolders; ++folder) {
    HF_TRY(check_stop(stop));
    HF_TRY(list_folder(pool, businesses, static_cast<std::uint8_t>(folder), leaves, packs));
  }
  std::ranges::sort(packs, {}, &PoolPack::name);
  return packs;
}

}  // namespace holdfast::job
