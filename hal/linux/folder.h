// SPDX-License-Identifier: Apache-2.0
// The reading half of a folder, shared by sources and targets: an open directory, and calls that
// take one name in it. A symbolic link in the name's place is never followed.
#pragma once

#include "hal/linux/attributes.h"
#include "hal/linux/descriptor.h"
#include "hal/ports/files.h"

namespace holdfast::linux {

[[nodiscard]] ports::FileStatus status_from(const struct stat& status);

// Any thread may call it.
class FolderHandle {
 public:
  // `path` is for messages only.
  FolderHandle(Descriptor folder, std::string path)
      : folder_(std::move(folder)), path_(std::move(path)) {}
  // Follows links: for the path that a person named.
  [[nodiscard]] static Result<FolderHandle> open_path(const std::string& path);

  [[nodiscard]] const Descriptor& descriptor() const { return folder_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string where(std::string_view name) const;
  // The name for a call of the system; invalid_argument if it is not exactly one name.
  [[nodiscard]] Result<std::string> checked(std::string_view name) const;

  [[nodiscard]] Result<void> list(
      const std::function<Result<void>(std::string_view name)>& visit) const;
  [[nodiscard]] Result<ports::FileStatus> status() const;
  [[nodiscard]] Result<ports::FileStatus> status_of(std::string_view name) const;
  [[nodiscard]] Result<FolderHandle> open_folder(std::string_view name) const;
  [[nodiscard]] Result<std::unique_ptr<ports::SourceFile>> open_file(std::string_view name) const;
  [[nodiscard]] Result<std::string> read_link(std::string_view name) const;
  [[nodiscard]] Result<ports::ExtendedAttributes> attributes_of(std::string_view name) const;

 private:
  Descriptor folder_;
  std::string path_;
};

// Gives `Interface` (ports::Folder or ports::TargetFolder) its reading calls.
template <class Interface>
class ReadableFolder : public Interface {
 public:
  explicit ReadableFolder(FolderHandle handle) : handle_(std::move(handle)) {}

  [[nodiscard]] Result<void> list(
      const std::function<Result<void>(std::string_view name)>& visit) override {
    return handle_.list(visit);
  }
  [[nodiscard]] Result<ports::FileStatus> status() override { return handle_.status(); }
  [[nodiscard]] Result<ports::FileStatus> status_of(std::string_view name) override {
    return handle_.status_of(name);
  }
  [[nodiscard]] Result<std::unique_ptr<ports::Folder>> open_folder(std::string_view name) override {
    HF_TRY(FolderHandle handle, handle_.open_folder(name));
    return std::make_unique<ReadableFolder<ports::Folder>>(std::move(handle));
  }
  [[nodiscard]] Result<std::unique_ptr<ports::SourceFile>> open_file(
      std::string_view name) override {
    return handle_.open_file(name);
  }
  [[nodiscard]] Result<std::string> read_link(std::string_view name) override {
    return handle_.read_link(name);
  }
  [[nodiscard]] Result<ports::ExtendedAttributes> extended_attributes_of(
      std::string_view name) override {
    return handle_.attributes_of(name);
  }

 protected:
  FolderHandle handle_;
};

using SourceFolder = ReadableFolder<ports::Folder>;

}  // namespace holdfast::linux
