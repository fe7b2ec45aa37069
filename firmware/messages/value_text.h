// SPDX-License-Identifier: Apache-2.0
// Amounts and times as people read them, the same in both languages.
#pragma once

#include <cstdint>
#include <string>

#include "hal/base/time.h"

namespace holdfast::messages {

// "1.5 GiB".
[[nodiscard]] std::string size_text(std::uint64_t bytes);
// "2026-01-31 11:41:29Z": to the second, for tables.
[[nodiscard]] std::string time_text(Timestamp time);
// "2026-01-31 11:41:29 UTC": the same in a sentence, which may stand beside times of the clock of
// whoever reads it.
[[nodiscard]] std::string utc_text(Timestamp time);
// "3.2 s", "5 min 20 s", "2 h 5 min", from two days on "2 d 5 h".
[[nodiscard]] std::string duration_text(std::int64_t duration_ns);

}  // namespace holdfast::messages
