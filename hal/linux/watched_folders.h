// SPDX-License-Identifier: Apache-2.0
// A folder and all below it as inotify watches them, and its words as ours. One thread.
#pragma once

#include <sys/inotify.h>

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hal/base/path.h"
#include "hal/linux/descriptor.h"
#include "hal/ports/watch.h"

namespace holdfast::linux {

class WatchedFolders {
 public:
  using Tell = std::function<void(ports::FileEventKind kind, std::string path)>;
  // References must outlive it. A walk ends early once `must_stop` is true.
  WatchedFolders(const ports::WatchRequest& request, std::size_t folders_max,
                 const std::atomic<bool>& must_stop)
      : request_(request), folders_max_(folders_max), must_stop_(must_stop) {}

  // Watches all of it from now on, or says why not, and then watches nothing.
  [[nodiscard]] ports::WatchState begin();
  // Becomes readable when there is something to read.
  [[nodiscard]] int number() const { return queue_.number(); }
  // False: it must begin anew, since something was lost, or the folder is another one now.
  [[nodiscard]] bool read(const Tell& tell);
  [[nodiscard]] bool is_same_folder() const;

 private:
  struct FolderId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const FolderId&) const = default;
  };

  void drop();
  // False: not all of it can be watched.
  [[nodiscard]] bool enter(const std::string& path);
  [[nodiscard]] bool enter_all();
  [[nodiscard]] bool enter_those(std::vector<std::string> left, bool drains);
  [[nodiscard]] bool is_watched_elsewhere(const Descriptor& root, int watch,
                                          const std::string& path) const;
  [[nodiscard]] bool enter_one(const Descriptor& root, const std::string& path,
                               std::vector<std::string>& children);
  void list(Descriptor folder, const std::string& path, std::vector<std::string>& children) const;
  void note(int watch, const std::string& path);
  void forget(int watch);
  void leave(const std::string& path);
  [[nodiscard]] bool is_wanted(const std::string& folder, std::string_view name) const;
  [[nodiscard]] bool hear(const inotify_event& event, std::string_view name, const Tell& tell);
  [[nodiscard]] bool hear_folder(std::uint32_t mask, const std::string& path, const Tell& tell);
  void hear_file(std::uint32_t mask, const std::string& path, const Tell& tell) const;
  [[nodiscard]] bool needs_no_close(const std::string& path) const;

  const ports::WatchRequest& request_;
  std::size_t folders_max_;
  const std::atomic<bool>& must_stop_;

  std::string root_;  // without links
  FolderId id_;
  Descriptor queue_;
  std::unordered_map<int, std::string> paths_;  // by watch
  std::map<std::string, int, PathLess> watches_;
};

}  // namespace holdfast::linux
