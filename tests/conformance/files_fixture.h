// SPDX-License-Identifier: Apache-2.0
// The two bodies of ports::Files, each with a fresh folder to work in.
#pragma once

#include <algorithm>

#include "hal/linux/files.h"
#include "hal/sim/files.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

class LinuxFiles {
 public:
  ports::Files& files() { return files_; }
  std::string path(const std::string& name = {}) { return folder_.path() + "/" + name; }

 private:
  TemporaryFolder folder_;
  linux::PosixFiles files_;
};

class SimulatedFiles {
 public:
  SimulatedFiles() { files_.add_folder("/target"); }
  ports::Files& files() { return files_; }
  std::string path(const std::string& name = {}) { return "/target/" + name; }

 private:
  sim::World world_{1};
  sim::SimFiles files_{world_};
};

// One folder, open for reading as a source and for writing as a target.
template <class Body>
class FilesFixture : public Body {
 public:
  ports::TargetFolder& target() { return *target_; }
  ports::Folder& source() { return *source_; }

  void write(std::string_view name, std::string_view text) {
    auto file = *target_->create_file(name);
    *file->write(0, view_of(text));
  }
  std::string read(std::string_view name) {
    auto file = *source_->open_file(name);
    Bytes out((*file->status()).size + 1);
    out.resize(*file->read(0, out));
    return std::string(text_of(out));
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    *source_->list([&](std::string_view name) -> Result<void> {
      names.emplace_back(name);
      return {};
    });
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::unique_ptr<ports::TargetFolder> target_ = *this->files().open_target(this->path());
  std::unique_ptr<ports::Folder> source_ = *this->files().open_source(this->path());
};

}  // namespace holdfast::test
