// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/folder.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

ports::FileType type_from(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return ports::FileType::directory;
    case S_IFLNK:
      return ports::FileType::symlink;
    case S_IFIFO:
      return ports::FileType::fifo;
    case S_IFSOCK:
      return ports::FileType::socket;
    case S_IFCHR:
      return ports::FileType::char_device;
    case S_IFBLK:
      return ports::FileType::block_device;
    default:
      return ports::FileType::regular;
  }
}

std::int64_t ns_from(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

class PosixSourceFile final : public ports::SourceFile {
 public:
  PosixSourceFile(Descriptor file, const struct stat& first, std::string where)
      : file_(std::move(file)),
        first_(status_from(first)),
        // As many blocks as bytes.
        has_holes_(static_cast<std::uint64_t>(first.st_blocks) * 512 < first_.size),
        where_(std::move(where)) {}

  Result<ports::FileStatus> status() override {
    struct stat status{};
    if (::fstat(file_.number(), &status) != 0) return last_error("status", where_);
    return status_from(status);
  }

  const ports::FileStatus& first_status() const override { return first_; }

  Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override {
    return read_at(file_, offset, out, where_);
  }

  Result<std::optional<ports::DataRun>> next_data(std::uint64_t offset) override {
    if (offset >= first_.size) return std::nullopt;
    const ports::DataRun rest{offset, first_.size - offset};
    if (!has_holes_) return rest;
    const off_t data = ::lseek(file_.number(), static_cast<off_t>(offset), SEEK_DATA);
    if (data < 0 && errno == ENXIO) return std::nullopt;
    if (data < 0) return rest;  // this file system does not tell
    const off_t hole = ::lseek(file_.number(), data, SEEK_HOLE);
    if (hole < 0) return last_error("seek", where_);
    return ports::DataRun{static_cast<std::uint64_t>(data),
                          static_cast<std::uint64_t>(hole - data)};
  }

  Result<ports::ExtendedAttributes> extended_attributes() override {
    return read_attributes(AttributeOwner::of_file(file_), where_);
  }

 private:
  Descriptor file_;
  ports::FileStatus first_;
  bool has_holes_;
  std::string where_;
};

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NONBLOCK;

}  // namespace

ports::FileStatus status_from(const struct stat& status) {
  return {.type = type_from(status.st_mode),
          .mode = status.st_mode & 07777,
          .uid = status.st_uid,
          .gid = status.st_gid,
          .size = static_cast<std::uint64_t>(status.st_size),
          .mtime_ns = ns_from(status.st_mtim),
          .ctime_ns = ns_from(status.st_ctim),
          .inode = status.st_ino,
          .device = status.st_dev,
          .device_major = major(status.st_rdev),
          .device_minor = minor(status.st_rdev),
          .links = status.st_nlink};
}

Result<FolderHandle> FolderHandle::open_path(const std::string& path) {
  Descriptor folder = open_at_quietly(AT_FDCWD, path.c_str(), kFolderFlags);
  if (!folder.is_open()) return last_error("open", path);
  return FolderHandle(std::move(folder), path);
}

std::string FolderHandle::where(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

Result<std::string> FolderHandle::checked(std::string_view name) const {
  const bool is_one_name = !name.empty() && name != "." && name != ".." &&
                           name.find('/') == std::string_view::npos &&
                           name.find('\0') == std::string_view::npos;
  if (is_one_name) return std::string(name);
  return make_error(ErrorCode::invalid_argument, where(name), {{"what", "name"}});
}

Result<void> FolderHandle::list(
    const std::function<Result<void>(std::string_view name)>& visit) const {
  HF_TRY(const DirectoryStream stream, open_directory_stream(folder_.number(), ".", path_));
  while (true) {
    HF_TRY(const dirent* entry, next_entry(stream, path_));
    if (entry == nullptr) return {};
    HF_TRY(visit(entry->d_name));
  }
}

Result<ports::FileStatus> FolderHandle::status() const {
  struct stat status{};
  if (::fstat(folder_.number(), &status) != 0) return last_error("status", path_);
  return status_from(status);
}

Result<ports::FileStatus> FolderHandle::status_of(std::string_view name) const {
  HF_TRY(const std::string file_name, checked(name));
  struct stat status{};
  constexpr int kFlags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (::fstatat(folder_.number(), file_name.c_str(), &status, kFlags) != 0) {
    return last_error("status", where(name));
  }
  return status_from(status);
}

Result<FolderHandle> FolderHandle::open_folder(std::string_view name) const {
  HF_TRY(const std::string file_name, checked(name));
  Descriptor folder =
      open_at_quietly(folder_.number(), file_name.c_str(), kFolderFlags | O_NOFOLLOW);
  if (folder.is_open()) return FolderHandle(std::move(folder), where(name));
  // Some kernels and file systems say ELOOP for a link where a folder is demanded.
  return error_of(errno == ELOOP ? ENOTDIR : errno, "open", where(name));
}

Result<std::unique_ptr<ports::SourceFile>> FolderHandle::open_file(std::string_view name) const {
  HF_TRY(const std::string file_name, checked(name));
  Descriptor file =
      open_at_quietly(folder_.number(), file_name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file.is_open()) return last_error("open", where(name));
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return last_error("status", where(name));
  if (!S_ISREG(status.st_mode)) {
    return make_error(ErrorCode::io, where(name),
                      {{"operation", "open"}, {"reason", "not a regular file"}});
  }
  return std::make_unique<PosixSourceFile>(std::move(file), status, where(name));
}

Result<std::string> FolderHandle::read_link(std::string_view name) const {
  HF_TRY(const std::string file_name, checked(name));
  std::string target(256, '\0');
  while (true) {
    const ssize_t count =
        ::readlinkat(folder_.number(), file_name.c_str(), target.data(), target.size());
    if (count < 0) return last_error("read link", where(name));
    if (static_cast<std::size_t>(count) < target.size()) {
      target.resize(static_cast<std::size_t>(count));
      return target;
    }
    target.resize(target.size() * 4);  // a full buffer may have cut the target short
  }
}

Result<ports::ExtendedAttributes> FolderHandle::attributes_of(std::string_view name) const {
  if (name.empty()) return read_attributes(AttributeOwner::of_name(folder_, "."), where(name));
  HF_TRY(const std::string file_name, checked(name));
  return read_attributes(AttributeOwner::of_name(folder_, file_name), where(name));
}

}  // namespace holdfast::linux
