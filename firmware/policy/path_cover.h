// SPDX-License-Identifier: Apache-2.0
// Which of many paths, of items or folders, an item is or lies in, asked item by item in path
// order: each path is looked at once, whatever the number of items. One thread.
#pragma once

#include <algorithm>
#include <vector>

#include "hal/base/path.h"

namespace holdfast::policy {

// Entry: has a `path`; an empty one covers everything.
template <class Entry>
class PathCover {
 public:
  explicit PathCover(std::vector<Entry> entries) : entries_(std::move(entries)) {
    std::ranges::sort(entries_, PathLess{}, &Entry::path);
    is_used_.resize(entries_.size());
  }

  // The deepest entry that covers the path; of equal ones any. Null: none. Paths rise.
  [[nodiscard]] const Entry* find(std::string_view path) {
    while (!open_.empty() && !is_within(path, entries_[open_.back()].path)) open_.pop_back();
    while (next_ < entries_.size() && compare_paths(entries_[next_].path, path) <= 0) {
      if (is_within(path, entries_[next_].path)) open_.push_back(next_);
      ++next_;
    }
    if (open_.empty()) return nullptr;
    for (const std::size_t each : open_) is_used_[each] = true;
    return &entries_[open_.back()];
  }
  // From the beginning of a list again; what was found stays.
  void restart() {
    open_.clear();
    next_ = 0;
  }
  // Those that nothing that was asked for lies in.
  [[nodiscard]] std::vector<Entry> unused() const {
    std::vector<Entry> unused;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (!is_used_[i]) unused.push_back(entries_[i]);
    }
    return unused;
  }

 private:
  std::vector<Entry> entries_;
  std::vector<bool> is_used_;
  std::vector<std::size_t> open_;  // those that cover the last path, from the outermost on
  std::size_t next_ = 0;
};

}  // namespace holdfast::policy
