// SPDX-License-Identifier: Apache-2.0
// Which packs need a heal, as far as the names of their shards and earlier looks tell.
#pragma once

#include <vector>

#include "firmware/job/damaged_shards.h"
#include "firmware/job/lost_items.h"
#include "firmware/job/pool_packs.h"
#include "firmware/pool/scrub.h"

namespace holdfast::job {

// Packs that lack shards or were written with too few, those with the fewest to spare first; packs
// that nobody can read any more are no better for being early.
[[nodiscard]] bool comes_first(const PoolPack& pack);

// Every shard of it on a plain member of its own, by the names.
[[nodiscard]] bool lies_as_it_should(const PoolPack& pack);

// By the names of its shards, as a backup counts them; or of one whose index is not there, of the
// shape that the pack was looked at in.
[[nodiscard]] bool has_enough_shards(const PoolPack& pack, const pool::ScrubReport& found);

struct KnownNeeds {
  std::vector<PoolPack> lost;         // too few shards of them are there to have them back
  std::uint64_t shards_unplaced = 0;  // that are lacking, and no disk is free of the pack with room
  std::uint64_t waiting = 0;          // packs that lack shards, and no more than `waited_for`
};

// Takes out all packs but those that are known to need a heal, and that one may help: with damaged
// shards, or noted as lost; that lack more shards than `waited_for` disks could have, while there
// is a place for one; or thin, while there is room to write them anew. Errors of the process.
[[nodiscard]] Result<KnownNeeds> keep_known(std::vector<PoolPack>& packs, pool::Pool& pool,
                                            const DamagedShards& damaged, const PackSet& noted,
                                            std::size_t waited_for);

}  // namespace holdfast::job
