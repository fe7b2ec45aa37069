// SPDX-License-Identifier: Apache-2.0
// What is lost with packs that are beyond repair: the exact list (P1).
#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

using PackSet = std::unordered_set<Digest, DigestHash>;

// Those that are noted in home, of all these businesses (vault/lost_packs.h).
[[nodiscard]] Result<PackSet> noted_lost_packs(
    ports::Disk& home, const std::vector<std::unique_ptr<vault::Business>>& businesses);

// Adds every item that some snapshot of the business names and that cannot be had back without one
// of these packs: its content, or the list that holds its name. An item is told once for each
// content that it had, whatever the number of snapshots that share it. Reads every part of every
// snapshot's tree once. Memory: 32 bytes for each part, and for each lost item. interrupted.
[[nodiscard]] Result<void> find_lost_items(vault::Business& business, const PackSet& lost_packs,
                                           const StopFlag* stop, Problems& lost);

}  // namespace holdfast::job
