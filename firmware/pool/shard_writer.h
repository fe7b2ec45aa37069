// SPDX-License-Identifier: Apache-2.0
// Brings the shards of one coded pack onto disks, and replaces a disk that fails on the way.
//
//   none -> written (temporary name) -> synced -> renamed -> durable (directory synced)
//
// All shards go through one step before any goes on to the next, so that the disks work side by
// side: the first sync waits while the others' caches drain.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/shard.h"

namespace holdfast::pool {

class ShardWriter {
 public:
  // A disk for a shard whose disk failed, or nothing. Gets the disks that must not be chosen: those
  // that have a shard of this pack, and those that failed.
  using Replace = std::function<std::optional<RoomClaim>(const std::vector<MemberDisk*>& used)>;

  // `header`: of all shards, but for the index. `data` and `parity`: k and m shards, one after the
  // other. Both must outlive the writer.
  ShardWriter(const ShardHeader& header, ByteView data, ByteView parity);

  // Shard i goes to the disk of claims[i]. True: every shard is durable. False: a disk failed and
  // none is left; what was written is removed as far as the disks let us. Fails with errors of
  // the process only, with which any disk would fail. Every disk that fails is added to `dropped`.
  [[nodiscard]] Result<bool> write(std::vector<RoomClaim> claims, const Replace& replace,
                                   std::vector<MemberDisk*>& dropped);

 private:
  enum class Stage { none, written, synced, renamed, durable };
  struct Shard {
    std::uint8_t index;
    RoomClaim claim;
    Stage stage = Stage::none;
    bool touched = false;  // something of it may lie on the disk
    std::unique_ptr<ports::WriteFile> file = nullptr;
  };

  [[nodiscard]] Result<bool> bring_to(Stage stage, Shard& shard, const Replace& replace,
                                      std::vector<MemberDisk*>& dropped);
  [[nodiscard]] Result<void> step(Shard& shard);
  [[nodiscard]] Result<void> write_file(Shard& shard);
  [[nodiscard]] Bytes leaf_crcs(ByteView shard_data) const;
  [[nodiscard]] std::string path_of(const Shard& shard) const;
  void remove_remains(Shard& shard);

  ShardHeader header_;
  ByteView data_;
  ByteView parity_;
  std::vector<Shard> shards_;
};

}  // namespace holdfast::pool
