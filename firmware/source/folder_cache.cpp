// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/folder_cache.h"

#include <algorithm>
#include <iterator>

#include "hal/base/path.h"

namespace holdfast::source {

Result<FolderPointer> FolderCache::get(std::string_view path) {
  auto [folder, size] = nearest(path);
  while (size < path.size()) {
    const std::size_t begin = size == 0 ? 0 : size + 1;
    const std::size_t end = std::min(path.find('/', begin), path.size());
    HF_TRY(folder, folder->open_folder(path.substr(begin, end - begin)));
    put(path.substr(0, end), folder);
    size = end;
  }
  return folder;
}

void FolderCache::put(std::string_view path, FolderPointer folder) {
  const std::scoped_lock lock(mutex_);
  auto place = std::ranges::find(entries_, path, &Entry::path);
  if (place == entries_.end()) {
    if (entries_.size() < folders_max_) entries_.emplace_back();
    place = std::prev(entries_.end());
    place->path = path;
  }
  place->folder = std::move(folder);
  entries_.splice(entries_.begin(), entries_, place);
}

std::pair<FolderPointer, std::size_t> FolderCache::nearest(std::string_view path) {
  const std::scoped_lock lock(mutex_);
  auto best = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (!is_within(path, entry->path)) continue;
    if (best == entries_.end() || entry->path.size() > best->path.size()) best = entry;
  }
  if (best == entries_.end()) return {root_, 0};
  entries_.splice(entries_.begin(), entries_, best);
  return {entries_.front().folder, entries_.front().path.size()};
}

Error source_error(Error error) {
  if (error.code == ErrorCode::not_found || error.code == ErrorCode::not_a_directory) {
    error.code = ErrorCode::source_vanished;
  }
  return error;
}

}  // namespace holdfast::source
