// SPDX-License-Identifier: Apache-2.0
// Kinds of bytes, whatever the locale.
#pragma once

namespace holdfast::records {

[[nodiscard]] constexpr bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
[[nodiscard]] constexpr bool is_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

}  // namespace holdfast::records
