// SPDX-License-Identifier: Apache-2.0
// The table that tools/generate_messages makes of en.toml and zh-CN.toml.
#pragma once

#include <span>
#include <string_view>

namespace holdfast::messages {

struct Entry {
  std::string_view key;
  std::string_view english;
  std::string_view chinese;
};

// In byte order of the keys. Lives as long as the program.
[[nodiscard]] std::span<const Entry> table();

}  // namespace holdfast::messages
