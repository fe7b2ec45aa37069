// SPDX-License-Identifier: Apache-2.0
// Bytes of a pack (docs/formats.md, section 5). Written once, never changed.
//
//   +--------+----------------+-----+----------------+--------------+---------+
//   | header | frame, chunk 0 | ... | frame, chunk n | frame, index | trailer |
//   +--------+----------------+-----+----------------+--------------+---------+
//   0        112                                     index_position  size - 32
//
// Encoders make canonical bytes; parsers take untrusted ones and fail with bad_magic,
// unsupported_version, unsupported_suite, truncated, damaged or limit_exceeded.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "firmware/codec/compressor.h"
#include "hal/base/bytes.h"
#include "hal/base/digest.h"
#include "hal/base/id.h"
#include "hal/base/secret.h"

namespace holdfast::pack {

inline constexpr std::size_t kHeaderSize = 112;
inline constexpr std::size_t kKeyContextSize =
    40;  // first bytes of the header, bound into the keys
inline constexpr std::size_t kFrameHeaderSize = 32;
inline constexpr std::size_t kTagSize = 16;
inline constexpr std::size_t kTrailerSize = 32;
inline constexpr std::size_t kIndexRecordSize = 52;
inline constexpr std::uint64_t kPackSizeMax = 256 * kMiB;
inline constexpr std::uint32_t kPlainLengthMax = 64 * kMiB;
inline constexpr std::uint32_t kChunksMax = 1U << 20;

enum class PackKind : std::uint8_t { content = 1, meta = 2 };

// Names whose pack it is; the part of the header that a writer chooses.
struct PackIdentity {
  PackKind kind = PackKind::content;
  std::uint32_t epoch = 0;
  BusinessId business;
  std::uint32_t retention_class = 0;

  bool operator==(const PackIdentity&) const = default;
};

struct PackHeader {
  PackIdentity identity;
  std::array<std::uint8_t, 32> salt{};
  Digest commitment;
};

using HeaderBytes = std::array<std::uint8_t, kHeaderSize>;

[[nodiscard]] HeaderBytes encode(const PackHeader& header);
[[nodiscard]] Result<PackHeader> parse_header(ByteView bytes);

// Where a chunk stands in its pack.
struct IndexRecord {
  Digest name;
  std::uint64_t position = 0;       // of its frame header
  std::uint32_t stored_length = 0;  // ciphertext, without the tag
  std::uint32_t plain_length = 0;
  codec::Compression compression = codec::Compression::none;

  bool operator==(const IndexRecord&) const = default;
  [[nodiscard]] std::uint64_t frame_size() const {
    return kFrameHeaderSize + std::uint64_t{stored_length} + kTagSize;
  }
};

enum class FrameType : std::uint8_t { chunk = 0, index = 1 };

// What salvage looks for.
inline constexpr std::string_view kChunkFrameMagic = "HFCH";

struct FrameHeader {
  FrameType type = FrameType::chunk;
  std::uint32_t ordinal = 0;
  std::uint64_t position = 0;
  std::uint32_t stored_length = 0;
  std::uint32_t plain_length = 0;
  codec::Compression compression = codec::Compression::none;
};

using FrameHeaderBytes = std::array<std::uint8_t, kFrameHeaderSize>;

[[nodiscard]] FrameHeaderBytes encode(const FrameHeader& header);
[[nodiscard]] Result<FrameHeader> parse_frame_header(ByteView bytes);

struct Trailer {
  std::uint64_t index_position = 0;
  std::uint32_t chunks = 0;
};

[[nodiscard]] Bytes encode(const Trailer& trailer);
[[nodiscard]] Result<Trailer> parse_trailer(ByteView bytes);

[[nodiscard]] Bytes encode_index(const std::vector<IndexRecord>& records);
// Positions must rise and frames must not overlap; at most kChunksMax.
[[nodiscard]] Result<std::vector<IndexRecord>> parse_index(ByteView plain);

// Name of a chunk: HMAC(id key, SHA-256 of its plain bytes).
[[nodiscard]] Digest chunk_name(const SecretKey& id_key, const Digest& plain_digest);

}  // namespace holdfast::pack
