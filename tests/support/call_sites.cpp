// SPDX-License-Identifier: Apache-2.0
#include "tests/support/call_sites.h"

#include <execinfo.h>

#include <array>
#include <cstddef>

namespace holdfast::test {

bool CallSites::add_way_here() {
  std::array<void*, 256> calls{};
  const int count = backtrace(calls.data(), static_cast<int>(calls.size()));
  bool is_new = false;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    is_new = known_.insert(calls[i]).second || is_new;
  }
  return is_new;
}

}  // namespace holdfast::test
