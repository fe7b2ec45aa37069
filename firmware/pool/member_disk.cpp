// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/member_disk.h"

#include <algorithm>

#include "firmware/pool/election.h"
#include "firmware/pool/geometry.h"
#include "firmware/pool/shard.h"

namespace holdfast::pool {

namespace {

// How many shards a disk takes between two looks at its free space.
constexpr unsigned kClaimsPerRefresh = 32;

constexpr std::string_view kPacks = "packs";

// "ab" -> 0xab; nothing for any other name.
std::optional<std::uint8_t> directory_number(std::string_view name) {
  const auto bytes = from_hex(name);
  if (!bytes || bytes->size() != 1) return std::nullopt;
  return bytes->front();
}

}  // namespace

std::unique_ptr<MemberDisk> MemberDisk::without_label(DiskPointer disk,
                                                      const PoolSettings& settings) {
  const Digest digest = sha256(view_of(disk->name()));
  DiskId id;
  std::copy_n(digest.bytes.begin(), id.bytes.size(), id.bytes.begin());
  auto made = std::make_unique<MemberDisk>(std::move(disk), id, MemberState::retired, settings);
  made->has_label_ = false;
  return made;
}

bool MemberDisk::is_current() const {
  return pool::is_current(state_);
}

bool MemberDisk::takes_shards() const {
  return is_home() && errors_ == 0;
}

bool MemberDisk::takes_repairs() const {
  return is_current() && errors_ == read_errors_;
}

void MemberDisk::note_write_failure(const Error& error) {
  if (error.is_of_process()) return;
  if (error.code != ErrorCode::no_space) {
    report_error();
    return;
  }
  const std::scoped_lock lock(room_mutex_);
  free_ = 0;
}

void MemberDisk::note_read_failure(const Error& error) {
  if (error.is_of_process()) return;
  switch (error.code) {
    case ErrorCode::io:
    case ErrorCode::permission_denied:
      report_read_error();
      break;
    default:
      break;
  }
}

Result<std::uint64_t> MemberDisk::room(bool fresh) {
  const std::scoped_lock lock(room_mutex_);
  const bool is_due = errors_ == 0 ? fresh || claims_until_refresh_ == 0 : !was_asked_;
  if (is_due) {
    was_asked_ = true;
    const auto space = disk_->space();
    if (!space) {
      if (space.error().is_of_process()) return space.error();
      note_read_failure(space.error());
      return std::uint64_t{0};
    }
    const std::uint64_t reserve = reserve_of(space->total, reserve_max_);
    size_ = space->total - reserve;
    free_ = space->free - std::min(space->free, reserve);
    claims_until_refresh_ = kClaimsPerRefresh;
  }
  return free_ - std::min(free_, claimed_);
}

std::uint64_t MemberDisk::size() {
  const std::scoped_lock lock(room_mutex_);
  return size_;
}

void MemberDisk::claim(std::uint64_t bytes) {
  const std::scoped_lock lock(room_mutex_);
  claimed_ += bytes;
  if (claims_until_refresh_ > 0) --claims_until_refresh_;
}

void MemberDisk::settle(std::uint64_t bytes, bool written) {
  const std::scoped_lock lock(room_mutex_);
  claimed_ -= bytes;
  if (written) free_ -= std::min(free_, bytes);
}

Result<void> MemberDisk::prepare_shard_directory(const Digest& pack) {
  const std::scoped_lock lock(directories_mutex_);
  if (!directories_known_) HF_TRY(learn_directories());
  const std::uint8_t number = pack.bytes[0];
  if (directories_.test(number)) return {};
  HF_TRY(disk_->make_directory(shard_directory(pack)));
  HF_TRY(disk_->sync_directory(kPacks));
  directories_.set(number);
  return {};
}

// A directory that is listed may have been made by a process that was killed before it synced: only
// the sync here makes sure of it.
Result<void> MemberDisk::learn_directories() {
  HF_TRY(ports::make_directories(*disk_, kPacks));
  HF_TRY(const auto entries, disk_->list(kPacks));
  HF_TRY(disk_->sync_directory(kPacks));
  for (const ports::DirectoryEntry& entry : entries) {
    const auto number = directory_number(entry.name);
    if (number && entry.is_directory) directories_.set(*number);
  }
  directories_known_ = true;
  return {};
}

}  // namespace holdfast::pool
