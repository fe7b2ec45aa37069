// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli, as in RFC 3720): says where damage is, never that there is none.
#pragma once

#include <cstdint>

#include "hal/base/bytes.h"

namespace holdfast::erasure {

// `previous` is the result for the bytes before these: crc32c(b, crc32c(a)) is that of a and b.
[[nodiscard]] std::uint32_t crc32c(ByteView data, std::uint32_t previous = 0);

}  // namespace holdfast::erasure
