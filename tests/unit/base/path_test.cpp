// SPDX-License-Identifier: Apache-2.0
#include "hal/base/path.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

namespace holdfast {

TEST_CASE("paths sort as a walk through sorted folders goes") {
  const std::vector<std::string> walk = {"",        "a",   "a/b",  "a/b/c", "a/\xff",
                                         "a\x01",   "a b", "a-b",  "ab",    "b",
                                         "b/\x01x", "b.x", "\xff", "\xff/a"};
  std::vector<std::string> sorted = walk;
  std::reverse(sorted.begin(), sorted.end());
  std::sort(sorted.begin(), sorted.end(), PathLess());
  CHECK(sorted == walk);
  CHECK(compare_paths("a/b", "a/b") == std::strong_ordering::equal);
}

TEST_CASE("text and every kind of byte survive escaping") {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& path :
       {all, std::string("plain"), std::string("\\"), std::string("\\x41"),
        std::string("\xe5\xbd\x95\xe9\x9f\xb3"), std::string("\xf0\x9f\x93\x9e cut \xf0\x9f")}) {
    const std::string text = escape_path(path);
    CHECK(*unescape_path(text) == path);
  }
}

TEST_CASE("escaped text is what a person may see") {
  CHECK(escape_path("a/b c") == "a/b c");
  CHECK(escape_path("\xe5\xbd\x95") == "\xe5\xbd\x95");
  CHECK(escape_path("a\nb\x7f") == "a\\x0ab\\x7f");
  CHECK(escape_path("\x1b[31m") == "\\x1b[31m");
  CHECK(escape_path("a\\b") == "a\\\\b");
  CHECK(escape_path("\xff") == "\\xff");
  CHECK(escape_path("\xc2\x9b") == "\\xc2\\x9b");           // a control character of two bytes
  CHECK(escape_path("\xc0\xaf") == "\\xc0\\xaf");           // over-long
  CHECK(escape_path("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
}

TEST_CASE("an escape that is none is refused") {
  for (const char* text : {"\\", "a\\", "\\x", "\\x4", "\\xg0", "\\n", "\\x4\\"}) {
    CAPTURE(text);
    CHECK(unescape_path(text).error().code == ErrorCode::invalid_argument);
  }
  CHECK(*unescape_path("\\xFf") == "\xff");
}

TEST_CASE("only a path that stays below its folder is safe") {
  for (const char* path : {"a", "a/b", ".a", "..a", "a..", "...", "a/.b", "\xff\n"}) {
    CAPTURE(path);
    CHECK(is_safe_relative_path(path));
  }
  for (const char* path : {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b"}) {
    CAPTURE(path);
    CHECK_FALSE(is_safe_relative_path(path));
  }
  CHECK_FALSE(is_safe_relative_path(std::string_view("a\0b", 3)));
}

TEST_CASE("a path is its parent and its last name") {
  CHECK(parent_of("a/b/c") == "a/b");
  CHECK(last_name_of("a/b/c") == "c");
  CHECK(parent_of("c").empty());
  CHECK(last_name_of("c") == "c");
}

TEST_CASE("is_within needs whole names") {
  CHECK(is_within("a/b", "a"));
  CHECK(is_within("a", "a"));
  CHECK(is_within("a", ""));
  CHECK_FALSE(is_within("ab", "a"));
  CHECK_FALSE(is_within("a", "a/b"));
}

}  // namespace holdfast
