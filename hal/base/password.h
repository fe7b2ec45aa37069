// SPDX-License-Identifier: Apache-2.0
// A secret that a person types, made into a key: slow on purpose, for whoever guesses.
#pragma once

#include <cstdint>

#include "hal/base/bytes.h"
#include "hal/base/secret.h"

namespace holdfast {

inline constexpr std::uint8_t kScryptR = 8;
inline constexpr std::uint8_t kScryptP = 1;

// scrypt (RFC 7914) with N = 2^log2_n: takes 2^(log2_n + 10) bytes while it runs. out_of_memory if
// it gets none.
[[nodiscard]] Result<SecretKey> scrypt(ByteView password, ByteView salt, std::uint8_t log2_n);

}  // namespace holdfast
