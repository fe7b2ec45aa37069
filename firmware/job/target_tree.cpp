// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/target_tree.h"

#include <algorithm>

#include "hal/base/path.h"
#include "hal/ports/file_owner.h"

namespace holdfast::job {

namespace {

constexpr std::size_t kOpenFoldersMax = 128;
constexpr std::uint32_t kFolderForOthers = 0755;
constexpr std::uint32_t kFileForOthers = 0644;

}  // namespace

ports::FileMetadata metadata_of(const vault::Item& item) {
  ports::FileMetadata metadata;
  metadata.type = item.type;
  metadata.mode = item.mode;
  metadata.uid = item.uid;
  metadata.gid = item.gid;
  metadata.mtime_ns = item.mtime_ns;
  metadata.attributes = &item.attributes;
  return metadata;
}

ports::FileMetadata metadata_for_others(const vault::Item& item) {
  ports::FileMetadata metadata = metadata_of(item);
  const bool is_folder = item.type == ports::FileType::directory;
  metadata.mode = is_folder ? kFolderForOthers : kFileForOthers;
  metadata.uid = ports::kOwnerAsIs;
  metadata.gid = ports::kOwnerAsIs;
  metadata.attributes = nullptr;
  return metadata;
}

ports::FileMetadata folder_for_others(Timestamp now) {
  ports::FileMetadata metadata;
  metadata.type = ports::FileType::directory;
  metadata.mode = kFolderForOthers;
  metadata.uid = ports::kOwnerAsIs;
  metadata.gid = ports::kOwnerAsIs;
  metadata.mtime_ns = now.ns;
  return metadata;
}

TargetTree::TargetTree(std::unique_ptr<ports::TargetFolder> root,
                       std::optional<ports::FileMetadata> made)
    : root_(std::move(root)), made_(made) {}

std::shared_ptr<ports::TargetFolder> TargetTree::find(std::string_view path) {
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [&](const OpenFolder& open) { return open.path == path; });
  if (found == open_.end()) return nullptr;
  open_.splice(open_.begin(), open_, found);
  return open_.front().folder;
}

void TargetTree::keep(std::string path, std::shared_ptr<ports::TargetFolder> folder) {
  if (open_.size() >= kOpenFoldersMax) open_.pop_back();
  open_.push_front({std::move(path), std::move(folder)});
}

Result<std::shared_ptr<ports::TargetFolder>> TargetTree::folder(std::string_view path) {
  if (path.empty()) return root_;
  if (!is_safe_relative_path(path)) {
    return make_error(ErrorCode::target_escape, std::string(path), {{"path", std::string(path)}});
  }
  const std::lock_guard lock(mutex_);
  // From the deepest folder that is open, name by name: a link is never followed.
  std::string_view known = path;
  std::shared_ptr<ports::TargetFolder> current = find(known);
  while (current == nullptr && !known.empty()) {
    known = parent_of(known);
    current = known.empty() ? root_ : find(known);
  }
  while (known.size() < path.size()) {
    const std::size_t start = known.empty() ? 0 : known.size() + 1;
    const std::string_view name = path.substr(start, path.find('/', start) - start);
    HF_TRY(std::shared_ptr<ports::TargetFolder> next, current->make_folder(name));
    if (made_) HF_TRY(next->apply("", *made_));
    known = path.substr(0, start + name.size());
    keep(std::string(known), next);
    current = std::move(next);
  }
  return current;
}

}  // namespace holdfast::job
