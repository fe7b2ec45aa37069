// SPDX-License-Identifier: Apache-2.0
// Telephone numbers of a business in one form, however its systems write them, so that a row and a
// recording that mean the same number say the same.
//
//   138-0013 8000, +8613800138000, 008613800138000, 8613800138000, 013800138000 -> 13800138000
//   +86 755 1234 5678 -> 075512345678       the trunk zero that is left out behind +86
//   (010) 6555-1234   -> 01065551234        a landline keeps its zero
//   913800138000      -> 13800138000        with the gateway prefix 9
//   2049              -> 2049               an extension or an agent stays, whatever its digits
//   sip:2049@pbx      -> 2049
//   anonymous         -> (none)             what has no digit is no number
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::records {

struct NumberRules {
  // What a gateway puts in front to choose a line; the longest that fits is taken off, once.
  std::vector<std::string> gateway_prefixes;

  bool operator==(const NumberRules&) const = default;
};

// Empty: there is no number. Nothing: what stands there is no number either (two of them, a name
// beside it, more than 32 digits).
[[nodiscard]] std::optional<std::string> normalised_number(std::string_view text,
                                                           const NumberRules& rules);

}  // namespace holdfast::records
