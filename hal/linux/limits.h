// SPDX-License-Identifier: Apache-2.0
// What the system lets one process have.
#pragma once

#include <cstdint>
#include <optional>

namespace holdfast::linux {

// Raises the number of files that this process may have open to the most that it may set itself.
// Where even that is refused the old number stays: then a large pool may run out of files, which is
// an error that says so, never a loss.
void raise_open_files_limit();

// Bytes of memory that the machine has, without swap; none: it does not say.
[[nodiscard]] std::optional<std::uint64_t> memory_bytes();

}  // namespace holdfast::linux
