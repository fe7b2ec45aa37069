// SPDX-License-Identifier: Apache-2.0
// Many random worlds, one seed after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/worlds/months.h"

namespace holdfast::worlds {

struct Campaign {
  std::uint64_t worlds = 0;
  std::uint64_t days = 0;
  std::uint64_t operations = 0;
  Marks marks;
  std::uint64_t failed_seed = 0;  // where `broken` is not empty
  std::string broken;
  std::vector<std::string> story;  // of that world
};

// How a world goes on.
enum class Pace {
  days,    // trouble as it comes, and hands that are never far (life.h)
  months,  // timers alone, and a visit a month (months.h)
};

// One world, from its seed to its end: what a promise was broken by, or empty.
[[nodiscard]] std::string live(Life& life, Pace pace);

// From `first_seed` on until `goes_on` says no, or a promise is broken.
[[nodiscard]] Campaign run_campaign(Pace pace, std::uint64_t first_seed,
                                    const std::function<bool(const Campaign&)>& goes_on);

}  // namespace holdfast::worlds
