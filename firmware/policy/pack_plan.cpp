// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/pack_plan.h"

#include <algorithm>

namespace holdfast::policy {

// What does not fit keeps none behind it from fitting.
RepackChoice choose_repacks(std::vector<PackShare> packs, const RepackBounds& bounds) {
  std::ranges::sort(packs, [](const PackShare& left, const PackShare& right) {
    const std::uint64_t left_part = left.needed * right.bytes;
    const std::uint64_t right_part = right.needed * left.bytes;
    return left_part != right_part ? left_part < right_part : left.name < right.name;
  });
  RepackChoice choice;
  std::uint64_t written = 0;
  for (const PackShare& pack : packs) {
    const std::uint64_t with_it = written + pack.needed;
    if (with_it > bounds.bytes_max && !choice.now.empty()) {
      choice.later.push_back(pack);
    } else if (with_it > bounds.room) {
      choice.no_room.push_back(pack);
    } else {
      choice.now.push_back(pack);
      written = with_it;
    }
  }
  return choice;
}

}  // namespace holdfast::policy
