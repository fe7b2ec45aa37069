// SPDX-License-Identifier: Apache-2.0
// Where something new is likely at a source that tells nothing of itself: the folders of the newest
// dates (policy/hot_paths.h), so that they can be looked at often and the rest once a day.
#pragma once

#include <string>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/source/definition.h"
#include "hal/ports/files.h"

namespace holdfast::job {

// Paths of folders that have no folders in them, for BackupRequest::paths; the source itself if it
// has none, or cannot be opened. What lies beside folders is left to a run that looks at
// everything; so is what does not fit into 256 paths of 32 KiB together. `progress`, which may be
// null, hears of each entry: a folder of many, on a mount that is slow, takes its time.
[[nodiscard]] std::vector<std::string> newest_folders(const source::SourceDefinition& source,
                                                      ports::Files& files, Progress* progress);

}  // namespace holdfast::job
