// SPDX-License-Identifier: Apache-2.0
// A folder that a restore writes: the calls of FolderHandle's open directory that change it.
#pragma once

#include "hal/linux/folder.h"

namespace holdfast::linux {

class PosixTargetFolder final : public ReadableFolder<ports::TargetFolder> {
 public:
  using ReadableFolder::ReadableFolder;

  [[nodiscard]] Result<std::unique_ptr<ports::TargetFolder>> make_folder(
      std::string_view name) override;
  [[nodiscard]] Result<std::unique_ptr<ports::TargetFolder>> open_target(
      std::string_view name) override;
  [[nodiscard]] Result<std::unique_ptr<ports::TargetFile>> create_file(
      std::string_view name) override;
  [[nodiscard]] Result<void> make_symlink(std::string_view name, std::string_view target) override;
  [[nodiscard]] Result<void> make_special(std::string_view name,
                                          const ports::FileStatus& what) override;
  // `from` must be a PosixTargetFolder.
  [[nodiscard]] Result<void> link(ports::TargetFolder& from, std::string_view from_name,
                                  std::string_view name) override;
  [[nodiscard]] Result<void> rename(std::string_view from, std::string_view to,
                                    bool replace) override;
  [[nodiscard]] Result<void> remove(std::string_view name) override;
  // Tries every part of the metadata; the first error is returned when all have been tried.
  [[nodiscard]] Result<void> apply(std::string_view name,
                                   const ports::FileMetadata& metadata) override;
  [[nodiscard]] Result<void> sync_file_system() override;
};

}  // namespace holdfast::linux
