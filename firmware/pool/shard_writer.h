// SPDX-License-Identifier: Apache-2.0
// Codes one pack, brings its shards onto disks, and replaces a disk that fails on the way.
//
//   none -> written (temporary name) -> synced -> proved -> renamed -> durable (directory synced)
//
// Proved are those shards that are drawn to be read back (read_back.h), all others without a look.
// One that is not what was written counts as one whose sync failed: it is lost, and its disk gets
// no other one.
// All shards go through one step before any goes on to the next, so that the disks work side by
// side: the first sync waits while the others' caches drain. Writing itself goes stripe by stripe,
// a short piece of each shard: what is coded, summed up and copied to the system at once is read
// from memory once, and parity needs no more room than a stripe has.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "firmware/erasure/reed_solomon.h"
#include "firmware/pool/member_disk.h"
#include "firmware/pool/shard.h"

namespace holdfast::pool {

class ShardWriter {
 public:
  // A disk for a shard whose disk failed, or nothing; errors of the process. Gets the disks that
  // must not be chosen: those that have a shard of this pack, and those that failed.
  using Replace =
      std::function<Result<std::optional<RoomClaim>>(const std::vector<MemberDisk*>& used)>;

  // `header`: of all shards, but for the index. `data`: k shards, one after the other; must outlive
  // the writer, as must `settings`.
  ShardWriter(const ShardHeader& header, ByteView data, const PoolSettings& settings);

  // Shard i goes to the disk of claims[i]. True: every shard is durable. False: a disk failed and
  // none is left; what was written is removed as far as the disks let us. Fails with errors of
  // the process only, with which any disk would fail. Every disk that fails is added to `dropped`.
  [[nodiscard]] Result<bool> write(std::vector<RoomClaim> claims, const Replace& replace,
                                   std::vector<MemberDisk*>& dropped);

 private:
  enum class Stage { none, written, synced, proved, renamed, durable };
  struct Shard {
    std::uint8_t index;
    RoomClaim claim;
    Stage stage = Stage::none;
    bool touched = false;  // something of it may lie on the disk
    std::unique_ptr<ports::WriteFile> file = nullptr;
    std::uint64_t filled = 0;  // bytes of its data that are in the file
    Bytes crcs = {};           // of the leaves among them
  };
  // How far all shards shall be: of those not written yet, this much of their data.
  struct Goal {
    Stage stage = Stage::none;
    std::uint64_t filled = 0;
  };

  [[nodiscard]] std::vector<Goal> goals() const;
  [[nodiscard]] Result<bool> bring_to(const Goal& goal, Shard& shard, const Replace& replace,
                                      std::vector<MemberDisk*>& dropped);
  [[nodiscard]] Result<void> step(Shard& shard);
  [[nodiscard]] Result<void> open_file(Shard& shard);
  [[nodiscard]] Result<void> write_stripe(Shard& shard);
  [[nodiscard]] ByteView stripe_of(std::uint8_t index, std::uint64_t begin);
  [[nodiscard]] ShardFieldsBytes fields_of(const Shard& shard) const;
  [[nodiscard]] Result<void> read_back(const Shard& shard);
  void code_stripe(std::uint64_t begin, std::size_t size);
  [[nodiscard]] std::string path_of(const Shard& shard) const;
  void remove_remains(Shard& shard);

  ShardHeader header_;
  erasure::Coder coder_;
  ByteView data_;
  const PoolSettings& settings_;
  Buffer parity_;                       // of one stripe: m pieces, one after the other
  std::optional<std::uint64_t> coded_;  // where that stripe begins
  std::vector<Shard> shards_;
};

}  // namespace holdfast::pool
