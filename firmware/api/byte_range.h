// SPDX-License-Identifier: Apache-2.0
// The field `Range` of a request (RFC 9110): without it a browser cannot seek in a recording.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::api {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

struct RangeAnswer {
  std::optional<ByteRange> range;  // none: the whole
  bool is_beyond = false;          // no byte of it is there: 416
};

// One range of bytes; what is not one, or several at once, counts as none, as the RFC allows.
[[nodiscard]] RangeAnswer parse_range(std::string_view field, std::uint64_t size);

}  // namespace holdfast::api
