// SPDX-License-Identifier: Apache-2.0
// File trees of the system: where sources are read and restores are written.
#pragma once

#include "hal/ports/files.h"

namespace holdfast::linux {

class PosixFiles final : public ports::Files {
 public:
  [[nodiscard]] Result<std::unique_ptr<ports::Folder>> open_source(
      const std::string& path) override;
  // Folders that it makes are 0700.
  [[nodiscard]] Result<std::unique_ptr<ports::TargetFolder>> open_target(
      const std::string& path) override;
  [[nodiscard]] Result<std::string> resolve(const std::string& path) override;
};

}  // namespace holdfast::linux
