// SPDX-License-Identifier: Apache-2.0
// The folders of a source that are open now: few, because open folders are a scarce thing, and the
// ones used last, because items are read close to where the listing is.
//
// A folder that is not open is reached from the nearest open one above it, name by name: a link
// that took the place of a folder is refused, never followed.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "hal/ports/files.h"

namespace holdfast::source {

using FolderPointer = std::shared_ptr<ports::Folder>;

// Safe from any thread. Paths are below the source, empty for its root.
class FolderCache {
 public:
  // The root stays open. At most `folders_max` others do, apart from those in use by callers.
  FolderCache(FolderPointer root, std::size_t folders_max)
      : root_(std::move(root)), folders_max_(folders_max) {}

  [[nodiscard]] const FolderPointer& root() const { return root_; }
  [[nodiscard]] Result<FolderPointer> get(std::string_view path);
  void put(std::string_view path, FolderPointer folder);

 private:
  struct Entry {
    std::string path;
    FolderPointer folder;
  };
  // The innermost open folder that is `path` or contains it, with the length of its path.
  [[nodiscard]] std::pair<FolderPointer, std::size_t> nearest(std::string_view path);

  const FolderPointer root_;
  const std::size_t folders_max_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // used last first
};

// A port's error about one item, in the words of a source: what is not there has vanished.
[[nodiscard]] Error source_error(Error error);

}  // namespace holdfast::source
