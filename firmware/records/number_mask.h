// SPDX-License-Identifier: Apache-2.0
// Telephone numbers with their middle left out, for people who need not know whom a call was with.
//
//   13800138000 -> 138****8000     139 - 1234 - 5678 -> 139 - **** - 5678: as long as before
//   1234567     -> 1****67         2049              -> 2049: an extension is nobody's number
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::records {

// Digits of a number that are enough to know it by: its last ones.
inline constexpr std::size_t kNumberTail = 7;

// Full-width ones too.
[[nodiscard]] bool has_digit(std::string_view text);
// The digits of each number of a text that is one, or a list; those that have a tail.
[[nodiscard]] std::vector<std::string> numbers_in(std::string_view text);

// A text that is a number, or a list of some, as a column of numbers has it: whatever stands
// between the digits. "*" alone if it has characters that may be digits and are not known here.
[[nodiscard]] std::string mask_numbers(std::string_view text);
// Any text: where one of `numbers` (digits) lies, or the end of it, at most 3 characters between
// two digits.
[[nodiscard]] std::string mask_known(std::string_view text, std::span<const std::string> numbers);
// A path: the same, and all runs of 7 digits and more, also in groups (139-1234-5678), but for a
// day (20210131) or a day and a time that they begin with.
[[nodiscard]] std::string mask_path(std::string_view path, std::span<const std::string> numbers);

}  // namespace holdfast::records
