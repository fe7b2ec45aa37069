// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/descriptor.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "hal/linux/errno.h"

namespace holdfast::linux {

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Descriptor open_at(int folder, const char* path, int flags, mode_t mode) {
  int number = -1;
  do {
    number = ::openat(folder, path, flags | O_CLOEXEC, mode);
  } while (number < 0 && errno == EINTR);
  return Descriptor(number);
}

Descriptor open_beneath(int folder, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;  // must be 0 where nothing is created
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long number = -1;
  do {
    // EAGAIN: a name on the way was moved while it was looked at.
    number = ::syscall(SYS_openat2, folder, path, &how, sizeof how);
  } while (number < 0 && (errno == EINTR || errno == EAGAIN));
  return Descriptor(static_cast<int>(number));
}

Descriptor open_at_quietly(int folder, const char* path, int flags) {
  Descriptor file = open_at(folder, path, flags | O_NOATIME);
  // Only the owner of a file may ask for that.
  if (!file.is_open() && errno == EPERM) file = open_at(folder, path, flags);
  return file;
}

Result<std::size_t> read_at(const Descriptor& file, std::uint64_t offset, ByteSpan out,
                            const std::string& where) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::pread(file.number(), out.data() + done, out.size() - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error("read", where);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

namespace {

// How many pieces go into one call: enough for a shard's leaves, far below the system's limit.
constexpr std::size_t kPiecesPerCall = 64;

// Drops `count` bytes off the front of `pieces`, of which the first `skip` are done already.
void advance(std::span<const ByteView>& pieces, std::size_t& skip, std::size_t count) {
  skip += count;
  while (!pieces.empty() && skip >= pieces.front().size()) {
    skip -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
}

}  // namespace

Result<void> write_at(const Descriptor& file, std::uint64_t offset,
                      std::span<const ByteView> pieces, const std::string& where) {
  std::size_t skip = 0;
  advance(pieces, skip, 0);
  while (!pieces.empty()) {
    std::array<iovec, kPiecesPerCall> vectors{};
    const std::size_t used = std::min(pieces.size(), vectors.size());
    for (std::size_t i = 0; i < used; ++i) {
      const ByteView rest = pieces[i].subspan(i == 0 ? skip : 0);
      vectors[i] = {const_cast<std::uint8_t*>(rest.data()), rest.size()};
    }
    const ssize_t count = ::pwritev(file.number(), vectors.data(), static_cast<int>(used),
                                    static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error("write", where);
    // No progress on bytes that are there must not become an endless loop.
    if (count == 0) return error_of(EIO, "write", where);
    offset += static_cast<std::uint64_t>(count);
    advance(pieces, skip, static_cast<std::size_t>(count));
  }
  return {};
}

void CloseDirectory::operator()(DIR* stream) const {
  ::closedir(stream);
}

Result<DirectoryStream> open_directory_stream(int folder, const char* path,
                                              const std::string& where) {
  Descriptor directory = open_at_quietly(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory.is_open()) return last_error("open", where);
  DirectoryStream stream(::fdopendir(directory.number()));
  if (stream == nullptr) return last_error("open", where);
  static_cast<void>(directory.release());  // the stream owns it now
  return stream;
}

Result<const dirent*> next_entry(const DirectoryStream& stream, const std::string& where) {
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return last_error("list", where);
    if (entry == nullptr) return nullptr;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return entry;
  }
}

}  // namespace holdfast::linux
