// SPDX-License-Identifier: Apache-2.0
// The sources of a business, opened for a walk beside the snapshot before.
#pragma once

#include <string>
#include <vector>

#include "firmware/job/backup.h"
#include "firmware/job/merge.h"

namespace holdfast::job {

// In order of their names; one that cannot be opened has its error. What is not walked is among
// them: sources in which none of the request's paths lies, a query's rows, and the records that the
// box makes. `scratch_folder`: in home, for the names of folders that do not fit in memory; one
// walk at a time uses it.
[[nodiscard]] std::vector<OpenedSource> open_sources(const BackupRequest& request,
                                                     ports::Files& files, ports::Disk& home,
                                                     const std::string& scratch_folder);

// What is left of a scratch folder after the walks; one that never was needed is not there.
void remove_scratch(ports::Disk& home, const std::string& folder);

// Where the paths of a request lead.
struct LookedRegion {
  Region region;
  std::vector<std::string> not_missed;  // of it: left out by an exclusion, or the source is away
};

// Follows the request's paths in the sources that are here, whose OpenedSource::paths they become:
// what is found to be no folder takes the place of what lay in it. invalid_argument: a path lies in
// no source with a folder. limit_exceeded.
[[nodiscard]] Result<LookedRegion> find_region(const BackupRequest& request,
                                               std::vector<OpenedSource>& sources);

// source_vanished for each path that somebody who knew of it asked for, and that nobody has.
void add_missed(const LookedRegion& looked, const SeenParts& seen, Problems& problems);

// Those with a folder that is, or should be, walked.
[[nodiscard]] std::size_t count_walked(const std::vector<OpenedSource>& sources);

}  // namespace holdfast::job
