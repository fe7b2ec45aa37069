// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "hal/base/path.h"
#include "hal/linux/errno.h"
#include "hal/linux/fresh_file.h"

namespace holdfast::linux {

namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr std::size_t kHolderSizeMax = 4096;

class PosixWriteFile final : public ports::WriteFile {
 public:
  PosixWriteFile(Descriptor file, std::uint64_t size, std::string where)
      : file_(std::move(file)), size_(size), where_(std::move(where)) {}

  Result<void> append(std::span<const ByteView> pieces) override {
    HF_TRY(write_at(file_, size_, pieces, where_));
    for (const ByteView piece : pieces) size_ += piece.size();
    return {};
  }

  // fdatasync() covers the size as well; what it leaves out are times. After an error the kernel
  // has forgotten which pages failed, and a second call would say ok: so the first error stays.
  Result<void> sync() override {
    if (sync_error_) return *sync_error_;
    if (::fdatasync(file_.number()) == 0) return {};
    sync_error_ = last_error("sync", where_);
    return *sync_error_;
  }

  std::uint64_t size() const override { return size_; }

 private:
  Descriptor file_;
  std::uint64_t size_;
  std::string where_;
  std::optional<Error> sync_error_;
};

class PosixReadFile final : public ports::ReadFile {
 public:
  PosixReadFile(Descriptor file, std::uint64_t size, std::string where)
      : file_(std::move(file)), size_(size), where_(std::move(where)) {}

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override {
    return read_at(file_, offset, out, where_);
  }

 private:
  Descriptor file_;
  std::uint64_t size_;
  std::string where_;
};

// The lock belongs to this open file: the system frees it with the descriptor.
class PosixLock final : public ports::Lock {
 public:
  explicit PosixLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;
};

Error locked_error(const Descriptor& file, const std::string& where) {
  Bytes text(kHolderSizeMax);
  const Result<std::size_t> count = read_at(file, 0, text, where);
  text.resize(count ? *count : 0);
  Error error = make_error(ErrorCode::locked, where, {{"holder", std::string(text_of(text))}});
  error.retryable = true;
  return error;
}

Result<void> write_holder(const Descriptor& file, std::string_view holder,
                          const std::string& where) {
  const ByteView text = view_of(holder.substr(0, kHolderSizeMax));
  if (::ftruncate(file.number(), 0) != 0) return last_error("write", where);
  return write_at(file, 0, std::span(&text, 1), where);
}

Result<bool> is_directory(int folder, const dirent& entry, const std::string& where) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat status{};
  if (::fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return last_error("status", where);
  }
  return S_ISDIR(status.st_mode);
}

Error bad_path(std::string where) {
  return make_error(ErrorCode::invalid_argument, std::move(where), {{"what", "path"}});
}

// We make none: whoever did wants us to read or to write elsewhere.
Error link_error(std::string where) {
  return make_error(ErrorCode::io, std::move(where),
                    {{"operation", "open"}, {"reason", "a symbolic link is in the way"}});
}

}  // namespace

Result<std::unique_ptr<PosixDisk>> PosixDisk::open_root(const std::string& root) {
  Descriptor directory = open_at(AT_FDCWD, root.c_str(), O_RDONLY | O_DIRECTORY);
  if (!directory.is_open()) return last_error("open", root);
  return std::unique_ptr<PosixDisk>(new PosixDisk(root, std::move(directory)));
}

std::string PosixDisk::where(std::string_view path) const {
  return path.empty() ? name_ : name_ + "/" + std::string(path);
}

Result<Descriptor> PosixDisk::open_directory(std::string_view path, int flags) const {
  if (!path.empty() && !is_safe_relative_path(path)) return bad_path(where(path));
  const std::string name = path.empty() ? "." : std::string(path);
  Descriptor directory = open_beneath(root_.number(), name.c_str(), flags | O_DIRECTORY);
  if (directory.is_open()) return directory;
  return error_of(errno == ELOOP ? ENOTDIR : errno, "open", where(path));
}

Result<Descriptor> PosixDisk::open_file(std::string_view path, int flags, mode_t mode) const {
  if (path.empty()) return make_error(ErrorCode::is_a_directory, name_);
  if (!is_safe_relative_path(path)) return bad_path(where(path));
  Descriptor file = open_beneath(root_.number(), std::string(path).c_str(), flags, mode);
  if (file.is_open()) return file;
  if (errno == ELOOP) return link_error(where(path));
  return last_error("open", where(path));
}

Result<PosixDisk::Place> PosixDisk::find_place(std::string_view path) const {
  if (path.empty()) return make_error(ErrorCode::is_a_directory, name_);
  if (!is_safe_relative_path(path)) return bad_path(where(path));
  auto folder = open_directory(parent_of(path), O_PATH);
  if (folder) return Place{std::move(*folder), std::string(last_name_of(path))};
  folder.error().where = where(path);
  return std::move(folder.error());
}

Result<std::unique_ptr<ports::WriteFile>> PosixDisk::open_to_write(std::string_view path, int flags,
                                                                   mode_t mode) {
  HF_TRY(Descriptor file, open_file(path, O_WRONLY | flags, mode));
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return last_error("status", where(path));
  return std::make_unique<PosixWriteFile>(std::move(file),
                                          static_cast<std::uint64_t>(status.st_size), where(path));
}

Result<std::unique_ptr<ports::WriteFile>> PosixDisk::create(std::string_view path) {
  return open_to_write(path, O_CREAT | O_EXCL, kFileMode);
}

Result<std::unique_ptr<ports::WriteFile>> PosixDisk::open_append(std::string_view path) {
  return open_to_write(path, 0, 0);
}

