// SPDX-License-Identifier: Apache-2.0
// Paths of items are raw bytes: any byte but NUL, with `/` between names. Their order is that of a
// folder walk with sorted names; their text for people and JSON is escaped and reversible.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "hal/base/result.h"

namespace holdfast {

// Byte order with `/` below every other byte, so that a folder is followed by all it contains.
[[nodiscard]] std::strong_ordering compare_paths(std::string_view left, std::string_view right);

struct PathLess {
  bool operator()(std::string_view left, std::string_view right) const {
    return compare_paths(left, right) < 0;
  }
};

// Bytes that are not valid UTF-8 and control characters as \xHH, a backslash as two.
[[nodiscard]] std::string escape_path(std::string_view path);
// Back again. An escape that is not \\ or \xHH is an error.
[[nodiscard]] Result<std::string> unescape_path(std::string_view text);

// True if `path` is relative, without empty, `.` or `..` names and without NUL: safe to join below
// a folder.
[[nodiscard]] bool is_safe_relative_path(std::string_view path);

// "a/b/c" -> "a/b" and "c"; "c" -> "" and "c".
[[nodiscard]] std::string_view parent_of(std::string_view path);
[[nodiscard]] std::string_view last_name_of(std::string_view path);

// True if `path` is `folder` itself or below it; an empty folder contains everything.
[[nodiscard]] bool is_within(std::string_view path, std::string_view folder);

}  // namespace holdfast
