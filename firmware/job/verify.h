// SPDX-License-Identifier: Apache-2.0
// verify: re-reads the items of a snapshot from the disks and proves them, writing nothing.
#pragma once

#include "firmware/job/progress.h"
#include "firmware/vault/business.h"

namespace holdfast::job {

struct VerifyRequest {
  catalog::SnapshotRow snapshot;
  unsigned sample_percent = 100;  // 1 to 100, of items, chosen at random, one at the least
  const StopFlag* stop = nullptr;
  Progress* progress = nullptr;
};

struct VerifyReport {
  std::uint64_t items = 0;        // proven: neither lost nor without content
  std::uint64_t bytes = 0;        // of those
  std::uint64_t items_total = 0;  // that there are, looked at or not
  Unread unread;                  // of those looked at, and of all folders
  Problems lost;                  // data_lost or damaged: exit 5
  std::int64_t duration_ns = 0;
};

[[nodiscard]] Result<VerifyReport> run_verify(vault::Business& business,
                                              const VerifyRequest& request);

}  // namespace holdfast::job
