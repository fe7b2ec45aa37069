// SPDX-License-Identifier: Apache-2.0
// One shard file, open for reading: its header is intact and says what its name says, and the file
// has the size that follows from it. Of its data nothing is known yet. One thread at a time.
#pragma once

#include <memory>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/shard.h"

namespace holdfast::pool {

class ShardFile {
 public:
  // not_found; damaged or a parse error: not a shard of this name and pool; or the disk's error,
  // which is noted against it.
  [[nodiscard]] static Result<std::unique_ptr<ShardFile>> open(MemberDisk& disk, const PoolId& pool,
                                                               const ShardFileName& name);

  [[nodiscard]] const ShardHeader& header() const { return header_; }
  [[nodiscard]] MemberDisk& disk() const { return *disk_; }
  // Data bytes from `offset`; the range must lie within the shard's length.
  [[nodiscard]] Result<void> read(std::uint64_t offset, ByteSpan out);
  // Whether the bytes of whole leaves from `first_leaf` on have the CRCs that the file has for
  // them.
  [[nodiscard]] Result<bool> crcs_agree(std::uint64_t first_leaf, ByteView bytes);

 private:
  ShardFile(MemberDisk& disk, std::unique_ptr<ports::ReadFile> file)
      : disk_(&disk), file_(std::move(file)) {}
  [[nodiscard]] Result<ShardHeader> read_header();
  [[nodiscard]] Result<void> read_noting(std::uint64_t offset, ByteSpan out);

  MemberDisk* disk_;
  std::unique_ptr<ports::ReadFile> file_;
  ShardHeader header_;
  Bytes crcs_;  // read when first needed
};

}  // namespace holdfast::pool
