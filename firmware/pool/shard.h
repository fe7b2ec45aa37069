// SPDX-License-Identifier: Apache-2.0
// Bytes of a shard file (docs/formats.md, section 6).
//
//   +--------------+---------+------------------+------------------+
//   | header, 4096 | data, L | CRC of each leaf | header copy, 256 |
//   +--------------+---------+------------------+------------------+
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "firmware/erasure/reed_solomon.h"
#include "firmware/pack/format.h"
#include "hal/base/bytes.h"
#include "hal/base/digest.h"
#include "hal/base/id.h"

namespace holdfast::pool {

inline constexpr std::size_t kShardHeaderSize = 4096;
inline constexpr std::size_t kShardFieldsSize = 256;  // the part that means something
inline constexpr std::uint32_t kLeafSize = 65536;
// Between the fields and the data.
inline constexpr std::array<std::uint8_t, kShardHeaderSize - kShardFieldsSize> kShardPadding{};

struct ShardHeader {
  Digest pack;
  PoolId pool;
  erasure::Geometry geometry;
  std::uint8_t index = 0;
  bool under_protected = false;  // less parity than the pool wanted when it was written
  std::uint16_t generation = 0;
  std::uint32_t leaf_size = kLeafSize;
  std::uint64_t pack_size = 0;
  pack::HeaderBytes pack_header{};

  // Shards of one coding of one pack: all but the index agrees.
  [[nodiscard]] bool is_sibling_of(const ShardHeader& other) const;
  [[nodiscard]] std::uint64_t shard_length() const;  // L
  [[nodiscard]] std::uint64_t leaf_count() const;
  [[nodiscard]] std::uint64_t file_size() const;

  bool operator==(const ShardHeader&) const = default;
};

using ShardFieldsBytes = std::array<std::uint8_t, kShardFieldsSize>;

[[nodiscard]] ShardFieldsBytes encode(const ShardHeader& header);
// Takes the 256 bytes of either copy.
[[nodiscard]] Result<ShardHeader> parse_shard_header(ByteView bytes);

// Appends the CRC of each leaf to `table`; only the last leaf may be shorter.
void append_crcs(ByteView leaves, std::uint32_t leaf_size, Bytes& table);

// ⌈pack size / k⌉ rounded up to 64.
[[nodiscard]] std::uint64_t shard_length_of(std::uint64_t pack_size, std::uint8_t k);

// "packs/ab/<name>-<generation>-<index>.shard", its directory, and the way back from a file name.
[[nodiscard]] std::string shard_path(const Digest& pack, std::uint16_t generation,
                                     std::uint8_t index);
[[nodiscard]] std::string shard_directory(const Digest& pack);
struct ShardFileName {
  Digest pack;
  std::uint16_t generation = 0;
  std::uint8_t index = 0;
};
[[nodiscard]] std::optional<ShardFileName> parse_shard_file_name(std::string_view name);

}  // namespace holdfast::pool
