// SPDX-License-Identifier: Apache-2.0
// "Did you mean …?" for a word that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace holdfast::app {

// Insertions, removals, exchanges and swaps of neighbouring bytes that make `left` of `right`.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

// The nearest of `known`, empty if none is near enough to be meant.
[[nodiscard]] std::string nearest_word(std::string_view word, std::span<const std::string> known);

}  // namespace holdfast::app
