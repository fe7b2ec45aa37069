// SPDX-License-Identifier: Apache-2.0
// One disk of the pool that is present: what it may be used for, how much room it has, and which
// shard directories are durable on it. Any thread.
#pragma once

#include <atomic>
#include <bitset>
#include <mutex>
#include <utility>

#include "firmware/pool/label.h"
#include "firmware/pool/pool.h"
#include "firmware/pool/read_pace.h"
#include "hal/ports/disk.h"

namespace holdfast::pool {

class MemberDisk {
 public:
  // `state`: in the pool's newest record.
  MemberDisk(DiskPointer disk, const DiskId& id, MemberState state, const PoolSettings& settings)
      : disk_(std::move(disk)),
        id_(id),
        state_(state),
        reserve_max_(settings.disk_reserve),
        pace_(settings.clock) {}

  // A disk whose label cannot be read. Its shards say themselves what they are, so they are read;
  // it is no member for anything else, and is never written. Its id is made up from its path.
  [[nodiscard]] static std::unique_ptr<MemberDisk> without_label(DiskPointer disk,
                                                                 const PoolSettings& settings);
  [[nodiscard]] bool has_label() const { return has_label_; }

  [[nodiscard]] const DiskId& id() const { return id_; }
  [[nodiscard]] ports::Disk& disk() const { return *disk_; }
  // Of reads of shards.
  [[nodiscard]] ReadPace& pace() { return pace_; }
  [[nodiscard]] const ReadPace& measured_pace() const { return pace_; }
  // Counts for quorum and holds copies. Every other disk is only read.
  [[nodiscard]] bool is_current() const;
  // A plain member: what lies there need not be moved.
  [[nodiscard]] bool is_home() const { return state_ == MemberState::member && !is_apart_; }
  // Pool::set_apart(). Set before use.
  [[nodiscard]] bool is_apart() const { return is_apart_; }
  void set_apart(bool is_apart) { is_apart_ = is_apart; }
  // It has failed too often of late: gets shards only where others are too few. Set before use.
  [[nodiscard]] bool is_failing() const { return is_failing_; }
  void set_failing() { is_failing_ = true; }
  // When a process found it slow at reading, as far as that is known. Set before use.
  [[nodiscard]] const std::optional<Timestamp>& slow() const { return slow_; }
  void set_slow(Timestamp time) { slow_ = time; }
  [[nodiscard]] MemberState state() const { return state_; }
  // The record of which both copies of its label are; zeros if they differ. One thread.
  [[nodiscard]] const Digest& label() const { return label_; }
  void set_label(const Digest& record) { label_ = record; }
  // A leaving disk gets no new shards, and neither does one that has failed.
  [[nodiscard]] bool takes_shards() const;

  // What it has may be written anew in its place: it counts, and nothing but reads has failed, for
  // which new sectors are the remedy.
  [[nodiscard]] bool takes_repairs() const;

  void report_error() { ++errors_; }
  void report_read_error() {
    ++read_errors_;
    ++errors_;
  }
  [[nodiscard]] std::uint64_t errors() const { return errors_; }
  // It has not kept what it called durable.
  void note_lie() { has_lied_ = true; }
  [[nodiscard]] bool has_lied() const { return has_lied_; }
  // A write failed: a full disk is no bad disk, and a process at a limit of its own says nothing of
  // the disk; anything else counts as an error.
  void note_write_failure(const Error& error);
  // A read failed: counts unless the disk works and the file is missing or not as it should be, or
  // the error is the process's.
  void note_read_failure(const Error& error);

  // Bytes above the reserve that nobody has claimed. In between the bytes written are counted; the
  // system is asked now and then, and when the caller wants it `fresh`. A disk that does not tell
  // has no room, and one that has failed is asked once at most, so that its size is known; errors
  // of the process only.
  [[nodiscard]] Result<std::uint64_t> room(bool fresh);

  // Bytes that it has for shards in all; zero before the first room().
  [[nodiscard]] std::uint64_t size();

  // Makes packs/xx for this pack, durably; costs nothing if it is known to be there.
  [[nodiscard]] Result<void> prepare_shard_directory(const Digest& pack);

 private:
  friend class RoomClaim;
  void claim(std::uint64_t bytes);
  void settle(std::uint64_t bytes, bool written);
  [[nodiscard]] Result<void> learn_directories();

  DiskPointer disk_;
  DiskId id_;
  MemberState state_;
  bool has_label_ = true;
  bool is_failing_ = false;
  bool is_apart_ = false;
  std::atomic<bool> has_lied_ = false;
  std::optional<Timestamp> slow_;
  Digest label_;
  std::uint64_t reserve_max_;
  ReadPace pace_;
  std::atomic<std::uint64_t> errors_ = 0;
  std::atomic<std::uint64_t> read_errors_ = 0;  // among them

  std::mutex room_mutex_;
  std::uint64_t size_ = 0;     // bytes, above the reserve
  std::uint64_t free_ = 0;     // of them
  std::uint64_t claimed_ = 0;  // bytes
  unsigned claims_until_refresh_ = 0;
  bool was_asked_ = false;

  std::mutex directories_mutex_;
  bool directories_known_ = false;
  std::bitset<256> directories_;
};

// Room for one shard on one disk, given back when the shard does not come to be.
class RoomClaim {
 public:
  RoomClaim(MemberDisk& disk, std::uint64_t bytes) : disk_(&disk), bytes_(bytes) {
    disk.claim(bytes);
  }
  RoomClaim(RoomClaim&& other) noexcept
      : disk_(std::exchange(other.disk_, nullptr)), bytes_(other.bytes_) {}
  RoomClaim& operator=(RoomClaim&& other) noexcept {
    std::swap(disk_, other.disk_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~RoomClaim() {
    if (disk_ != nullptr) disk_->settle(bytes_, false);
  }

  [[nodiscard]] MemberDisk& disk() const { return *disk_; }
  // The shard is written: its room is used up.
  void use() {
    disk_->settle(bytes_, true);
    disk_ = nullptr;
  }

 private:
  MemberDisk* disk_;
  std::uint64_t bytes_;
};

}  // namespace holdfast::pool
