// SPDX-License-Identifier: Apache-2.0
// Small objects, the same on every member.
#include <set>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/pool.h"
#include "hal/base/path.h"

namespace holdfast::pool {

namespace {

Result<void> store_copy(ports::Disk& disk, std::string_view path, ByteView bytes) {
  HF_TRY(ports::make_directories(disk, parent_of(path)));
  return ports::store(disk, path, bytes);
}

}  // namespace

Result<void> Pool::store_copies(std::string_view path, ByteView bytes) {
  HF_TRY(writable());
  std::size_t stored = 0;
  std::optional<Error> first_failure;
  for (MemberDisk* disk : current_disks()) {
    auto done = store_copy(disk->disk(), path, bytes);
    if (done) {
      ++stored;
      continue;
    }
    if (done.error().is_of_process()) return done;
    disk->note_write_failure(done.error());
    if (!first_failure) first_failure = std::move(done.error());
  }
  if (stored >= quorum_copies()) return {};
  if (first_failure) return std::move(*first_failure);
  return make_error(
      ErrorCode::too_few_disks, std::string(path),
      {{"present", std::to_string(stored)}, {"needed", std::to_string(quorum_copies())}});
}

Result<void> Pool::load_copies(std::string_view path, std::uint64_t size_max,
                               const std::function<bool(ByteView)>& accept) {
  bool found = false;
  for (MemberDisk* disk : current_disks()) {
    const auto bytes = ports::load(disk->disk(), path, size_max);
    if (bytes) {
      if (accept(*bytes)) return {};
      found = true;
      continue;
    }
    if (bytes.error().is_of_process()) return bytes.error();
    if (bytes.error().code == ErrorCode::not_found) continue;
    disk->note_read_failure(bytes.error());
    found = true;
  }
  if (!found) return make_error(ErrorCode::not_found, std::string(path));
  return make_error(ErrorCode::damaged, std::string(path), {{"what", "every copy"}});
}

Result<std::vector<std::string>> Pool::list_copies(std::string_view directory) {
  std::set<std::string> names;
  bool answered = false;
  std::optional<Error> failure;
  for (MemberDisk* disk : current_disks()) {
    auto entries = disk->disk().list(directory);
    if (!entries && entries.error().code != ErrorCode::not_found) {
      if (entries.error().is_of_process()) return std::move(entries.error());
      disk->note_read_failure(entries.error());
      failure = std::move(entries.error());
      continue;
    }
    answered = true;
    if (!entries) continue;
    for (ports::DirectoryEntry& entry : *entries) {
      if (!entry.name.ends_with(".tmp")) names.insert(std::move(entry.name));
    }
  }
  if (!answered && failure) return std::move(*failure);
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace holdfast::pool
