// SPDX-License-Identifier: Apache-2.0
// The second half of a prune: the shards of packs that an earlier one condemned go, when some time
// has passed, every member is there, and one more look from the beginning finds that nothing that
// is left needs them. Packs that have what was written anew out of them are read and proved first.
//
// A pack that is needed after all is named once more, and is no longer condemned: a backup relied
// on it while the prune's entry could not be read.
//
// Every call looks for all that was ever condemned: what lies on a disk that comes back from before
// goes by this way, and by no other. A cut leaves some of the shards, of packs that nobody reads.
#pragma once

#include "firmware/job/prune_plan.h"

namespace holdfast::job {

struct RemovedBytes {
  std::uint64_t waiting = 0;      // packs whose time has not come
  std::uint64_t packs = 0;        // of which shards were removed
  std::uint64_t shards = 0;       // removed, durable
  std::uint64_t bytes = 0;        // of their files
  std::uint64_t taken_back = 0;   // packs that are needed after all: they count again
  std::optional<Freeze> refused;  // why nothing was removed although something is due
  bool stopped = false;           // by request: the next call goes on
  Problems problems;              // disks that failed: the next call goes on with what they have
};

// `business` is open for writing, and a run has just looked at which packs are lost. The request's
// time is trusted. A stop is an answer once bytes have begun to go, before it is `interrupted`.
// Errors of the store, and of the process; what was removed stays so.
[[nodiscard]] Result<RemovedBytes> remove_condemned(vault::Business& business,
                                                    const PruneRequest& request);

}  // namespace holdfast::job
