// SPDX-License-Identifier: Apache-2.0
// A small file that every disk has a copy of, and that is not as it must be on one of them.
#pragma once

#include <optional>
#include <string>

#include "firmware/journal/survey.h"

namespace holdfast::vault {

enum class CopyKind { journal, wrap, keyring, label };

struct DamagedCopy {
  CopyKind kind = CopyKind::journal;
  std::optional<DiskId> disk;  // none: home
  std::string path;            // with the disk's name
  journal::CopyFault fault = journal::CopyFault::damaged;
};

}  // namespace holdfast::vault
