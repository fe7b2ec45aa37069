// SPDX-License-Identifier: Apache-2.0
// How many of a hundred new shards are read back before they count: a setting of this box, in a
// note in home (docs/formats.md, section 2).
#pragma once

#include <cstdint>

#include "hal/base/result.h"
#include "hal/ports/disk.h"

namespace holdfast::vault {

// A disk that loses all that it is given is found within a large backup or two; the price is a
// twentieth of reading all of it again (docs/decisions/0039).
inline constexpr std::uint32_t kReadBackPercent = 5;
inline constexpr std::uint32_t kReadBackPercentMax = 100;

// kReadBackPercent if nobody has said another one, or what was said cannot be read.
[[nodiscard]] std::uint32_t load_read_back_percent(ports::Disk& home);
// At most kReadBackPercentMax. Durable on ok.
[[nodiscard]] Result<void> store_read_back_percent(ports::Disk& home, std::uint32_t percent);

}  // namespace holdfast::vault
