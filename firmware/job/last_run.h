// SPDX-License-Identifier: Apache-2.0
// How the last backup went that came to its end: a run that found nothing new writes no journal
// entry, and `status` must not call a quiet site's backup old, nor one fine that could not read
// everything. A note in home (docs/formats.md, section 2), of no weight: without it the snapshot's
// own time counts. A run that failed has a note of its own, which the next good one removes.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/base/error.h"
#include "hal/base/id.h"
#include "hal/base/time.h"
#include "hal/ports/disk.h"

namespace holdfast::job {

struct LastRun {
  std::uint64_t snapshot = 0;  // number of the entry that it wrote, or found to be still right
  Timestamp time;
  std::uint64_t problems = 0;  // items and sources that it could not read
};

// Removes the note of a failed run.
[[nodiscard]] Result<void> note_last_run(ports::Disk& home, const BusinessId& business,
                                         const LastRun& run);
// Nothing if there is no note, or none that can be read.
[[nodiscard]] std::optional<LastRun> load_last_run(ports::Disk& home, const BusinessId& business);

// The newest backup ended in an error: nothing was committed.
struct FailedRun {
  Timestamp time;
  Error error;  // code, place, and arguments as they are shown
};
[[nodiscard]] Result<void> note_failed_run(ports::Disk& home, const BusinessId& business,
                                           const FailedRun& run);
// Nothing if there is no note, or none that can be read.
[[nodiscard]] std::optional<FailedRun> load_failed_run(ports::Disk& home,
                                                       const BusinessId& business);
// A backup was asked for in the right way and did not come off. Wrong words, another backup that is
// running and a stop by request are no failures.
[[nodiscard]] bool is_failed_run(ErrorCode code);

// The time of the newest complete snapshot, or of a later run that read everything and found it
// still right.
[[nodiscard]] Timestamp last_backup_time(std::uint64_t snapshot, Timestamp snapshot_time,
                                         const std::optional<LastRun>& run);
// What the last run could not read, if its snapshot is the newest.
[[nodiscard]] std::uint64_t last_problems(std::uint64_t snapshot,
                                          const std::optional<LastRun>& run);

}  // namespace holdfast::job
