// SPDX-License-Identifier: Apache-2.0
// The folders that appliance.toml names for exports, as of its last look. Whether a medium is there
// is for who writes to find out.
#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace holdfast::api {

// Any thread.
class KeptExportFolders {
 public:
  [[nodiscard]] std::vector<std::string> get() const {
    const std::lock_guard lock(mutex_);
    return folders_;
  }
  void set(std::vector<std::string> folders) {
    const std::lock_guard lock(mutex_);
    folders_ = std::move(folders);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> folders_;
};

}  // namespace holdfast::api
