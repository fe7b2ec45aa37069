// SPDX-License-Identifier: Apache-2.0
// restore: from a snapshot to a folder. Each file is written beside its place, proved, given its
// metadata and renamed; folders get theirs last. Never writes outside the target, whatever the tree
// says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/job/selection.h"
#include "firmware/vault/business.h"
#include "hal/ports/files.h"

namespace holdfast::job {

struct RestoreRequest {
  SelectionRequest selection;
  std::string target;
  bool overwrite = false;  // else target_not_empty before anything is written over
  bool dry_run = false;
  const StopFlag* stop = nullptr;
  Progress* progress = nullptr;
};

struct RestoreReport {
  std::uint64_t items = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t no_content = 0;  // items that were never readable at the source
  Problems lost;                 // data_lost or damaged beyond repair: exit 5
  Problems failed;               // the target refused: exit 1
  std::int64_t duration_ns = 0;
};

// no_item if one of `paths` is not in the snapshot. Everything that can be restored is restored.
[[nodiscard]] Result<RestoreReport> run_restore(vault::Business& business, ports::Files& files,
                                                const RestoreRequest& request);

}  // namespace holdfast::job
