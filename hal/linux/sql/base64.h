// SPDX-License-Identifier: Apache-2.0
// Bytes as base64 (RFC 4648, padded).
#pragma once

#include <string>

#include "hal/base/bytes.h"

namespace holdfast::linux {

// Replaces what `out` had.
void to_base64(ByteView bytes, std::string& out);

}  // namespace holdfast::linux
