// SPDX-License-Identifier: Apache-2.0
// Codes of six digits that a telephone makes of a secret and the time (RFC 6238: SHA-1, 30 s).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hal/base/bytes.h"
#include "hal/base/time.h"

namespace holdfast::api {

inline constexpr std::size_t kCodeSecretSize = 20;

// Of the 30 seconds with that number since 1970.
[[nodiscard]] std::string one_time_code(ByteView secret, std::uint64_t step);

// The step whose code was given: the present one, or the one before or after, for clocks that
// differ; nothing if it is none of them, or not later than `used`, the last step that was taken. In
// time that does not tell how many digits were right.
[[nodiscard]] std::optional<std::uint64_t> match_code(ByteView secret, std::string_view code,
                                                      Timestamp now, std::uint64_t used);

// "otpauth://totp/…": what a telephone reads as a picture. Base 32 of the secret.
[[nodiscard]] std::string code_address(ByteView secret, std::string_view account,
                                       std::string_view issuer);

}  // namespace holdfast::api
