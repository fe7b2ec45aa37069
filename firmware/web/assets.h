// SPDX-License-Identifier: Apache-2.0
// The pages as they were built (src/ by build.mjs, kept in dist/), and their words: what a browser
// loads before it asks the box anything.
#pragma once

#include <span>
#include <string_view>

#include "hal/base/bytes.h"

namespace holdfast::web {

struct Asset {
  std::string_view path;  // "/", "/app.js", "/words-en.json"
  std::string_view type;  // of the answer
  ByteView bytes;
};

// In order of their paths. They live as long as the program.
[[nodiscard]] std::span<const Asset> assets();

}  // namespace holdfast::web
