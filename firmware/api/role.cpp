// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/role.h"

#include <algorithm>
#include <array>

namespace holdfast::api {

namespace {

constexpr std::array<std::pair<Role, std::string_view>, 4> kNames = {
    {{Role::viewer, "viewer"},
     {Role::operator_, "operator"},
     {Role::auditor, "auditor"},
     {Role::administrator, "administrator"}}};

}  // namespace

bool may(Role role, Right right) {
  switch (right) {
    case Right::none:
    case Right::look:
      return true;
    case Right::find:
    case Right::hear:
      return role == Role::auditor || role == Role::administrator;
    case Right::run:
      return role == Role::operator_ || role == Role::administrator;
    case Right::rule:
      return role == Role::administrator;
  }
  return false;
}

std::string_view name_of(Role role) {
  return std::ranges::find(kNames, role, &std::pair<Role, std::string_view>::first)->second;
}

std::optional<Role> parse_role(std::string_view name) {
  const auto* found = std::ranges::find(kNames, name, &std::pair<Role, std::string_view>::second);
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

}  // namespace holdfast::api
