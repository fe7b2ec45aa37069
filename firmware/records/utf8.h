// SPDX-License-Identifier: Apache-2.0
// Whether bytes are UTF-8, strictly: no surrogates, nothing longer than needed, nothing above
// U+10FFFF.
#pragma once

#include "hal/base/bytes.h"

namespace holdfast::records {

// Position of the first sequence that is wrong or cut; the size if there is none.
[[nodiscard]] std::size_t first_invalid_utf8(ByteView bytes);

}  // namespace holdfast::records
