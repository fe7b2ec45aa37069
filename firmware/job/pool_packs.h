// SPDX-License-Identifier: Apache-2.0
// All packs of the box: what the catalogs of its businesses name, beside what the disks have of it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

using Businesses = std::vector<std::unique_ptr<vault::Business>>;

// Those that can be opened for reading; the others are told as problems of their names.
[[nodiscard]] Businesses open_businesses(vault::Box& box, Problems& problems);

struct PoolPack {
  Digest name;
  pool::PackHint hint;           // size included; no geometry: not known
  std::size_t business = 0;      // its place in the list
  bool is_named = false;         // by a journal; else by a run that did not come to its end
  bool under_protected = false;  // as the catalog has it
  std::int16_t spare = 0;        // shards that are there by name beyond those needed; < 0: too few
  // Shards that lie on no plain member by name: they are to be written or moved there.
  std::int16_t missing = 0;
  // Files on plain members beyond one of each shard; none while a shard is missing.
  std::int16_t surplus = 0;
  bool index_missing = false;  // so that none of these numbers is known
};

// By name. Memory: some 80 bytes a pack. interrupted; errors of catalogs and of the process.
// `leaves`: a disk that is to be taken as no plain member.
[[nodiscard]] Result<std::vector<PoolPack>> list_pool_packs(pool::Pool& pool,
                                                            const Businesses& businesses,
                                                            const StopFlag* stop,
                                                            std::optional<DiskId> leaves = {});

}  // namespace holdfast::job
