// SPDX-License-Identifier: Apache-2.0
// Packs that a reader could not have back although enough of their shards are there by name: what
// is wrong lies within them; and those of which disks that were given up had too much. Notes in
// home (docs/formats.md, section 2), so that a later backup
// does not rely on what they held, whatever the catalog says, and `status` tells. A note that is
// lost costs a second look, one too many costs a proof.
#pragma once

#include <vector>

#include "hal/base/digest.h"
#include "hal/base/id.h"
#include "hal/ports/disk.h"

namespace holdfast::vault {

[[nodiscard]] Result<void> note_lost_pack(ports::Disk& home, const BusinessId& business,
                                          const Digest& pack);
// Ok if there is no note.
[[nodiscard]] Result<void> forget_lost_pack(ports::Disk& home, const BusinessId& business,
                                            const Digest& pack);
// By name.
[[nodiscard]] Result<std::vector<Digest>> noted_lost_packs(ports::Disk& home,
                                                           const BusinessId& business);

}  // namespace holdfast::vault
