// SPDX-License-Identifier: Apache-2.0
// Owner, attributes, mode and times of a restored file, in the one order that works: a new owner
// clears setuid and capabilities, attributes need the mode of a file that we may write, and times
// come last.
#pragma once

#include "hal/linux/descriptor.h"
#include "hal/ports/files.h"

namespace holdfast::linux {

// Both try every part; the first error is returned when all have been tried. An owner that the
// process may not give is left as it is, and then setuid and setgid are left out of the mode.
[[nodiscard]] Result<void> apply_to_file(const Descriptor& file,
                                         const ports::FileMetadata& metadata,
                                         const std::string& where);
// To the name itself, never to what a link points at; a link keeps its mode (Linux has none).
[[nodiscard]] Result<void> apply_to_name(const Descriptor& folder, const std::string& name,
                                         const ports::FileMetadata& metadata,
                                         const std::string& where);

}  // namespace holdfast::linux
