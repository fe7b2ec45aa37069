// SPDX-License-Identifier: Apache-2.0
// When a backup of everything last read each source: one that was away, or has come to the
// definition since, is not as fresh as its business. A note in home (docs/formats.md, section 2),
// of no weight: without it `status` says that nothing is known of a source's age.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firmware/job/progress.h"
#include "firmware/source/definition.h"
#include "hal/base/id.h"
#include "hal/base/time.h"
#include "hal/ports/disk.h"

namespace holdfast::job {

struct SourceLook {
  std::string source;
  std::uint64_t snapshot = 0;  // number of the entry that has what was seen
  Timestamp time;              // when that backup ended
};

// Names of the sources that a backup of everything has read: with whatever it could not read in
// them, but not those whose folder it could not open, that had become empty, or that gave no
// answer.
[[nodiscard]] std::vector<std::string> sources_read(const source::BusinessDefinition& definition,
                                                    const Problems& problems);

// That `read` were looked at; of other ones in the definition what was known stands on.
[[nodiscard]] Result<void> note_source_looks(ports::Disk& home, const BusinessId& business,
                                             const source::BusinessDefinition& definition,
                                             const std::vector<std::string>& read,
                                             std::uint64_t snapshot, Timestamp time);
// Lines that cannot be read are left out.
[[nodiscard]] std::vector<SourceLook> load_source_looks(ports::Disk& home,
                                                        const BusinessId& business);

}  // namespace holdfast::job
