// SPDX-License-Identifier: Apache-2.0
// One shard file as its disk gives it, whatever it says: no header is needed to read it, only the
// shape that it should have. Leaves that their CRCs call right are worth decoding from even where
// both headers are gone; what they make, the pack's name proves.
//
// Its data is read stripe by stripe into memory of the caller, as long as nothing is wrong; or kept
// here as a whole, to find out what is.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/scrub.h"
#include "firmware/pool/shard.h"

namespace holdfast::pool {

// As many bytes as `size`, in whole leaves; one at least.
[[nodiscard]] std::uint64_t whole_leaves(std::uint64_t size, std::uint32_t leaf_size);
// Of one shard that is read by itself, short pieces stay in a processor's own cache.
inline constexpr std::uint64_t kShortPiece = 256 * kKiB;

class ShardImage {
 public:
  enum class Leaf : std::uint8_t { unreadable, unsummed, wrong, right };  // unsummed: no CRC of it

  // Opens the file at `path`, which should be what `header` says, past what the system remembers of
  // it, and reads all but the data. What the disk does not give is noted against it and is damage,
  // here and below; errors of the process only.
  [[nodiscard]] static Result<ShardImage> open(MemberDisk& disk, const std::string& path,
                                               const ShardHeader& header);
  // The data from `begin` on, which is where a leaf begins, to the end of a leaf: true if the disk
  // gave it and its CRCs call it right.
  [[nodiscard]] Result<bool> read_stripe(std::uint64_t begin, ByteSpan out);
  // Reads all data, whatever was read before, and keeps it; then the file is closed. Once.
  [[nodiscard]] Result<void> load();

  [[nodiscard]] MemberDisk& disk() const { return *disk_; }
  [[nodiscard]] std::uint8_t index() const { return header_.index; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  // Of a file of the wrong size, or one that cannot be opened, every leaf is unreadable.
  [[nodiscard]] Leaf leaf(std::uint64_t number) const { return leaves_[number]; }
  [[nodiscard]] bool all_right() const;
  [[nodiscard]] bool all_readable() const;
  // L bytes, after load(). What is unreadable is undefined.
  [[nodiscard]] ByteView data() const { return data_.view(); }
  [[nodiscard]] ByteView leaf_data(std::uint64_t number) const { return leaf_of(data(), number); }

  // `must_be`: the L bytes that a pack which was proved has here; nothing if none was, and then
  // only what contradicts itself is damage.
  [[nodiscard]] ShardState compare(const std::optional<ByteView>& must_be) const;

 private:
  using Verdict = std::optional<DamageKind>;
  ShardImage(MemberDisk& disk, const std::string& path, const ShardHeader& header);
  // False if the disk does not give it.
  [[nodiscard]] Result<bool> read_part(std::uint64_t offset, ByteSpan out);
  [[nodiscard]] Result<Bytes> read_small(std::uint64_t offset, std::size_t size);
  // Whether the leaves from `begin` on, which were read, are right.
  bool judge_read(std::uint64_t begin, ByteView leaves);
  [[nodiscard]] std::uint32_t stored_crc(std::uint64_t leaf) const;
  [[nodiscard]] ByteView leaf_of(ByteView shard, std::uint64_t number) const;
  [[nodiscard]] Verdict judge(std::uint64_t number, const std::optional<ByteView>& must_be) const;
  void compare_front(ShardState& state) const;
  void compare_leaves(const std::optional<ByteView>& must_be, ShardState& state) const;

  MemberDisk* disk_;
  std::string path_;
  ShardHeader header_;
  std::unique_ptr<ports::ReadFile> file_;
  bool leaf_by_leaf_ = false;              // a larger piece could not be read
  std::optional<ShardDamage> as_a_whole_;  // the file cannot be taken apart
  Bytes front_;                            // empty: unreadable; so are the next two
  Bytes table_;
  Bytes copy_;
  Buffer data_;
  std::vector<Leaf> leaves_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace holdfast::pool
