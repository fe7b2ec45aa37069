// SPDX-License-Identifier: Apache-2.0
// The names of a source that nobody wants: globs as fnmatch(3) has them, on raw bytes.
//
//   *.part          any item of such a name, at any depth
//   daily/*.wav     a path below the source, `*` within one name; a leading `/` says the same
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::source {

// Constant once made: safe from any thread.
class Exclusion {
 public:
  explicit Exclusion(const std::vector<std::string>& patterns);
  // `folder` is a path below the source, empty for its root.
  [[nodiscard]] bool matches(std::string_view folder, std::string_view name) const;

 private:
  std::vector<std::string> on_name_;
  std::vector<std::string> on_path_;
};

}  // namespace holdfast::source
