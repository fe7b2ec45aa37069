// SPDX-License-Identifier: Apache-2.0
// Finds and opens the shards of one pack. No table says which disk has which shard: they are looked
// for by name on every disk, and only when they are asked for.
//
// What a pack is like is told by its shards alone, and any one of them may lie under a right CRC.
// So no single header is believed: shards are parts of one whole if their headers agree (a shape).
// A pack that was coded anew has more than one honest shape for a while. Which shape is right, only
// what is read through it can prove; the order in which they are tried decides time, never truth.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "firmware/pool/shard_file.h"

namespace holdfast::pool {

// A shard by its name alone.
struct ShardPlace {
  std::uint16_t generation = 0;
  std::uint8_t index = 0;
  MemberDisk* disk = nullptr;
};

// All shard files of the pack on one disk, by their names. Its error, which is noted against it; a
// disk without the directory has none.
[[nodiscard]] Result<std::vector<ShardPlace>> places_on(MemberDisk& disk, const Digest& pack);

// The shapes that intact shards claim (a header of each), best first: of the size that the hint
// knows; with enough shards to decode; of the pack size and pack header that most shards of any
// generation name; not thin, so that a pack whose coding anew was cut is healed in its new shape;
// complete ones, the highest generation first; then with most shards to spare. Errors of the
// process only.
[[nodiscard]] Result<std::vector<ShardHeader>> rank_shapes(const PoolId& pool, const Digest& pack,
                                                           std::span<const ShardPlace> places,
                                                           const PackHint& hint);

// Those that sit out (read_pace.h) are asked by whom the others were not enough for.
enum class Ask { quick, all };

class ShardSet {
 public:
  ShardSet(std::vector<MemberDisk*> disks, const PoolId& pool, const Digest& pack)
      : disks_(std::move(disks)), pool_(pool), pack_(pack) {}

  // Uses the first shard that says what the hint says, else the best shape. not_found: no disk has
  // a shard of it; data_lost: there are some, or a disk cannot be read, and no header is intact.
  [[nodiscard]] Result<void> open(const PackHint& hint);
  // Goes on to the next shape; behind the last one comes the first. False if there is no other.
  [[nodiscard]] Result<bool> use_next_shape();
  // Which one is in use, from 0.
  [[nodiscard]] std::size_t position() const { return position_; }

  // The header that all shards in use agree with. After open().
  [[nodiscard]] const ShardHeader& shape() const { return shapes_[position_]; }
  // Null if it is missing or bad, or on a disk that is not asked. Errors of the process only.
  [[nodiscard]] Result<ShardFile*> shard(int index, Ask ask = Ask::all);
  // Whether a disk was not asked, ever.
  [[nodiscard]] bool has_left_out() const { return has_left_out_; }
  [[nodiscard]] Error data_lost() const;

 private:
  struct Entry {
    bool tried = false;  // of all disks
    bool tried_quick = false;
    std::unique_ptr<ShardFile> file;
  };
  using Accept = std::function<bool(const ShardHeader&)>;

  [[nodiscard]] Result<bool> use_hint(Ask ask);
  [[nodiscard]] Result<void> list_shapes();
  [[nodiscard]] Result<std::unique_ptr<ShardFile>> find(std::uint16_t generation, int index,
                                                        const Accept& accept, Ask ask);
  [[nodiscard]] bool has_shard(const MemberDisk* disk) const;
  void use(std::size_t position);

  std::vector<MemberDisk*> disks_;
  PoolId pool_;
  Digest pack_;
  PackHint hint_;
  // Once listed all of them, in the order of trying. A deque: shape() outlives the listing.
  std::deque<ShardHeader> shapes_;
  std::size_t position_ = 0;
  std::vector<Entry> entries_;  // by index, of the shape in use
  bool listed_ = false;
  bool unreadable_ = false;  // something is there that could not be read
  bool has_left_out_ = false;
};

}  // namespace holdfast::pool
