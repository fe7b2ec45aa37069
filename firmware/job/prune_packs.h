// SPDX-License-Identifier: Apache-2.0
// The packs of a prune's plan: which go as a whole, and which are written anew.
#pragma once

#include <set>

#include "firmware/job/chunk_names.h"
#include "firmware/job/prune_plan.h"

namespace holdfast::job {

// Fills `plan` with what becomes of each pack, if these chunks are all that is needed. Packs that
// are lost, or that no entry names yet, are not judged. interrupted; errors of catalog and process.
[[nodiscard]] Result<void> plan_packs(vault::Business& business, const PruneRequest& request,
                                      ChunkNames needed, PrunePlan& plan);

// Numbers of the prunes whose bytes may go by the request's time. Errors of the catalog.
[[nodiscard]] Result<std::set<std::uint64_t>> due_prunes(catalog::Catalog& catalog,
                                                         const PruneRequest& request);

// Calls `visit` with each pack that an entry names, that is not lost, and whose chunks are known.
using VisitChunks =
    std::function<Result<void>(const catalog::PackRow&, const std::vector<pack::IndexRecord>&)>;
[[nodiscard]] Result<void> for_each_named_pack(vault::Business& business, const StopFlag* stop,
                                               const VisitChunks& visit);

}  // namespace holdfast::job
