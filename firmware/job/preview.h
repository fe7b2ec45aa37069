// SPDX-License-Identifier: Apache-2.0
// What a backup would do: the sources as they are now, laid beside the snapshots before. No content
// is read, and nothing is written but scratch files of very large folders. Whether the store lost
// content of an item that did not change is not looked at: the backup does, and reads it again.
#pragma once

#include "firmware/job/backup.h"

namespace holdfast::job {

struct PreviewReport {
  std::uint64_t items_new = 0;
  std::uint64_t items_changed = 0;
  std::uint64_t items_unchanged = 0;
  std::uint64_t items_gone = 0;
  std::uint64_t items_unreadable = 0;  // could not even be looked at
  std::uint64_t bytes_to_read = 0;     // sizes of what is new and changed
  std::int64_t duration_ns = 0;
  Problems problems;  // unreadable; sources that are away or empty; names that are lost
};

// Any access. Errors as run_backup() for the same sources; interrupted.
[[nodiscard]] Result<PreviewReport> preview_backup(vault::Business& business, ports::Files& files,
                                                   const BackupRequest& request);

}  // namespace holdfast::job
