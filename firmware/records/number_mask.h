// SPDX-License-Identifier: Apache-2.0
// Telephone numbers with their middle left out, for people who need not know whom a call was with.
//
//   13800138000 -> 138****8000     0755-1234 5678 -> 075*-***5 678 ... as long as before
//   1234567     -> 1****67         2049           -> 2049: an extension is nobody's number
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace holdfast::records {

// Digits of a number that are enough to know it by: its last ones.
inline constexpr std::size_t kNumberTail = 7;

// The digits of a text, for `numbers` below; empty if there are fewer than a tail has.
[[nodiscard]] std::string number_digits(std::string_view text);

// A text that is a number, or some of them, as a column of numbers has it.
[[nodiscard]] std::string mask_numbers(std::string_view text);
// Any text: runs of digits in which one of `numbers` (digits) lies, or the end of it.
[[nodiscard]] std::string mask_known(std::string_view text, std::span<const std::string> numbers);
// A path: the same, and all runs of 7 to 13 digits that are no day (20210131), whatever they are.
[[nodiscard]] std::string mask_path(std::string_view path, std::span<const std::string> numbers);

}  // namespace holdfast::records
