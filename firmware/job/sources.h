// SPDX-License-Identifier: Apache-2.0
// The sources of a business, opened for a walk beside the snapshot before.
#pragma once

#include <string>
#include <vector>

#include "firmware/job/backup.h"
#include "firmware/job/merge.h"

namespace holdfast::job {

// In order of their names; one that cannot be opened has its error. What has no folder of its own
// is among them: a query's rows, and the records that the box makes. `scratch_folder`: in home, for
// the names of folders that do not fit in memory; one walk at a time uses it.
[[nodiscard]] std::vector<OpenedSource> open_sources(const BackupRequest& request,
                                                     ports::Files& files, ports::Disk& home,
                                                     const std::string& scratch_folder);

// Those with a folder that is, or should be, walked.
[[nodiscard]] std::size_t count_walked(const std::vector<OpenedSource>& sources);

}  // namespace holdfast::job
