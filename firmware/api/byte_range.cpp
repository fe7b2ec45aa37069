// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/byte_range.h"

#include <algorithm>
#include <charconv>

namespace holdfast::api {

namespace {

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  const bool is_good =
      !text.empty() && text.front() != '-' && parsed.ec == std::errc() && parsed.ptr == end;
  return is_good ? std::optional(number) : std::nullopt;
}

}  // namespace

RangeAnswer parse_range(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!field.starts_with(kUnit)) return {};
  field.remove_prefix(kUnit.size());
  const std::size_t dash = field.find('-');
  if (dash == field.npos || field.find(',') != field.npos) return {};
  const std::string_view first_text = field.substr(0, dash);
  const std::string_view last_text = field.substr(dash + 1);
  const auto first = parse_digits(first_text);
  const auto last = parse_digits(last_text);
  if (first_text.empty()) {  // the last so many
    if (!last) return {};
    if (*last == 0 || size == 0) return {std::nullopt, true};
    const std::uint64_t count = std::min(*last, size);
    return {ByteRange{size - count, count}, false};
  }
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return {};
  if (*first >= size) return {std::nullopt, true};
  const std::uint64_t end = last ? std::min(*last, size - 1) + 1 : size;
  return {ByteRange{*first, end - *first}, false};
}

}  // namespace holdfast::api
