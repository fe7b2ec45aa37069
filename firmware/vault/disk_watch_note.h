// SPDX-License-Identifier: Apache-2.0
// What is remembered of the disks (firmware/policy/disk_watch.h): a note in home (docs/formats.md,
// section 2), of no weight. Without it the waiting begins anew.
#pragma once

#include <vector>

#include "firmware/policy/disk_watch.h"
#include "hal/base/error.h"
#include "hal/ports/disk.h"

namespace holdfast::vault {

[[nodiscard]] Result<void> store_disk_watch(ports::Disk& home,
                                            const std::vector<policy::WatchedDisk>& disks);
// Empty if there is no note, or none that can be read; without lines that are not what they were.
// Errors of the process.
[[nodiscard]] Result<std::vector<policy::WatchedDisk>> load_disk_watch(ports::Disk& home);

}  // namespace holdfast::vault
