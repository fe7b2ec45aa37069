// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/clock_jump.h"

#include <algorithm>
#include <functional>

#include "firmware/policy/trusted_time.h"

namespace holdfast::policy {

std::optional<ClockJump> newest_jump(std::vector<Timestamp> entries) {
  std::ranges::sort(entries, std::ranges::greater());
  const auto after = std::ranges::adjacent_find(entries, is_first_far);
  if (after == entries.end()) return std::nullopt;
  return ClockJump{*std::next(after), *after};
}

}  // namespace holdfast::policy
