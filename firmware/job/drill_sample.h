// SPDX-License-Identifier: Apache-2.0
// Some items of a snapshot, chosen at random: each that has content is as likely as any other, and
// none comes twice. One walk over the tree; memory has the sample alone.
#pragma once

#include <cstdint>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/vault/business.h"
#include "firmware/vault/item.h"
#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

struct DrillSample {
  std::vector<vault::Item> items;  // in path order
  std::uint64_t total = 0;         // that they were chosen from
};

// From 0 on; not quite even, by a part in 2^64 for each number there is.
[[nodiscard]] std::uint64_t random_below(ports::Random& random, std::uint64_t end);

// `on_lost`: told of each lost subtree once. interrupted.
[[nodiscard]] Result<DrillSample> choose_items(vault::Business& business,
                                               const catalog::SnapshotRow& snapshot,
                                               std::uint64_t count, const StopFlag* stop,
                                               Progress* progress, vault::LostSubtree on_lost);

}  // namespace holdfast::job
