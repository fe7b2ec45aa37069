// SPDX-License-Identifier: Apache-2.0
#include "hal/ports/disk.h"

#include "hal/base/path.h"

namespace holdfast::ports {

Result<void> ReadFile::read_all(std::uint64_t offset, ByteSpan out) {
  HF_TRY(const std::size_t count, read(offset, out));
  if (count != out.size()) return make_error(ErrorCode::truncated);
  return {};
}

Result<void> store(Disk& disk, std::string_view path, ByteView bytes) {
  const std::string temporary = std::string(path) + ".tmp";
  auto file = disk.create(temporary);
  if (!file && file.error().code == ErrorCode::already_exists) {
    HF_TRY(disk.remove(temporary));
    file = disk.create(temporary);
  }
  if (!file) return std::move(file.error());
  HF_TRY((*file)->append(bytes));
  HF_TRY((*file)->sync());
  HF_TRY(disk.rename(temporary, path));
  return disk.sync_directory(parent_of(path));
}

Result<Bytes> load(Disk& disk, std::string_view path, std::uint64_t size_max) {
  HF_TRY(const auto file, disk.open(path));
  if (file->size() > size_max) {
    return make_error(ErrorCode::limit_exceeded, disk.name() + "/" + std::string(path),
                      {{"what", "size"}, {"limit", std::to_string(size_max)}});
  }
  Bytes bytes(static_cast<std::size_t>(file->size()));
  HF_TRY(file->read_all(0, bytes));
  return bytes;
}

Result<void> make_directories(Disk& disk, std::string_view path) {
  if (path.empty()) return {};
  const std::string_view parent = parent_of(path);
  HF_TRY(make_directories(disk, parent));
  HF_TRY(disk.make_directory(path));
  // Also for one that is there: whoever made it may have been killed before its sync.
  return disk.sync_directory(parent);
}

}  // namespace holdfast::ports
