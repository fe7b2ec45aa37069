// SPDX-License-Identifier: Apache-2.0
// Other people's file trees: a source that is read and never touched, and a target that a restore
// writes. Names are raw bytes. Every call goes by an open folder and one name, never follows a
// symbolic link in its last part, and so cannot be led out of the tree.
//
// Any thread may call a Folder; a file object belongs to one thread at a time. Errors: not_found,
// permission_denied, not_a_directory, already_exists, no_space, read_only, name_too_long, io;
// `where` is the path for people. Reading changes nothing at the source, not even access times
// where the system lets us ask for that. Destructors close and never write.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::ports {

// The numbers are stored in trees: see docs/formats.md.
enum class FileType : std::uint8_t {
  regular = 1,
  directory = 2,
  symlink = 3,
  fifo = 4,
  socket = 5,
  char_device = 6,
  block_device = 7,
};

struct FileStatus {
  FileType type = FileType::regular;
  std::uint32_t mode = 0;  // permission bits, 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;  // bytes; length of the target for a symlink
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;  // of the file system: two items of one file share (device, inode)
  std::uint32_t device_major = 0;  // what a device node names
  std::uint32_t device_minor = 0;
  std::uint64_t links = 1;
};

using ExtendedAttributes = std::vector<std::pair<std::string, Bytes>>;  // sorted by name

// A run of bytes that is data; what lies between runs is a hole.
struct DataRun {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const DataRun&) const = default;
};

class SourceFile {
 public:
  virtual ~SourceFile() = default;
  // Of the open file, whatever its name now shows.
  [[nodiscard]] virtual Result<FileStatus> status() = 0;
  // What it was as it was opened, before anything was read: known, and so for free.
  [[nodiscard]] virtual const FileStatus& first_status() const = 0;
  // As ports::ReadFile::read. Meant to be called in rising order of offsets.
  [[nodiscard]] virtual Result<std::size_t> read(std::uint64_t offset, ByteSpan out) = 0;
  // The first run of data at or after `offset`; nothing if only a hole or the end follows. A system
  // that does not tell holes returns the rest of the file as one run. A file that changes may be
  // told of as it was when it was opened.
  [[nodiscard]] virtual Result<std::optional<DataRun>> next_data(std::uint64_t offset) = 0;
  [[nodiscard]] virtual Result<ExtendedAttributes> extended_attributes() = 0;
};

class Folder {
 public:
  virtual ~Folder() = default;

  // Hands out every name but `.` and `..`, in the system's order, each with its type where the
  // system tells it for free. An error from `visit` ends the listing and is returned.
  [[nodiscard]] virtual Result<void> list(
      const std::function<Result<void>(std::string_view name)>& visit) = 0;
  [[nodiscard]] virtual Result<FileStatus> status() = 0;
  [[nodiscard]] virtual Result<FileStatus> status_of(std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Folder>> open_folder(std::string_view name) = 0;
  // Regular files only: never blocks on a fifo that took the name in the meantime (io).
  [[nodiscard]] virtual Result<std::unique_ptr<SourceFile>> open_file(std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::string> read_link(std::string_view name) = 0;
  // Of any type of file, ACLs included (system.posix_acl_*). Empty where not supported. "" is this
  // folder.
  [[nodiscard]] virtual Result<ExtendedAttributes> extended_attributes_of(
      std::string_view name) = 0;
};

// What restore gives back to a file after its bytes.
struct FileMetadata {
  FileType type = FileType::regular;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime_ns = 0;
  const ExtendedAttributes* attributes = nullptr;  // may be null
};

class TargetFile {
 public:
  virtual ~TargetFile() = default;
  // Writes all of `bytes` at `offset`; ranges never written are holes that read as zeros.
  [[nodiscard]] virtual Result<void> write(std::uint64_t offset, ByteView bytes) = 0;
  // Sets the size (a hole at the end).
  [[nodiscard]] virtual Result<void> resize(std::uint64_t size) = 0;
  // Owner, mode, times and attributes. Owner is only set where the process may, and without it
  // neither setuid nor setgid is.
  [[nodiscard]] virtual Result<void> apply(const FileMetadata& metadata) = 0;
};

// A folder that we write. Nothing here is durable before sync_file_system().
class TargetFolder : public Folder {
 public:
  // Ok if a folder of that name exists; not_a_directory if something else has the name.
  [[nodiscard]] virtual Result<std::unique_ptr<TargetFolder>> make_folder(
      std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<TargetFolder>> open_target(
      std::string_view name) = 0;
  // New file, mode 0600; already_exists if the name is taken.
  [[nodiscard]] virtual Result<std::unique_ptr<TargetFile>> create_file(std::string_view name) = 0;
  [[nodiscard]] virtual Result<void> make_symlink(std::string_view name,
                                                  std::string_view target) = 0;
  // fifo, socket or device node.
  [[nodiscard]] virtual Result<void> make_special(std::string_view name,
                                                  const FileStatus& what) = 0;
  // A second name here for the file `from_name` of `from`.
  [[nodiscard]] virtual Result<void> link(TargetFolder& from, std::string_view from_name,
                                          std::string_view name) = 0;
  // Within this folder. With `replace` false: already_exists if `to` is taken.
  [[nodiscard]] virtual Result<void> rename(std::string_view from, std::string_view to,
                                            bool replace) = 0;
  // A file, symlink or special file; an empty folder.
  [[nodiscard]] virtual Result<void> remove(std::string_view name) = 0;
  // For anything without an open file: folders, symlinks, special files. "" is this folder.
  [[nodiscard]] virtual Result<void> apply(std::string_view name, const FileMetadata& metadata) = 0;
  // Makes everything on this file system durable.
  [[nodiscard]] virtual Result<void> sync_file_system() = 0;
};

class Files {
 public:
  virtual ~Files() = default;
  // `path` may be absolute or relative to the process; its links are followed (the user named it).
  [[nodiscard]] virtual Result<std::unique_ptr<Folder>> open_source(const std::string& path) = 0;
  // Makes the folder, parents included, if it is missing.
  [[nodiscard]] virtual Result<std::unique_ptr<TargetFolder>> open_target(
      const std::string& path) = 0;
  // Absolute path without links: to see whether two trees overlap. not_found if it is not there.
  [[nodiscard]] virtual Result<std::string> resolve(const std::string& path) = 0;
};

}  // namespace holdfast::ports
