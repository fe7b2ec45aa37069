// SPDX-License-Identifier: Apache-2.0
// The 1024 words that recovery shares are written in (SLIP-39).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::keys {

inline constexpr std::size_t kShareWords = 1024;
inline constexpr std::size_t kShareWordSizeMax = 64;  // bytes of a mistyped one that are looked at

[[nodiscard]] std::string_view share_word(std::uint16_t number);  // below kShareWords
[[nodiscard]] std::optional<std::uint16_t> find_share_word(std::string_view word);
// What was meant: the word with the same first four letters, else the most alike.
[[nodiscard]] std::string_view nearest_share_word(std::string_view word);

}  // namespace holdfast::keys
