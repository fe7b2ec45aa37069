// SPDX-License-Identifier: Apache-2.0
// A fresh folder of the real file system for tests that need one.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "hal/base/check.h"

namespace holdfast::test {

// Below $TMPDIR or the system's temporary folder; gone with all it holds at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    // mkdtemp replaces the six last letters.
    path_ = (std::filesystem::temp_directory_path() / "holdfast-").string() + std::string(6, 'X');
    HF_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace holdfast::test
