// SPDX-License-Identifier: Apache-2.0
// When a backup last found that the newest snapshot is still all there is. Such a run writes no
// journal entry, and `status` must not call a quiet site's backup old. A note in home (docs/
// formats.md, section 2), of no weight: without it the snapshot's own time counts.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/base/id.h"
#include "hal/base/time.h"
#include "hal/ports/disk.h"

namespace holdfast::app {

struct LastRun {
  std::uint64_t snapshot = 0;  // number of its entry
  Timestamp time;
};

[[nodiscard]] Result<void> note_last_run(ports::Disk& home, const BusinessId& business,
                                         const LastRun& run);
// Nothing if there is no note, or none that can be read.
[[nodiscard]] std::optional<LastRun> load_last_run(ports::Disk& home, const BusinessId& business);

// A day, and a late run.
inline constexpr std::int64_t kBackupAgeMax_ns = 26LL * 3600 * 1'000'000'000;
// The time of the last backup that read everything: of the newest complete snapshot, or of a later
// run that found it still right.
[[nodiscard]] Timestamp last_backup_time(std::uint64_t snapshot, Timestamp snapshot_time,
                                         const std::optional<LastRun>& run);
[[nodiscard]] bool is_old(Timestamp last_backup, Timestamp now);

}  // namespace holdfast::app
