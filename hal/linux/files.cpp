// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "hal/linux/errno.h"
#include "hal/linux/folder.h"
#include "hal/linux/target.h"

namespace holdfast::linux {

namespace {

// Makes every folder on the way. What is in the way shows when the path is opened.
Result<void> make_path(const std::string& path) {
  for (std::size_t end = path.find('/', 1); true; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return last_error("make directory", part);
    }
    if (end == std::string::npos) return {};
  }
}

}  // namespace

Result<std::unique_ptr<ports::Folder>> PosixFiles::open_source(const std::string& path) {
  HF_TRY(FolderHandle handle, FolderHandle::open_path(path));
  return std::make_unique<SourceFolder>(std::move(handle));
}

Result<std::unique_ptr<ports::TargetFolder>> PosixFiles::open_target(const std::string& path) {
  auto handle = FolderHandle::open_path(path);
  if (!handle && handle.error().code == ErrorCode::not_found) {
    HF_TRY(make_path(path));
    handle = FolderHandle::open_path(path);
  }
  if (!handle) return std::move(handle.error());
  return std::make_unique<PosixTargetFolder>(*std::move(handle));
}

Result<std::string> PosixFiles::resolve(const std::string& path) {
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> resolved(::realpath(path.c_str(), nullptr));
  if (resolved == nullptr) return last_error("resolve", path);
  return std::string(resolved.get());
}

}  // namespace holdfast::linux
