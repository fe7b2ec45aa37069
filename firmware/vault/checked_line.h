// SPDX-License-Identifier: Apache-2.0
// Lines of notes in home that end in a check of the words before it (docs/formats.md, section 2):
// a note may be lost, but rot in one is not to be shown as what it says.
//
//   WORD WORD ... #1a2b3c4d\n
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::vault {

// `words`: without the end of the line, which is added.
[[nodiscard]] std::string checked_line(std::string_view words);

// The words of a line without its end. A line of before that has no check is taken as it is.
// Nothing if the check is wrong.
[[nodiscard]] std::optional<std::string_view> words_of_line(std::string_view line);

}  // namespace holdfast::vault
