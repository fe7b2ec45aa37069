// SPDX-License-Identifier: Apache-2.0
// An owner that is nobody's choice.
#pragma once

#include <cstdint>

namespace holdfast::ports {

// As uid and gid of FileMetadata (files.h): whoever made the file keeps it, and gets neither setuid
// nor setgid.
inline constexpr std::uint32_t kOwnerAsIs = 0xFFFF'FFFF;

}  // namespace holdfast::ports
