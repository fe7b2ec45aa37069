// SPDX-License-Identifier: Apache-2.0
// Names of small files in home, and the form of the list of disks (docs/formats.md, section 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hal/base/bytes.h"
#include "hal/base/secret.h"
#include "hal/ports/disk.h"

namespace holdfast::vault {

inline constexpr std::string_view kMachineKeyPath = "machine.key";
inline constexpr std::string_view kKeyringPath = "keyring";
inline constexpr std::string_view kPoolPath = "pool";
inline constexpr std::string_view kLabelPath = "label";

// The folders of a home, durable.
[[nodiscard]] Result<void> make_home_folders(ports::Disk& home);
// damaged: not of a key's size.
[[nodiscard]] Result<SecretKey> load_machine_key(ports::Disk& home);

// The pool's disks, as home knows them: absolute paths; none before there is a pool. bad_pool_file.
[[nodiscard]] Result<std::vector<std::string>> load_disk_paths(ports::Disk& home);
// Lines of `pool`: "disk PATH", the path escaped.
[[nodiscard]] Bytes encode_disk_paths(const std::vector<std::string>& directories);

}  // namespace holdfast::vault
