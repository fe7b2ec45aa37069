// SPDX-License-Identifier: Apache-2.0
#include "hal/ports/http_server.h"

#include <algorithm>

namespace holdfast::ports {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<std::string_view> field_of(const HttpFields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (std::ranges::equal(key, name, {}, lower, lower)) return value;
  }
  return std::nullopt;
}

}  // namespace holdfast::ports
