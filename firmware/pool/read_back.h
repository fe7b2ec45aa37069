// SPDX-License-Identifier: Apache-2.0
// A file that was just written and synced is read back, past what the system remembers of it, and
// compared with what it must hold, piece after piece.
//
// What the disk itself remembers of it may still answer: then it has at least arrived there, and
// scrub, later, reads what it has kept.
#pragma once

#include <memory>
#include <string>

#include "firmware/pool/member_disk.h"

namespace holdfast::pool {

inline constexpr std::uint32_t kReadBackAll = 100;  // of a hundred

// Whether chance, or the setting alone, has drawn the next shard to be read back. Any thread.
[[nodiscard]] bool draws_read_back(const PoolSettings& settings);

// One thread at a time; must not outlive `disk`. Every error but those of the process is `damaged`:
// the file cannot be read, or is not what was written. What the disk does not give counts against
// it as any read does.
class ReadBack {
 public:
  [[nodiscard]] static Result<ReadBack> open(MemberDisk& disk, const std::string& path,
                                             std::uint64_t size);
  // What the file must hold next.
  [[nodiscard]] Result<void> expect(ByteView bytes);

 private:
  ReadBack(MemberDisk& disk, std::string where) : disk_(&disk), where_(std::move(where)) {}
  [[nodiscard]] Error differs() const;
  // The disk called it durable, gives it, and it is something else.
  [[nodiscard]] Error not_kept() const;
  [[nodiscard]] Error not_given(Error error) const;

  MemberDisk* disk_;
  std::string where_;
  std::unique_ptr<ports::ReadFile> file_;
  std::uint64_t position_ = 0;
  Buffer read_;
};

}  // namespace holdfast::pool
