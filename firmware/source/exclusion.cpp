// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/exclusion.h"

#include <fnmatch.h>

#include <algorithm>

namespace holdfast::source {

Exclusion::Exclusion(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (pattern.find('/') == std::string::npos) {
      on_name_.push_back(pattern);
    } else {
      on_path_.push_back(pattern.substr(pattern.front() == '/' ? 1 : 0));
    }
  }
}

bool Exclusion::matches(std::string_view folder, std::string_view name) const {
  if (on_name_.empty() && on_path_.empty()) return false;
  std::string path(folder);
  if (!folder.empty()) path += '/';
  const std::size_t name_begin = path.size();
  path += name;
  const auto fits = [](const char* text, int flags) {
    return [=](const std::string& pattern) { return ::fnmatch(pattern.c_str(), text, flags) == 0; };
  };
  return std::ranges::any_of(on_name_, fits(path.c_str() + name_begin, 0)) ||
         std::ranges::any_of(on_path_, fits(path.c_str(), FNM_PATHNAME));
}

}  // namespace holdfast::source
