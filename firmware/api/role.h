// SPDX-License-Identifier: Apache-2.0
// What an account may do. Roles are no ladder: who runs the machine need not hear the calls.
//
// `find` is in `hear`; who has the one without the other sees numbers masked (call_rules.h).
//
//                  look   find and hear calls   run jobs, change disks   accounts, keys, deletion
//   viewer          x
//   operator        x                                     x
//   auditor         x              x
//   administrator   x              x                      x                         x
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::api {

enum class Role : std::uint8_t { viewer, operator_, auditor, administrator };

enum class Right : std::uint8_t {
  none,  // also without an account
  look,
  find,
  hear,
  run,
  rule,
};

[[nodiscard]] bool may(Role role, Right right);
[[nodiscard]] std::string_view name_of(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view name);

}  // namespace holdfast::api
