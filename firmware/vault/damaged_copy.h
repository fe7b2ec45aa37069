// SPDX-License-Identifier: Apache-2.0
// A small file that every disk has a copy of, and that is not as it must be on one of them.
#pragma once

#include <optional>
#include <string>

#include "hal/base/id.h"

namespace holdfast::vault {

enum class CopyFault { unreadable, damaged, missing };

struct DamagedCopy {
  std::optional<DiskId> disk;  // none: home
  std::string path;            // with the disk's name
  CopyFault fault = CopyFault::damaged;
};

}  // namespace holdfast::vault
