// SPDX-License-Identifier: Apache-2.0
// Files on the pool's disks that nothing needs under their names: what is in them says that they
// are something else, or nobody of ours gives such a name. What is damaged under a name that is
// needed is no stray; nor is a whole shard of a pack that no journal names, for a backup may be
// writing it.
#pragma once

#include <vector>

#include "firmware/job/pool_packs.h"
#include "firmware/pool/scrub.h"
#include "firmware/vault/box.h"

namespace holdfast::job {

// `packs`: rising by name; shards of theirs are left to who looks at the pack. Reads names, and the
// beginnings of few files. What a disk does not give is passed over: who needs it tells. Errors of
// the process; interrupted.
[[nodiscard]] Result<std::vector<pool::StrayFile>> find_strays(vault::Box& box,
                                                               const std::vector<PoolPack>& packs,
                                                               const StopFlag* stop);

}  // namespace holdfast::job
