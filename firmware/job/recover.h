// SPDX-License-Identifier: Apache-2.0
// key recover, after the box has a home again: tells the disks, and brings back what home keeps of
// each business.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

struct RecoveredBusiness {
  vault::BusinessName name;
  std::uint64_t number = 0;  // of its newest journal entry
  std::uint64_t snapshots = 0;
  std::optional<Error> problem;  // its next opening goes on from there
};

struct RecoverySummary {
  std::optional<Error> not_writable;  // the disks are too few: the box can be read
  std::optional<Error> ended;         // the disks could not be told; the next writer does it
  std::vector<RecoveredBusiness> businesses;
};

// Each business's catalog is made anew, which takes time. No error: what is in home by now is a box
// in any case. A stop leaves the businesses that were not looked at with `problem` interrupted.
[[nodiscard]] RecoverySummary complete_recovery(vault::Box& box, const StopFlag* stop,
                                                Progress* progress);

}  // namespace holdfast::job
