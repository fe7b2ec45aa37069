// SPDX-License-Identifier: Apache-2.0
// Whether the clock by which a journal's entries were made ever went far at once. Pure.
#pragma once

#include <optional>
#include <vector>

#include "hal/base/time.h"

namespace holdfast::policy {

struct ClockJump {
  Timestamp
      before;  // two times of which nothing lies in between, and which is_first_far() tells apart
  Timestamp after;
};

// The latest one; nothing if there is none. Whoever sets a clock forward in small steps, with an
// entry by each, makes no jump.
[[nodiscard]] std::optional<ClockJump> newest_jump(std::vector<Timestamp> entries);

}  // namespace holdfast::policy
