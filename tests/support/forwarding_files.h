// SPDX-License-Identifier: Apache-2.0
// File ports that hand every call on: a test overrides the one it watches.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "hal/ports/files.h"

namespace holdfast::test {

class ForwardingFolder : public ports::Folder {
 public:
  explicit ForwardingFolder(std::unique_ptr<ports::Folder> folder) : folder_(std::move(folder)) {}

  Result<void> list(const std::function<Result<void>(std::string_view)>& visit) override {
    return folder_->list(visit);
  }
  Result<ports::FileStatus> status() override { return folder_->status(); }
  Result<ports::FileStatus> status_of(std::string_view name) override {
    return folder_->status_of(name);
  }
  Result<std::unique_ptr<ports::Folder>> open_folder(std::string_view name) override {
    return folder_->open_folder(name);
  }
  Result<std::unique_ptr<ports::SourceFile>> open_file(std::string_view name) override {
    return folder_->open_file(name);
  }
  Result<std::string> read_link(std::string_view name) override { return folder_->read_link(name); }
  Result<ports::ExtendedAttributes> extended_attributes_of(std::string_view name) override {
    return folder_->extended_attributes_of(name);
  }

 private:
  std::unique_ptr<ports::Folder> folder_;
};

// Sources through `wrap`, everything else as it is.
class WrappedFiles final : public ports::Files {
 public:
  using Wrap = std::function<std::unique_ptr<ports::Folder>(std::unique_ptr<ports::Folder>)>;
  WrappedFiles(ports::Files& files, Wrap wrap) : files_(files), wrap_(std::move(wrap)) {}

  Result<std::unique_ptr<ports::Folder>> open_source(const std::string& path) override {
    HF_TRY(auto folder, files_.open_source(path));
    return wrap_(std::move(folder));
  }
  Result<std::unique_ptr<ports::TargetFolder>> open_target(const std::string& path) override {
    return files_.open_target(path);
  }
  Result<std::string> resolve(const std::string& path) override { return files_.resolve(path); }

 private:
  ports::Files& files_;
  Wrap wrap_;
};

}  // namespace holdfast::test
