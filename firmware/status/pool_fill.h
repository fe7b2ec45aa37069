// SPDX-License-Identifier: Apache-2.0
// How long until backups find no room, if what is kept goes on growing as it did of late: what
// packs came, less what prunes condemned, over about a month. It is had from the catalogs, so from
// the journals: a home that is lost, or a recovered box, knows it as before.
#pragma once

#include <cstdint>

#include "firmware/job/pool_packs.h"
#include "firmware/status/model.h"

namespace holdfast::status {

// From so many days on it is told at all, and in which way.
inline constexpr std::uint64_t kFullSoon_days = 60;
inline constexpr std::uint64_t kFullVerySoon_days = 14;

struct PoolGrowth {
  double bytes_a_day = 0;  // of packs; less than 0: it shrinks
  bool is_of_all = true;   // false: it is the least, for of some business it is not known
};

// By the box's clock and the times of snapshots. Of a business whose first backup of everything is
// younger than a week it is not known, nor of one that is not among these (`are_all` false) or
// whose catalog cannot be read.
[[nodiscard]] PoolGrowth growth_of(const job::Businesses& businesses, bool are_all, Timestamp now);

// `bytes_free`: pool::Pool::free_bytes(). No more than a hundred years are told.
[[nodiscard]] Fill fill_of(const PoolGrowth& growth, std::uint64_t bytes_free);

}  // namespace holdfast::status
