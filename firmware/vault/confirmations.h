// SPDX-License-Identifier: Apache-2.0
// Who has confirmed a time to this box: lines in home (docs/formats.md, section 2), for `time
// show`. The journals have the same as proofs.
#pragma once

#include <string>
#include <vector>

#include "hal/base/time.h"
#include "hal/ports/disk.h"

namespace holdfast::vault {

struct Confirmation {
  Timestamp confirmed;
  Timestamp clock;              // what the box's own said
  std::vector<std::string> by;  // names without tabs and ends of lines
};

// Behind those that are there, of which the newest hundred stay. One caller at a time.
[[nodiscard]] Result<void> note_confirmation(ports::Disk& home, const Confirmation& confirmation);
// The oldest first. A line that is damaged is left out.
[[nodiscard]] Result<std::vector<Confirmation>> noted_confirmations(ports::Disk& home);

}  // namespace holdfast::vault
