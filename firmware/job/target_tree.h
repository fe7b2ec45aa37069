// SPDX-License-Identifier: Apache-2.0
// The folders of a restore: made on the way down, kept open while they are used. A stored path can
// only ever name something below the target (design: refuse to leave the target directory whatever
// the tree says).
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "firmware/vault/item.h"
#include "hal/ports/files.h"

namespace holdfast::job {

// Any thread.
class TargetTree {
 public:
  // `made`: what each folder gets that is made on the way.
  explicit TargetTree(std::unique_ptr<ports::TargetFolder> root,
                      std::optional<ports::FileMetadata> made = {});

  // The open folder of that path, made with its parents where missing. target_escape for a path
  // that is not safe; not_a_directory if something else stands in the way.
  [[nodiscard]] Result<std::shared_ptr<ports::TargetFolder>> folder(std::string_view path);
  [[nodiscard]] ports::TargetFolder& root() { return *root_; }

 private:
  struct OpenFolder {
    std::string path;
    std::shared_ptr<ports::TargetFolder> folder;
  };
  std::shared_ptr<ports::TargetFolder> find(std::string_view path);
  void keep(std::string path, std::shared_ptr<ports::TargetFolder> folder);

  std::shared_ptr<ports::TargetFolder> root_;
  std::optional<ports::FileMetadata> made_;
  std::mutex mutex_;
  std::list<OpenFolder> open_;  // newest use first
};

// Metadata as the target port takes it; `item` must outlive it.
[[nodiscard]] ports::FileMetadata metadata_of(const vault::Item& item);
// The same for a medium that goes to others: readable by everybody, of whoever wrote it, and
// without attributes. And of folders on the way, which no item stands for.
[[nodiscard]] ports::FileMetadata metadata_for_others(const vault::Item& item);
[[nodiscard]] ports::FileMetadata folder_for_others(Timestamp now);

}  // namespace holdfast::job
