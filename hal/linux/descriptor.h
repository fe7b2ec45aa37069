// SPDX-License-Identifier: Apache-2.0
// A file descriptor with one owner, and whole reads and writes on it: a short count or an
// interrupted call is never seen above this file.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <utility>

#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::linux {

// Closes the descriptor when it goes. Closing makes nothing durable and reports nothing: what
// must be durable was synced before.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

// openat() that is not interrupted; always close-on-exec. Not open on failure (see errno).
[[nodiscard]] Descriptor open_at(int folder, const char* path, int flags, mode_t mode = 0);
// The same with links followed nowhere, neither on the way nor at the end, and never out of
// `folder`. ELOOP: there is a link.
[[nodiscard]] Descriptor open_beneath(int folder, const char* path, int flags, mode_t mode = 0);
// open_at() without touching access times where the system allows that.
[[nodiscard]] Descriptor open_at_quietly(int folder, const char* path, int flags);

// Reads until `out` is full or the file ends; returns the count.
[[nodiscard]] Result<std::size_t> read_at(const Descriptor& file, std::uint64_t offset,
                                          ByteSpan out, const std::string& where);
// Writes all pieces, one after the other from `offset` on.
[[nodiscard]] Result<void> write_at(const Descriptor& file, std::uint64_t offset,
                                    std::span<const ByteView> pieces, const std::string& where);

// A directory's names as an open stream of their own, so that listings do not share a position.
struct CloseDirectory {
  void operator()(DIR* stream) const;
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;
[[nodiscard]] Result<DirectoryStream> open_directory_stream(int folder, const char* path,
                                                            const std::string& where);
// The next entry but `.` and `..`, null at the end.
[[nodiscard]] Result<const dirent*> next_entry(const DirectoryStream& stream,
                                               const std::string& where);

}  // namespace holdfast::linux
