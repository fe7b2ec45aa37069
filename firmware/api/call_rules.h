// SPDX-License-Identifier: Apache-2.0
// What the box asks of those who find and hear calls (docs/decisions/0035).
#pragma once

#include <algorithm>
#include <mutex>
#include <optional>
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

// One was given, and is not blank.
[[nodiscard]] inline bool is_reason(const std::optional<std::string_view>& text) {
  return text && text->find_first_not_of(' ') != std::string_view::npos;
}

// Any thread.
class KeptCallRules {
 public:
  [[nodiscard]] CallRules get() const {
    const std::lock_guard lock(mutex_);
    return rules_;
  }
  void set(CallRules rules) {
    const std::lock_guard lock(mutex_);
    rules_ = std::move(rules);
  }

 private:
  mutable std::mutex mutex_;
  CallRules rules_;
};

}  // namespace holdfast::api
