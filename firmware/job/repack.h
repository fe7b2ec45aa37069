// SPDX-License-Identifier: Apache-2.0
// Writes what is needed of some packs into new ones, so that the old ones can go with a prune's
// entry.
//
//   chunk, proved -> new pack of its class and kind -> durable -> all is read back -> old one goes
//
// Until the entry counts the new packs are those of a run that ended without a commit: the next run
// takes them over, and what is in them is not written again.
#pragma once

#include <span>

#include "firmware/job/prune_plan.h"
#include "firmware/vault/run.h"

namespace holdfast::job {

// Why packs stay that were to be written anew.
enum class RepackEnd : std::uint8_t {
  done,  // none does
  full,  // the pool has less room than it was to have
  thin,  // a disk failed, and what has their chunks has less protection than it should
};
[[nodiscard]] std::string_view name_of(RepackEnd end);

struct RepackReport {
  std::uint64_t packs = 0;          // that go: all that is needed of them is durable elsewhere
  std::uint64_t packs_left = 0;     // that were to
  std::uint64_t chunks = 0;         // written
  std::uint64_t bytes_read = 0;     // of these, as they are in the items
  std::uint64_t bytes_written = 0;  // on the disks, with parity
  RepackEnd end = RepackEnd::done;
};

// Does what `plan.repacked` says, and adds the packs that go to `plan.entry`, which the run's next
// commit writes. `run` has written nothing yet. interrupted; what cannot be read is data_lost or
// damaged, and is noted for the next backup; errors of writing, and of the process: then none goes.
[[nodiscard]] Result<RepackReport> repack(vault::Run& run, const PruneRequest& request,
                                          PrunePlan& plan);

}  // namespace holdfast::job
