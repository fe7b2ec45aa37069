// SPDX-License-Identifier: Apache-2.0
// Fills one pack in memory. Chunks are sealed where they lie: the caller reads a chunk's plain
// bytes straight into the pack, hashes them there, and then keeps or drops them, so that a
// recording is copied once from the system and never again.
//
//   ByteSpan room = writer.prepare(length);   // plain bytes go here
//   ...read and hash them...
//   writer.keep(name, length);                // or nothing: the room is given to the next chunk
//
// The digest of the pack runs along while the bytes are warm. One thread at a time.
#pragma once

#include <vector>

#include "firmware/codec/sealer.h"
#include "firmware/pack/format.h"
#include "hal/base/digest.h"
#include "hal/ports/random.h"

namespace holdfast::pack {

// A closed pack. `bytes` has room behind its size to be continued with zeros for coding: resize()
// to k shards of any geometry (docs/formats.md, section 6) does not move it.
struct ClosedPack {
  Digest name;
  HeaderBytes header{};
  Buffer bytes;
  std::vector<IndexRecord> index;
};

class PackWriter {
 public:
  // `epoch_key`: of the epoch and kind in `identity`. `memory` is reused from an earlier pack if it
  // has any (pass ClosedPack::bytes back), else allocated: `capacity` bytes, and a little more for
  // coding. A pack that stays within `capacity` when closed never moves.
  PackWriter(const PackIdentity& identity, const SecretKey& epoch_key, ports::Random& random,
             Buffer memory, std::size_t capacity);

  [[nodiscard]] const PackIdentity& identity() const { return identity_; }
  [[nodiscard]] bool empty() const { return index_.empty(); }
  [[nodiscard]] std::size_t chunks() const { return index_.size(); }
  // Bytes the pack would have if closed now.
  [[nodiscard]] std::uint64_t size_if_closed() const;
  // True if a chunk of that plain length still keeps the pack within `size_max` (an empty pack
  // takes any chunk up to kPlainLengthMax).
  [[nodiscard]] bool has_room(std::uint64_t plain_length, std::uint64_t size_max) const;

  // Room for `length` plain bytes (at most kPlainLengthMax), valid until the next call of any
  // member that is not const.
  [[nodiscard]] ByteSpan prepare(std::size_t length);
  // Seals the first `length` prepared bytes as the next chunk, uncompressed. The record is valid
  // until the next chunk.
  const IndexRecord& keep(const Digest& name, std::uint32_t length);
  // Appends bytes that were compressed elsewhere; takes the place of any prepared room, in which
  // `stored` may not lie.
  const IndexRecord& append(const Digest& name, codec::Compression compression, ByteView stored,
                            std::uint32_t plain_length);

  // Adds index and trailer. The writer is used up.
  [[nodiscard]] ClosedPack close();

 private:
  void make_room(std::size_t payload_length);
  const IndexRecord& add_chunk(const Digest& name, codec::Compression compression, ByteView stored,
                               std::uint32_t plain_length);
  void seal_frame(const FrameHeader& header, ByteView stored);

  PackIdentity identity_;
  HeaderBytes header_{};
  codec::Sealer sealer_;
  Buffer bytes_;
  std::size_t prepared_ = 0;  // bytes of room handed out behind the next frame header
  Sha256 running_digest_;
  std::vector<IndexRecord> index_;
};

}  // namespace holdfast::pack
