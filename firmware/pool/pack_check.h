// SPDX-License-Identifier: Apache-2.0
// Reads all that the disks have of one pack, proves the pack by its name, and compares every byte
// of every shard with what the proved pack says it must be. In memory it has all shards of the pack
// and its missing data shards once more. One thread.
//
//   files of a shape -> leaves with right CRCs -> pack -> SHA-256 = name -> every shard as it must
//   be
//                       else every choice of k
//
// A shape proves only if the pack begins with the pack header that it names: then nothing that a
// shard's header says of the pack is left unproved, and what is written anew spreads no lie.
#pragma once

#include <vector>

#include "firmware/erasure/reed_solomon.h"
#include "firmware/pool/shard_image.h"
#include "firmware/pool/shard_set.h"

namespace holdfast::pool {

class PackCheck {
 public:
  // In the order in which the report shall name the disks.
  PackCheck(std::vector<MemberDisk*> disks, const PoolId& pool, const Digest& pack)
      : disks_(std::move(disks)), pool_(pool), pack_(pack) {}

  // Once. not_found if no disk has anything of the pack, and all of them told; else only errors of
  // the process: what disks do not give is damage.
  [[nodiscard]] Result<ScrubReport> run(const PackHint& hint);

  // After a run() that proved the pack.
  [[nodiscard]] const ShardHeader& shape() const { return shape_; }
  // The L bytes of shard `index` as they must be; valid until the next call.
  [[nodiscard]] ByteView shard_data(std::uint8_t index);
  // That do not tell what they have.
  [[nodiscard]] const std::vector<MemberDisk*>& unreadable_disks() const { return unreadable_; }

 private:
  [[nodiscard]] Result<void> find_files();
  [[nodiscard]] std::string path_of(const ShardPlace& place) const;
  [[nodiscard]] bool is_of_shape(const ShardPlace& place) const;
  [[nodiscard]] Result<void> load(const ShardHeader& shape);
  [[nodiscard]] Result<bool> prove();
  // Fills data_; false if a leaf has fewer than k right ones.
  [[nodiscard]] Result<bool> assemble();
  [[nodiscard]] Result<bool> assemble_shard(std::size_t index);
  [[nodiscard]] Result<bool> decode_leaf(int index, std::uint64_t leaf, ByteSpan out) const;
  [[nodiscard]] Result<bool> choose();
  void clear_tail();
  [[nodiscard]] bool is_proved() const;
  void report_shape();

  std::vector<MemberDisk*> disks_;
  PoolId pool_;
  Digest pack_;
  std::vector<ShardPlace> places_;
  std::vector<MemberDisk*> unreadable_;

  ShardHeader shape_;
  std::optional<erasure::Coder> coder_;
  std::vector<ShardImage> images_;  // by index, then in order of the disks
  std::vector<ByteView> data_;      // of the pack, by index: in an image or in one of these two
  std::vector<Buffer> decoded_;
  Buffer chosen_;
  Buffer parity_;
  ScrubReport report_;
};

}  // namespace holdfast::pool
