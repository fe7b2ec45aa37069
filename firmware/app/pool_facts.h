// SPDX-License-Identifier: Apache-2.0
// What pool and businesses look like from outside, for `pool status` and `status`.
//
// Shards are counted by their files' names; what is in them is the business of scrub.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "firmware/vault/business.h"

namespace holdfast::app {

struct PackFacts {
  std::uint64_t packs = 0;
  std::uint64_t shards_missing = 0;
  std::uint64_t under_protected = 0;  // packs that were written with too few disks
  std::uint64_t lost = 0;             // packs with fewer shards than they need
  std::uint64_t may_lose = 0;         // disks that may still go before something is lost
};

// Of all packs in the catalogs of `businesses`. Memory: about a hundred bytes a pack.
[[nodiscard]] Result<PackFacts> count_packs(
    pool::Pool& pool, const std::vector<std::unique_ptr<vault::Business>>& businesses);

// "present", "missing", …
[[nodiscard]] std::string_view name_of(pool::DiskState state);

}  // namespace holdfast::app
