// SPDX-License-Identifier: Apache-2.0
// Mappings of systems that are known, as data: the files of firmware/records/mappings, word for
// word. Who has such a system names one, or begins with it.
#pragma once

#include <span>
#include <string_view>

namespace holdfast::records {

struct ShippedMapping {
  std::string_view name;
  std::string_view text;  // TOML
};

// By rising name.
[[nodiscard]] std::span<const ShippedMapping> shipped_mappings();

}  // namespace holdfast::records