Result<std::unique_ptr<ports::ReadFile>> PosixDisk::open(std::string_view path) {
  HF_TRY(Descriptor file, open_file(path, O_RDONLY | O_NONBLOCK));
  return read_file(std::move(file), path);
}

// The pages of the file are clean, since it was synced: so the system lets go of them all, but for
// those that somebody else has mapped or is just reading. Then it is read past them, where the file
// system can do that.
Result<std::unique_ptr<ports::ReadFile>> PosixDisk::open_fresh(std::string_view path) {
  HF_TRY(Descriptor file, open_file(path, O_RDONLY | O_NONBLOCK));
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return last_error("status", where(path));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || forget_pages(file, size)) return read_file(std::move(file), path);
  auto direct = open_file(path, O_RDONLY | O_NONBLOCK | O_DIRECT);
  if (!direct) return read_file(std::move(file), path);
  return std::make_unique<DirectFile>(std::move(*direct), size, where(path));
}

Result<std::unique_ptr<ports::ReadFile>> PosixDisk::read_file(Descriptor file,
                                                              std::string_view path) const {
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return last_error("status", where(path));
  if (S_ISDIR(status.st_mode)) return error_of(EISDIR, "open", where(path));
  return std::make_unique<PosixReadFile>(std::move(file),
                                         static_cast<std::uint64_t>(status.st_size), where(path));
}

Result<void> PosixDisk::rename(std::string_view from, std::string_view to) {
  HF_TRY(const Place place, find_place(from));
  if (!is_safe_relative_path(to)) return bad_path(where(to));
  if (parent_of(from) != parent_of(to)) {
    return make_error(ErrorCode::invalid_argument, where(to), {{"what", "rename"}});
  }
  const std::string new_name(last_name_of(to));
  const int folder = place.folder.number();
  if (::renameat(folder, place.name.c_str(), folder, new_name.c_str()) == 0) return {};
  return last_error("rename", where(from));
}

Result<void> PosixDisk::remove(std::string_view path) {
  HF_TRY(const Place place, find_place(path));
  const int folder = place.folder.number();
  if (::unlinkat(folder, place.name.c_str(), 0) == 0) return {};
  if (errno == EISDIR && ::unlinkat(folder, place.name.c_str(), AT_REMOVEDIR) == 0) return {};
  return last_error("remove", where(path));
}

Result<void> PosixDisk::make_directory(std::string_view path) {
  if (path.empty()) return {};  // the root is there
  HF_TRY(const Place place, find_place(path));
  const int folder = place.folder.number();
  if (::mkdirat(folder, place.name.c_str(), kDirectoryMode) == 0) return {};
  if (errno != EEXIST) return last_error("make directory", where(path));
  struct stat status{};
  if (::fstatat(folder, place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return last_error("status", where(path));
  }
  if (!S_ISDIR(status.st_mode)) return error_of(ENOTDIR, "make directory", where(path));
  return {};
}

Result<void> PosixDisk::sync_directory(std::string_view path) {
  HF_TRY(const Descriptor directory, open_directory(path, O_RDONLY));
  if (::fsync(directory.number()) != 0) return last_error("sync", where(path));
  return {};
}

Result<std::vector<ports::DirectoryEntry>> PosixDisk::list(std::string_view path) {
  HF_TRY(const Descriptor directory, open_directory(path, O_PATH));
  HF_TRY(const DirectoryStream stream, open_directory_stream(directory.number(), ".", where(path)));
  std::vector<ports::DirectoryEntry> entries;
  while (true) {
    HF_TRY(const dirent* entry, next_entry(stream, where(path)));
    if (entry == nullptr) break;
    HF_TRY(const bool directory_found, is_directory(::dirfd(stream.get()), *entry, where(path)));
    entries.push_back({entry->d_name, directory_found});
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  return entries;
}

Result<std::uint64_t> PosixDisk::size_of(std::string_view path) {
  HF_TRY(const Place place, find_place(path));
  struct stat status{};
  if (::fstatat(place.folder.number(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return last_error("status", where(path));
  }
  if (S_ISDIR(status.st_mode)) return error_of(EISDIR, "status", where(path));
  if (S_ISLNK(status.st_mode)) return link_error(where(path));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<ports::Space> PosixDisk::space() {
  struct statvfs status{};
  if (::fstatvfs(root_.number(), &status) != 0) return last_error("space", name_);
  return ports::Space{std::uint64_t{status.f_blocks} * status.f_frsize,
                      std::uint64_t{status.f_bavail} * status.f_frsize,
                      (status.f_flag & ST_RDONLY) != 0};
}

Result<std::uint64_t> PosixDisk::device() {
  struct stat status{};
  if (::fstat(root_.number(), &status) != 0) return last_error("status", name_);
  return std::uint64_t{status.st_dev};
}

Result<std::unique_ptr<ports::Lock>> PosixDisk::lock(std::string_view path, ports::LockMode mode,
                                                     std::string_view holder) {
  const bool exclusive = mode == ports::LockMode::exclusive;
  // A reader of a disk that is mounted read-only can still share an existing lock file.
  const int access = exclusive ? O_RDWR : O_RDONLY;
  HF_TRY(Descriptor file, open_file(path, access | O_CREAT, kFileMode));
  if (::flock(file.number(), (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return locked_error(file, where(path));
    return last_error("lock", where(path));
  }
  if (exclusive) HF_TRY(write_holder(file, holder, where(path)));
  return std::make_unique<PosixLock>(std::move(file));
}

}  // namespace holdfast::linux
