// SPDX-License-Identifier: Apache-2.0
// What `pool candidates` lists, for whoever takes nothing else.
#pragma once

#include "firmware/app/plugged_disks.h"

namespace holdfast::app {

// Each of these folders, absolute and without links, is one that `pool candidates` calls usable at
// this moment. disk_not_offered: it is not listed; else why it is refused.
[[nodiscard]] Result<void> check_offered(Session& session, vault::Box& box, const Plugged& plugged,
                                         const std::vector<std::string>& folders);

}  // namespace holdfast::app
