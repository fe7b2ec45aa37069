// SPDX-License-Identifier: Apache-2.0
// A disk: one directory tree that holds only objects of ours (a pool member, or --home).
//
// Durability, in words. A crash (power cut, kernel panic, pulled disk) may happen between and
// during any two calls. After it:
//   - bytes given to append() may be there, not there, torn, or replaced by zeros with the size
//     grown, until sync() of that file has returned ok. From then on they are durable;
//   - a name made by create(), make_directory() or rename(), and the absence made by remove(), may
//     or may not be there until sync_directory() of its parent has returned ok. From then on it is
//     durable. Operations on different names may become durable in any order before that;
//   - rename() is atomic: the target name shows the old file or the new one, never neither (if
//     there was an old one) and never a mixture. It makes no bytes durable: sync() the file first.
//   - a process that is killed without a crash of the machine loses nothing that a call returned.
// An error from sync() or sync_directory() means that the state on the medium is unknown and will
// stay unknown: the call is never repeated, the file is abandoned (a later sync() of it returns the
// same error), and what had to be durable is written anew elsewhere.
//
// Paths are relative, names are separated by `/`, no empty name, no `.` and no `..`; the empty path
// is the root. Any thread may call a Disk; a file or lock object belongs to one thread at a time.
// Errors: not_found, already_exists, not_a_directory, is_a_directory, no_space, read_only,
// permission_denied, locked, io; `where` is the full path. An error leaves no more than a
// half-written file of a temporary name behind. Destructors close and never write.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::ports {

// A file being written, from its end on. Destroying it closes it without making it durable.
class WriteFile {
 public:
  virtual ~WriteFile() = default;
  // Appends the pieces in order, all of them or an error (then the file's tail is undefined).
  [[nodiscard]] virtual Result<void> append(std::span<const ByteView> pieces) = 0;
  [[nodiscard]] Result<void> append(ByteView bytes) { return append(std::span(&bytes, 1)); }
  // Makes all bytes and the size durable. See above for the name, and for errors.
  [[nodiscard]] virtual Result<void> sync() = 0;
  // Bytes in the file, those before open_append() included.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

class ReadFile {
 public:
  virtual ~ReadFile() = default;
  // Size at the moment of opening, bytes.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Fills `out` from `offset`; returns how many bytes there were: fewer only at the end of the
  // file.
  [[nodiscard]] virtual Result<std::size_t> read(std::uint64_t offset, ByteSpan out) = 0;
  // Fills all of `out` or fails with `truncated`.
  [[nodiscard]] Result<void> read_all(std::uint64_t offset, ByteSpan out);
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
};

struct Space {
  std::uint64_t total = 0;  // bytes of the file system
  std::uint64_t free = 0;   // bytes that we may still write
  // Mounted so that nothing may be written. A system that stops writing after an error need not say
  // so here: that shows when something is written.
  bool is_read_only = false;
};

// Held as long as it lives; given up by the system when the process dies.
class Lock {
 public:
  virtual ~Lock() = default;
};

enum class LockMode { shared, exclusive };

class Disk {
 public:
  virtual ~Disk() = default;

  // Where this tree is, for messages: "/mnt/disk3".
  [[nodiscard]] virtual std::string name() const = 0;

  // Makes a new empty file; already_exists if the name is taken. The parent must exist.
  [[nodiscard]] virtual Result<std::unique_ptr<WriteFile>> create(std::string_view path) = 0;
  // Opens an existing file for appending at its present end.
  [[nodiscard]] virtual Result<std::unique_ptr<WriteFile>> open_append(std::string_view path) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<ReadFile>> open(std::string_view path) = 0;
  // As open(), of a file all of whose bytes are durable: what is read comes from the medium and not
  // from what the system remembers, as far as the system does that (not where files lie in memory
  // alone, nor where another program maps the file on a file system that cannot read past that).
  // What the disk itself remembers may still answer.
  [[nodiscard]] virtual Result<std::unique_ptr<ReadFile>> open_fresh(std::string_view path) = 0;
  // Within one directory only. Replaces a file of the target name.
  [[nodiscard]] virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  // Removes a file or an empty directory.
  [[nodiscard]] virtual Result<void> remove(std::string_view path) = 0;
  // Ok if the directory exists already. The parent must exist.
  [[nodiscard]] virtual Result<void> make_directory(std::string_view path) = 0;
  // Makes the names in this directory durable.
  [[nodiscard]] virtual Result<void> sync_directory(std::string_view path) = 0;
  // Entries in byte order of their names, without `.` and `..`.
  [[nodiscard]] virtual Result<std::vector<DirectoryEntry>> list(std::string_view path) = 0;
  // Size of a file in bytes; not_found if there is none.
  [[nodiscard]] virtual Result<std::uint64_t> size_of(std::string_view path) = 0;
  [[nodiscard]] virtual Result<Space> space() = 0;
  // A number that two trees share exactly if they lie on one device.
  [[nodiscard]] virtual Result<std::uint64_t> device() = 0;
  // Takes the lock file `path` (made if missing, readable by its owner only) without waiting. An
  // exclusive holder leaves `holder` in the file; others get `locked` with that text as {holder}.
  [[nodiscard]] virtual Result<std::unique_ptr<Lock>> lock(std::string_view path, LockMode mode,
                                                           std::string_view holder) = 0;
};

// The three forms in which all small objects are kept, made of the calls above.

// Durable replacement: writes `path`.tmp, syncs, renames over `path`, syncs the parent. After ok
// the new bytes are durable under that name; after an error or a crash the name shows the old bytes
// or the new ones. A temporary file left by a crash is replaced.
[[nodiscard]] Result<void> store(Disk& disk, std::string_view path, ByteView bytes);
// Whole file; limit_exceeded if it is larger than `size_max` bytes.
[[nodiscard]] Result<Bytes> load(Disk& disk, std::string_view path, std::uint64_t size_max);
// Makes each missing directory of `path` and syncs every parent, so that the whole path is durable.
[[nodiscard]] Result<void> make_directories(Disk& disk, std::string_view path);

}  // namespace holdfast::ports
