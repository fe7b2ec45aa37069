// SPDX-License-Identifier: Apache-2.0
// What all conformance suites share: short words for results.
#pragma once

#include <string>

#include "hal/base/bytes.h"
#include "hal/base/result.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

// "ok" or the name of the error's code: what a test compares.
template <class T>
[[nodiscard]] std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(name_of(result.error().code));
}

[[nodiscard]] inline Bytes bytes_of(std::string_view text) {
  const ByteView view = view_of(text);
  return {view.begin(), view.end()};
}

}  // namespace holdfast::test
