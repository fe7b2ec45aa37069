// SPDX-License-Identifier: Apache-2.0
// Entries by their numbers, and what is said where they are lost.
#pragma once

#include <cstdint>

#include "hal/base/id.h"
#include "hal/base/result.h"

namespace holdfast::journal {

// Both included. Number 0: none.
struct EntryRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  [[nodiscard]] bool is_empty() const { return first == 0; }
  [[nodiscard]] std::uint64_t count() const { return is_empty() ? 0 : last - first + 1; }
  bool operator==(const EntryRange&) const = default;
};

// entries_lost, with {first} and {last}: no disk that is present has them whole.
[[nodiscard]] Error entries_lost(const BusinessId& business, const EntryRange& entries);

}  // namespace holdfast::journal
