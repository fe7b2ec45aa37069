// SPDX-License-Identifier: Apache-2.0
// What `pool candidates` lists, for whoever takes nothing else.
#pragma once

#include "firmware/app/plugged_disks.h"

namespace holdfast::app {

// Who asks by a page chose of what was offered, and sees no more of it than a path: what lies there
// now may be the mount point of a disk that went, on the disk of the system. So each of these
// folders, absolute and without links, must be one that `pool candidates` calls usable at this
// moment, but for the room that it must have in the place of another one, which the plan of that
// looks at. One that is at work in the pool is the pool's to judge: after a cut it may be given
// again. Who asks on the command line is not asked back.
// disk_not_offered: it is not listed; else why it is refused. Returns the devices of the folders,
// in their order, for the deed: a path opened later may show another one by then. On the command
// line none.
[[nodiscard]] Result<std::vector<std::uint64_t>> check_chosen(
    Session& session, vault::Box& box, const Plugged& plugged,
    const std::vector<std::string>& folders);

}  // namespace holdfast::app
