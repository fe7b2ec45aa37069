// SPDX-License-Identifier: Apache-2.0
// Names of small files in home, and the form of the list of disks (docs/formats.md, section 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hal/base/bytes.h"

namespace holdfast::vault {

inline constexpr std::string_view kMachineKeyPath = "machine.key";
inline constexpr std::string_view kKeyringPath = "keyring";
inline constexpr std::string_view kPoolPath = "pool";
inline constexpr std::string_view kLabelPath = "label";

// Lines of `pool`: "disk PATH", the path escaped.
[[nodiscard]] Bytes encode_disk_paths(const std::vector<std::string>& directories);

}  // namespace holdfast::vault
