// SPDX-License-Identifier: Apache-2.0
// A disk on a directory of a mounted file system. The root is opened once and everything goes
// relative to it, so that a path that is mounted over or renamed does not lead elsewhere. Nothing
// of ours is a symbolic link, so none is followed: in a folder's place it is not_a_directory, in a
// file's place or on the way to one it is io, with a reason that says so. Files are made 0600 and
// directories 0700.
#pragma once

#include "hal/linux/descriptor.h"
#include "hal/ports/disk.h"

namespace holdfast::linux {

class PosixDisk final : public ports::Disk {
 public:
  // The directory must exist; links on the way to it are followed.
  [[nodiscard]] static Result<std::unique_ptr<PosixDisk>> open_root(const std::string& root);

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] Result<std::unique_ptr<ports::WriteFile>> create(std::string_view path) override;
  [[nodiscard]] Result<std::unique_ptr<ports::WriteFile>> open_append(
      std::string_view path) override;
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open(std::string_view path) override;
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open_fresh(std::string_view path) override;
  [[nodiscard]] Result<void> rename(std::string_view from, std::string_view to) override;
  [[nodiscard]] Result<void> remove(std::string_view path) override;
  [[nodiscard]] Result<void> make_directory(std::string_view path) override;
  [[nodiscard]] Result<void> sync_directory(std::string_view path) override;
  [[nodiscard]] Result<std::vector<ports::DirectoryEntry>> list(std::string_view path) override;
  [[nodiscard]] Result<std::uint64_t> size_of(std::string_view path) override;
  [[nodiscard]] Result<ports::Space> space() override;
  [[nodiscard]] Result<std::uint64_t> device() override;
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> lock(std::string_view path,
                                                          ports::LockMode mode,
                                                          std::string_view holder) override;

 private:
  PosixDisk(std::string name, Descriptor root) : name_(std::move(name)), root_(std::move(root)) {}
  [[nodiscard]] std::string where(std::string_view path) const;
  // The empty path is the root.
  [[nodiscard]] Result<Descriptor> open_directory(std::string_view path, int flags) const;
  [[nodiscard]] Result<Descriptor> open_file(std::string_view path, int flags,
                                             mode_t mode = 0) const;
  // For calls that take a folder and one name in it, and do not follow that.
  struct Place {
    Descriptor folder;
    std::string name;
  };
  [[nodiscard]] Result<Place> find_place(std::string_view path) const;
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> read_file(Descriptor file,
                                                                   std::string_view path) const;
  [[nodiscard]] Result<std::unique_ptr<ports::WriteFile>> open_to_write(std::string_view path,
                                                                        int flags, mode_t mode);

  std::string name_;
  Descriptor root_;
};

}  // namespace holdfast::linux
