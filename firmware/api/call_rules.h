// SPDX-License-Identifier: Apache-2.0
// What the box asks of those who find and hear calls (docs/decisions/0035).
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "firmware/api/role.h"

namespace holdfast::api {

struct CallRules {
  bool asks_reason = true;        // before a recording is heard or taken away
  std::vector<Role> masked = {};  // of viewer, operator: they find calls, their numbers masked

  [[nodiscard]] bool is_masked(Role role) const {
    return !may(role, Right::hear) && std::ranges::find(masked, role) != masked.end();
  }
};

// It says something: a letter or a digit of any script, valid UTF-8, and nothing in it that cannot
// be seen or turns the line around in which it is shown.
[[nodiscard]] bool is_reason(std::string_view text);

}  // namespace holdfast::api
