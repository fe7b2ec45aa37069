// SPDX-License-Identifier: Apache-2.0
// What all conformance suites share: a temporary folder, and short words for results.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::test {

// A fresh folder below $TMPDIR or the working directory; gone with all it holds at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base == nullptr ? "." : base) + "/holdfast-conformance-XXXXXX";
    HF_CHECK(::mkdtemp(path_.data()) != nullptr);
    path_ = std::filesystem::absolute(path_).lexically_normal();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

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
