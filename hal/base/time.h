// SPDX-License-Identifier: Apache-2.0
// Moments as UTC nanoseconds since 1970, and their RFC 3339 text.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "hal/base/result.h"

namespace holdfast {

struct Timestamp {
  std::int64_t ns = 0;

  auto operator<=>(const Timestamp&) const = default;
  // "2026-01-31T11:41:29Z"; with a fraction of up to nine digits where there is one.
  [[nodiscard]] std::string rfc3339() const;
  // Takes "2026-01-31", "2026-01-31T11:41", "...:29", a fraction, and "Z" or "+08:00" (none: UTC).
  [[nodiscard]] static Result<Timestamp> parse(std::string_view text);
  // Months since January 1970, UTC: the number of the key epoch of this moment.
  [[nodiscard]] std::uint32_t month() const;
};

}  // namespace holdfast
