// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/watched_folders.h"

#include <fcntl.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "hal/linux/watch.h"

namespace holdfast::linux {

namespace {

using ports::FileEventKind;
using ports::WatchState;

constexpr std::uint32_t kOfFiles =
    IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE;
constexpr std::uint32_t kOfFolder = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr std::size_t kReadSize = 64 * kKiB;

std::string joined(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

std::optional<std::string> resolved(const std::string& path) {
  std::array<char, PATH_MAX> real{};
  if (::realpath(path.c_str(), real.data()) == nullptr) return std::nullopt;
  return std::string(real.data());
}

Descriptor open_folder(int root, const std::string& path) {
  const char* name = path.empty() ? "." : path.c_str();
  return open_beneath(root, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
}

// What errno says of a folder that was seen a moment ago: it went, or is a link now.
bool has_gone(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

bool is_silent(const Descriptor& folder) {
  struct statfs system{};
  return ::fstatfs(folder.number(), &system) != 0 ||
         linux::is_silent(static_cast<std::uint32_t>(system.f_type));
}

bool is_folder(const DirectoryStream& stream, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat status{};
  return ::fstatat(::dirfd(stream.get()), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

}  // namespace

void WatchedFolders::drop() {
  queue_ = Descriptor();
  paths_.clear();
  watches_.clear();
}

// The folder is not kept open: nobody could take its file system off.
WatchState WatchedFolders::begin() {
  drop();
  const auto root = resolved(request_.root);
  if (!root) return WatchState::away;
  const Descriptor folder = open_at(AT_FDCWD, root->c_str(), O_RDONLY | O_DIRECTORY);
  struct statfs system{};
  struct stat status{};
  if (!folder.is_open() || ::fstatfs(folder.number(), &system) != 0 ||
      ::fstat(folder.number(), &status) != 0) {
    return WatchState::away;
  }
  if (linux::is_silent(static_cast<std::uint32_t>(system.f_type))) return WatchState::silent;
  root_ = *root;
  id_ = {status.st_dev, status.st_ino};
  queue_ = Descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (queue_.is_open() && enter_all()) {
    if (!watches_.empty()) return WatchState::events;
    drop();
    return WatchState::away;
  }
  drop();
  return WatchState::too_many;
}

bool WatchedFolders::is_same_folder() const {
  struct stat status{};
  return ::stat(request_.root.c_str(), &status) == 0 &&
         FolderId{status.st_dev, status.st_ino} == id_;
}

bool WatchedFolders::enter(const std::string& path) {
  return enter_those({path}, false);
}

// Nobody else reads meanwhile what the system keeps, which is not much: it is read now and then,
// for the folders that are new. All else is found by whoever is told to look at everything.
bool WatchedFolders::enter_all() {
  return enter_those({std::string()}, true);
}

bool WatchedFolders::enter_those(std::vector<std::string> left, bool drains) {
  constexpr std::size_t kFoldersBetween = 64;
  const Descriptor root = open_at(AT_FDCWD, root_.c_str(), O_RDONLY | O_DIRECTORY);
  if (!root.is_open()) return true;  // what comes of that is told by its own events
  for (std::size_t count = 1; !left.empty() && !must_stop_; ++count) {
    const std::string next = std::move(left.back());
    left.pop_back();
    if (!enter_one(root, next, left)) return false;
    const bool is_time = count % kFoldersBetween == 0 || left.empty();
    if (drains && is_time && !read([](FileEventKind, const std::string&) {})) return false;
  }
  return true;
}

// A folder that was moved keeps its number. One that can be reached by two ways has one as well:
// who hears it does not know which.
bool WatchedFolders::is_watched_elsewhere(const Descriptor& root, int watch,
                                          const std::string& path) const {
  const auto known = paths_.find(watch);
  if (known == paths_.end() || known->second == path) return false;
  const Descriptor other = open_folder(root.number(), known->second);
  const Descriptor own = open_folder(root.number(), path);
  struct stat left{};
  struct stat right{};
  return other.is_open() && own.is_open() && ::fstat(other.number(), &left) == 0 &&
         ::fstat(own.number(), &right) == 0 && left.st_ino == right.st_ino &&
         left.st_dev == right.st_dev;
}

// One that is gone already has nothing to tell. The names in it are read when the watch stands, so
// that no folder is missed.
bool WatchedFolders::enter_one(const Descriptor& root, const std::string& path,
                               std::vector<std::string>& children) {
  Descriptor folder = open_folder(root.number(), path);
  if (!folder.is_open()) return has_gone(errno);
  struct stat status{};
  if (::fstat(folder.number(), &status) != 0) return false;
  if (status.st_dev != id_.device) {
    if (!request_.cross_file_systems) return true;
    if (is_silent(folder)) return false;
  }
  if (watches_.size() >= folders_max_) return false;
  const std::string by_number = "/proc/self/fd/" + std::to_string(folder.number());
  const int watch = ::inotify_add_watch(queue_.number(), by_number.c_str(), kOfFiles | kOfFolder);
  if (watch < 0) return has_gone(errno);
  if (is_watched_elsewhere(root, watch, path)) return false;
  note(watch, path);
  list(std::move(folder), path, children);
  return true;
}

void WatchedFolders::list(Descriptor folder, const std::string& path,
                          std::vector<std::string>& children) const {
  const DirectoryStream stream(::fdopendir(folder.number()));
  if (stream == nullptr) return;
  static_cast<void>(folder.release());  // the stream owns it now
  while (!must_stop_) {
    const auto entry = next_entry(stream, path);
    if (!entry || *entry == nullptr) return;
    if (!is_folder(stream, **entry) || !is_wanted(path, (*entry)->d_name)) continue;
    children.push_back(joined(path, (*entry)->d_name));
  }
}

// A folder that was moved keeps its watch, and one that was made anew keeps the path.
void WatchedFolders::note(int watch, const std::string& path) {
  forget(watch);
  if (const auto former = watches_.find(path); former != watches_.end()) {
    const int other = former->second;
    ::inotify_rm_watch(queue_.number(), other);
    forget(other);
  }
  paths_[watch] = path;
  watches_[path] = watch;
}

void WatchedFolders::forget(int watch) {
  const auto found = paths_.find(watch);
  if (found == paths_.end()) return;
  watches_.erase(found->second);
  paths_.erase(found);
}

void WatchedFolders::leave(const std::string& path) {
  auto next = watches_.lower_bound(path);
  while (next != watches_.end() && is_within(next->first, path)) {
    ::inotify_rm_watch(queue_.number(), next->second);
    paths_.erase(next->second);
    next = watches_.erase(next);
  }
}

bool WatchedFolders::is_wanted(const std::string& folder, std::string_view name) const {
  if (request_.is_wanted && !request_.is_wanted(folder, name)) return false;
  const std::string path = root_ + "/" + joined(folder, name);
  return std::ranges::none_of(request_.exclude_paths, [&](const std::string& excluded) {
    return is_within(path, excluded);
  });
}

bool WatchedFolders::read(const Tell& tell) {
  alignas(inotify_event) std::array<char, kReadSize> bytes{};
  while (!must_stop_) {
    const ssize_t size = ::read(queue_.number(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    std::size_t at = 0;
    while (at < static_cast<std::size_t>(size)) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      const char* name = bytes.data() + at + sizeof event;
      at += sizeof event + event.len;
      if (!hear(event, event.len > 0 ? std::string_view(name) : std::string_view(), tell)) {
        return false;
      }
    }
  }
  return true;
}

bool WatchedFolders::hear(const inotify_event& event, std::string_view name, const Tell& tell) {
  if ((event.mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) != 0) return false;
  const auto folder = paths_.find(event.wd);
  if (folder == paths_.end()) return true;  // of one that was left
  if (name.empty()) {
    const bool has_gone = (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
    if (has_gone && folder->second.empty()) return false;
    if ((event.mask & IN_IGNORED) != 0) forget(event.wd);
    return true;
  }
  if (!is_wanted(folder->second, name)) return true;
  const std::string path = joined(folder->second, name);
  if ((event.mask & IN_ISDIR) != 0) return hear_folder(event.mask, path, tell);
  hear_file(event.mask, path, tell);
  return true;
}

// Folders are no items: their own attributes tell nothing.
bool WatchedFolders::hear_folder(std::uint32_t mask, const std::string& path, const Tell& tell) {
  if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
    leave(path);
    tell(FileEventKind::removed, path);
  }
  if ((mask & (IN_CREATE | IN_MOVED_TO)) == 0) return true;
  leave(path);
  if (!enter(path)) return false;
  tell(FileEventKind::folder, path);
  return true;
}

void WatchedFolders::hear_file(std::uint32_t mask, const std::string& path,
                               const Tell& tell) const {
  if ((mask & IN_CREATE) != 0) {
    tell(FileEventKind::created, path);
    if (needs_no_close(path)) tell(FileEventKind::closed, path);
  }
  if ((mask & IN_MODIFY) != 0) tell(FileEventKind::written, path);
  if ((mask & IN_ATTRIB) != 0) tell(FileEventKind::altered, path);
  if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) tell(FileEventKind::closed, path);
  if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) tell(FileEventKind::removed, path);
}

// What was made by being opened is empty at first, and will be closed. A link has its content.
bool WatchedFolders::needs_no_close(const std::string& path) const {
  struct stat status{};
  if (::lstat((root_ + "/" + path).c_str(), &status) != 0) return false;
  return !S_ISREG(status.st_mode) || status.st_nlink > 1 || status.st_size > 0;
}

}  // namespace holdfast::linux
