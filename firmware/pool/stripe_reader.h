// SPDX-License-Identifier: Apache-2.0
// Reads a pack from its shards: data shards as they lie, missing ones by decoding.
//
//   pack      |  data 0   |  data 1   |  data 2   |     a range touches one or two data shards
//   leaves    |--|--|--|--|--|--|--|--|--|--|--|--|     of a missing one only these are decoded
//
// What was decoded is kept, so that a restore that reads chunk after chunk decodes each leaf once;
// as soon as reads are seen to follow each other, windows of 1 MiB are decoded, of all data shards
// that are missing.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "firmware/erasure/reed_solomon.h"
#include "firmware/pool/pool.h"
#include "firmware/pool/shard_set.h"

namespace holdfast::pool {

class StripeReader final : public PackHandle {
 public:
  // `shards` has been opened.
  explicit StripeReader(ShardSet shards);

  [[nodiscard]] const ShardHeader& shape() const override { return shards_.shape(); }
  [[nodiscard]] Result<int> shards_present() override;
  [[nodiscard]] Result<void> read(std::uint64_t offset, ByteSpan out) override;
  [[nodiscard]] Result<void> read_checked(std::uint64_t offset, ByteSpan out) override;
  [[nodiscard]] Result<std::optional<DiskId>> disk_of(std::uint64_t offset) override;
  [[nodiscard]] std::uint64_t decoded_bytes() const override;

  [[nodiscard]] Result<Buffer> read_whole() override;

 private:
  enum class Check { none, crc };
  struct LeafRange {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
  };
  // Not a Buffer: the allocator cannot put an aligned block where one of its size was given back,
  // and packs that come and go would leave holes.
  struct Window {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t size = 0;
    [[nodiscard]] ByteSpan span() const { return {bytes.get(), size}; }
  };
  struct Decoded {
    std::vector<Window> windows;  // of a data shard, made as they are needed
    std::vector<bool> leaves;     // that are there
  };

  void start_shape();
  [[nodiscard]] Result<int> count_shards();
  [[nodiscard]] Result<void> read_range(std::uint64_t offset, ByteSpan out, Check check);
  // By the shape in use.
  [[nodiscard]] Result<void> read_asking(std::uint64_t offset, ByteSpan out, Check check);
  [[nodiscard]] Result<void> read_here(std::uint64_t offset, ByteSpan out, Check check);
  // False when all have been tried since the one at `begun_with`: then that is in use again.
  [[nodiscard]] Result<bool> use_next_shape(std::size_t begun_with);
  [[nodiscard]] Result<void> read_plain(int index, std::uint64_t begin, ByteSpan out);
  [[nodiscard]] Result<void> read_leaves(int index, std::uint64_t begin, ByteSpan out);
  [[nodiscard]] Result<void> read_leaf(int index, std::uint64_t leaf, ByteSpan out);
  [[nodiscard]] Result<void> decode_missing(int index, LeafRange range);
  // The run lies in one window.
  [[nodiscard]] Result<void> decode_run(std::span<const int> wanted, LeafRange run);
  void copy_decoded(int index, std::uint64_t begin, ByteSpan out) const;
  [[nodiscard]] Result<std::vector<int>> missing_data(int index);
  // Fills `out` (one for each of `wanted`) from k others.
  [[nodiscard]] Result<void> decode(std::span<const int> wanted, LeafRange range, Check check,
                                    std::span<const ByteSpan> out);
  // Which shards' pieces lie in scratch_, one after the other; at most k.
  [[nodiscard]] Result<std::vector<int>> gather(std::span<const int> wanted, LeafRange range,
                                                Check check);
  [[nodiscard]] Result<bool> read_piece(int index, LeafRange range, Check check, ByteSpan out);
  [[nodiscard]] std::uint64_t position_of(std::uint64_t leaf) const;
  [[nodiscard]] std::uint64_t size_of(LeafRange range) const;
  [[nodiscard]] std::uint64_t window_leaves() const;
  [[nodiscard]] LeafRange window_of(std::uint64_t leaf) const;

  [[nodiscard]] Result<bool> read_proved(Buffer& out);
  [[nodiscard]] Result<bool> try_subsets(Buffer& out);
  [[nodiscard]] bool is_proved(ByteView bytes) const;

  ShardSet shards_;
  std::optional<erasure::Coder> coder_;
  std::vector<Decoded> decoded_;  // by index of the data shard
  Buffer scratch_;
  std::uint64_t last_end_ = 0;  // where the last read ended
  bool in_order_ = false;       // this read follows the one before
  Ask ask_ = Ask::all;          // of this read
};

}  // namespace holdfast::pool
