// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/target.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "hal/linux/errno.h"
#include "hal/linux/metadata.h"

namespace holdfast::linux {

namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

class PosixTargetFile final : public ports::TargetFile {
 public:
  PosixTargetFile(Descriptor file, std::string where)
      : file_(std::move(file)), where_(std::move(where)) {}

  Result<void> write(std::uint64_t offset, ByteView bytes) override {
    return write_at(file_, offset, std::span(&bytes, 1), where_);
  }
  Result<void> resize(std::uint64_t size) override {
    if (::ftruncate(file_.number(), static_cast<off_t>(size)) != 0) {
      return last_error("resize", where_);
    }
    return {};
  }
  Result<void> apply(const ports::FileMetadata& metadata) override {
    return apply_to_file(file_, metadata, where_);
  }

 private:
  Descriptor file_;
  std::string where_;
};

mode_t node_type(ports::FileType type) {
  switch (type) {
    case ports::FileType::fifo:
      return S_IFIFO;
    case ports::FileType::socket:
      return S_IFSOCK;
    case ports::FileType::char_device:
      return S_IFCHR;
    case ports::FileType::block_device:
      return S_IFBLK;
    default:
      return 0;
  }
}

// For file systems that cannot rename without replacing. Not atomic, which matters only if
// somebody else writes to the folder of a restore.
int rename_if_free(int folder, const char* from, const char* to) {
  if (::faccessat(folder, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::renameat(folder, from, folder, to);
}

}  // namespace

Result<std::unique_ptr<ports::TargetFolder>> PosixTargetFolder::make_folder(std::string_view name) {
  HF_TRY(const std::string file_name, handle_.checked(name));
  const int made = ::mkdirat(handle_.descriptor().number(), file_name.c_str(), kFolderMode);
  if (made != 0 && errno != EEXIST) return last_error("make directory", handle_.where(name));
  return open_target(name);
}

Result<std::unique_ptr<ports::TargetFolder>> PosixTargetFolder::open_target(std::string_view name) {
  HF_TRY(FolderHandle handle, handle_.open_folder(name));
  return std::make_unique<PosixTargetFolder>(std::move(handle));
}

Result<std::unique_ptr<ports::TargetFile>> PosixTargetFolder::create_file(std::string_view name) {
  HF_TRY(const std::string file_name, handle_.checked(name));
  Descriptor file = open_at(handle_.descriptor().number(), file_name.c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kFileMode);
  if (!file.is_open()) return last_error("create", handle_.where(name));
  return std::make_unique<PosixTargetFile>(std::move(file), handle_.where(name));
}

Result<void> PosixTargetFolder::make_symlink(std::string_view name, std::string_view target) {
  HF_TRY(const std::string file_name, handle_.checked(name));
  const std::string text(target);
  if (::symlinkat(text.c_str(), handle_.descriptor().number(), file_name.c_str()) != 0) {
    return last_error("make link", handle_.where(name));
  }
  return {};
}

Result<void> PosixTargetFolder::make_special(std::string_view name, const ports::FileStatus& what) {
  HF_TRY(const std::string file_name, handle_.checked(name));
  const mode_t type = node_type(what.type);
  if (type == 0) {
    return make_error(ErrorCode::invalid_argument, handle_.where(name), {{"what", "type"}});
  }
  const dev_t device = makedev(what.device_major, what.device_minor);
  if (::mknodat(handle_.descriptor().number(), file_name.c_str(), type | kFileMode, device) != 0) {
    return last_error("make node", handle_.where(name));
  }
  return {};
}

Result<void> PosixTargetFolder::link(ports::TargetFolder& from, std::string_view from_name,
                                     std::string_view name) {
  const auto* other = dynamic_cast<const PosixTargetFolder*>(&from);
  HF_CHECK(other != nullptr);
  HF_TRY(const std::string old_name, other->handle_.checked(from_name));
  HF_TRY(const std::string new_name, handle_.checked(name));
  if (::linkat(other->handle_.descriptor().number(), old_name.c_str(),
               handle_.descriptor().number(), new_name.c_str(), 0) != 0) {
    return last_error("link", handle_.where(name));
  }
  return {};
}

Result<void> PosixTargetFolder::rename(std::string_view from, std::string_view to, bool replace) {
  HF_TRY(const std::string old_name, handle_.checked(from));
  HF_TRY(const std::string new_name, handle_.checked(to));
  const int folder = handle_.descriptor().number();
  int result = ::renameat2(folder, old_name.c_str(), folder, new_name.c_str(),
                           replace ? 0 : RENAME_NOREPLACE);
  if (result != 0 && !replace && (errno == EINVAL || errno == ENOSYS)) {
    result = rename_if_free(folder, old_name.c_str(), new_name.c_str());
  }
  if (result != 0) return last_error("rename", handle_.where(from));
  return {};
}

Result<void> PosixTargetFolder::remove(std::string_view name) {
  HF_TRY(const std::string file_name, handle_.checked(name));
  const int folder = handle_.descriptor().number();
  if (::unlinkat(folder, file_name.c_str(), 0) == 0) return {};
  if (errno == EISDIR && ::unlinkat(folder, file_name.c_str(), AT_REMOVEDIR) == 0) return {};
  return last_error("remove", handle_.where(name));
}

Result<void> PosixTargetFolder::apply(std::string_view name, const ports::FileMetadata& metadata) {
  if (name.empty()) return apply_to_file(handle_.descriptor(), metadata, handle_.path());
  HF_TRY(const std::string file_name, handle_.checked(name));
  return apply_to_name(handle_.descriptor(), file_name, metadata, handle_.where(name));
}

Result<void> PosixTargetFolder::sync_file_system() {
  if (::syncfs(handle_.descriptor().number()) != 0) return last_error("sync", handle_.path());
  return {};
}

}  // namespace holdfast::linux
