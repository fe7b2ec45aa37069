// SPDX-License-Identifier: Apache-2.0
// Reads all that the disks have of one pack, proves the pack by its name, and compares every byte
// of every shard with what the proved pack says it must be. One thread.
//
//   files of a shape -> side by side, stripe by stripe: CRCs right, shards agree -> SHA-256 = name
//          else all -> leaves with right CRCs -> pack -> SHA-256 = name -> every shard as it must
//          be
//                      else every choice of k
//
// The first way has the pack in memory, and nothing else; once anything is wrong, the second has
// all shards of it and its missing data shards once more.
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
  // `memory` is used until the end of this object.
  PackCheck(std::vector<MemberDisk*> disks, const PoolId& pool, const Digest& pack,
            PackMemory& memory)
      : disks_(std::move(disks)), pool_(pool), pack_(pack), memory_(memory) {}

  // Once. not_found if no disk has anything of the pack, and all of them told; else only errors of
  // the process: what disks do not give is damage.
  [[nodiscard]] Result<ScrubReport> run(const PackHint& hint);
  // Once, in place of run(): Pool::sum_pack().
  [[nodiscard]] Result<std::optional<ScrubReport>> run_sums(const PackHint& hint,
                                                            std::span<const DiskId> proved_on);

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
  [[nodiscard]] Result<void> open_images(const ShardHeader& shape);
  [[nodiscard]] Result<void> load();
  [[nodiscard]] Result<bool> is_right_by_sums(ShardImage& image);
  [[nodiscard]] Result<bool> prove();
  // False at the first thing that is not as it must be.
  [[nodiscard]] Result<bool> stream();
  [[nodiscard]] bool choose_roles();
  [[nodiscard]] Result<bool> read_stripe(std::uint64_t begin, std::uint64_t size);
  [[nodiscard]] Result<bool> reckon_stripe(std::uint64_t begin, std::uint64_t size);
  [[nodiscard]] bool tail_is_zero() const;
  // Fills data_; false if a leaf has fewer than k right ones.
  [[nodiscard]] Result<bool> assemble();
  [[nodiscard]] Result<bool> assemble_shard(std::size_t index);
  [[nodiscard]] Result<bool> decode_leaf(int index, std::uint64_t leaf, ByteSpan out) const;
  [[nodiscard]] Result<bool> choose();
  void clear_tail();
  [[nodiscard]] bool is_proved() const;
  void report_shape();
  void report_places();
  [[nodiscard]] Result<void> report_others();

  std::vector<MemberDisk*> disks_;
  PoolId pool_;
  Digest pack_;
  std::vector<ShardPlace> places_;
  std::vector<MemberDisk*> unreadable_;

  ShardHeader shape_;
  std::optional<erasure::Coder> coder_;
  std::vector<ShardImage> images_;  // by index, then in order of the disks
  PackMemory& memory_;
  std::vector<int> sources_;  // of stream(): k shards, of each the first image
  std::vector<int> wanted_;   // data that is gone, and other shards that are there, to be compared
  std::vector<ByteView> read_;  // of the stripe: image by image
  bool streamed_ = false;       // every image is as it must be, and holds no data
  std::vector<ByteView> data_;  // of the pack, by index: in an image or in one of these two
  std::vector<Buffer> decoded_;
  Buffer chosen_;
  ScrubReport report_;
};

}  // namespace holdfast::pool
