// SPDX-License-Identifier: Apache-2.0
// All paths below a folder, as a range of texts compared byte by byte. Private to this folder.
#pragma once

#include <string>

namespace holdfast::catalog {

struct FolderRange {
  explicit FolderRange(const std::string& folder) : first(folder + '/'), end(folder + '0') {
    static_assert('/' + 1 == '0');
  }
  std::string first;
  std::string end;  // not itself
};

}  // namespace holdfast::catalog
