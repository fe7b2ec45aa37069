// SPDX-License-Identifier: Apache-2.0
// Whether a backup commits a delta: what differs from the last full tree, if that is little, the
// tree is young, and all disks are here.
#pragma once

#include <optional>

#include "firmware/vault/business.h"
#include "firmware/vault/held_nodes.h"

namespace holdfast::job {

struct DeltaRequest {
  const catalog::SnapshotRow& newest;  // full or a delta, without a gap
  Timestamp started;                   // of the run
  std::int64_t full_interval_ns = 0;   // how long after the full snapshot's start
};

// The delta of the tree of `root`, of which `nodes` has what is not stored; nothing: the tree is to
// be stored. Costs the difference to the last full tree.
[[nodiscard]] Result<std::optional<journal::SnapshotDelta>> find_delta(
    vault::Business& business, const DeltaRequest& request, vault::HeldNodes& nodes,
    const std::optional<journal::Root>& root);

}  // namespace holdfast::job
