// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard.h"

#include <algorithm>
#include <string_view>

#include "firmware/erasure/crc32c.h"

namespace holdfast::pool {

namespace {

constexpr std::string_view kMagic = "HF.SHARD";
constexpr std::string_view kFileEnding = ".shard";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint16_t kUnderProtected = 1;  // the only flag
constexpr std::uint64_t kAlignment = 64;
constexpr std::size_t kCrcSize = 4;
constexpr std::size_t kNameDigits = 64;
constexpr std::size_t kGenerationDigits = 4;
constexpr std::size_t kIndexDigits = 2;

Error damaged(const char* what) {
  return make_error(ErrorCode::damaged, {}, {{"what", what}});
}

Error unsupported(std::uint16_t version) {
  return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
}

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) {
  return (value + by - 1) / by;
}

std::string hex_u16(std::uint16_t value) {
  return to_hex(
      std::array{static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value & 0xff)});
}

Result<void> check_fields(const ShardHeader& header) {
  if (!header.geometry.valid()) return damaged("shard geometry");
  if (header.index >= header.geometry.total()) return damaged("shard index");
  if (header.pack_size == 0) return damaged("pack size");
  if (header.pack_size > pack::kPackSizeMax) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "pack size"}, {"limit", std::to_string(pack::kPackSizeMax)}});
  }
  if (header.leaf_size == 0 || header.leaf_size % kAlignment != 0) return damaged("leaf size");
  return {};
}

}  // namespace

std::uint64_t shard_length_of(std::uint64_t pack_size, std::uint8_t k) {
  return divided_up(divided_up(pack_size, k), kAlignment) * kAlignment;
}

bool ShardHeader::is_sibling_of(const ShardHeader& other) const {
  ShardHeader same_place = *this;
  same_place.index = other.index;
  return same_place == other;
}

std::uint64_t ShardHeader::shard_length() const {
  return shard_length_of(pack_size, geometry.k);
}

std::uint64_t ShardHeader::leaf_count() const {
  return divided_up(shard_length(), leaf_size);
}

std::uint64_t ShardHeader::file_size() const {
  return kShardHeaderSize + shard_length() + kCrcSize * leaf_count() + kShardFieldsSize;
}

ShardFieldsBytes encode(const ShardHeader& header) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(view_of(kMagic));
  writer.u16(kVersion);
  writer.u8(erasure::kGeneratorId);
  writer.u8(header.geometry.k);
  writer.u8(header.geometry.m);
  writer.u8(header.index);
  writer.u16(header.under_protected ? kUnderProtected : 0);
  writer.u16(header.generation);
  writer.zeros(2);
  writer.u32(header.leaf_size);
  writer.u64(header.pack_size);
  writer.u64(header.shard_length());
  writer.raw(header.pack.view());
  writer.raw(header.pool.view());
  writer.raw(header.pack_header);
  writer.zeros(52);
  writer.u32(erasure::crc32c(bytes));
  HF_CHECK(bytes.size() == kShardFieldsSize);
  return ByteReader(bytes).array<kShardFieldsSize>();
}

Result<ShardHeader> parse_shard_header(ByteView bytes) {
  ByteReader reader(bytes);
  if (text_of(reader.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  // Before all else: of another version nothing more is known.
  const std::uint16_t version = reader.u16();
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (version != kVersion) return unsupported(version);
  if (bytes.size() < kShardFieldsSize) return make_error(ErrorCode::truncated);
  if (bytes.size() > kShardFieldsSize) return damaged("shard header size");
  const ByteView covered = bytes.first(kShardFieldsSize - kCrcSize);
  if (ByteReader(bytes.last(kCrcSize)).u32() != erasure::crc32c(covered)) {
    return damaged("shard header");
  }
  const std::uint8_t generator = reader.u8();
  if (generator != erasure::kGeneratorId) return unsupported(generator);
  ShardHeader header;
  header.geometry.k = reader.u8();
  header.geometry.m = reader.u8();
  header.index = reader.u8();
  const std::uint16_t flags = reader.u16();
  header.under_protected = flags == kUnderProtected;
  header.generation = reader.u16();
  bool zero = reader.zeros(2);
  header.leaf_size = reader.u32();
  header.pack_size = reader.u64();
  const std::uint64_t shard_length = reader.u64();
  header.pack.bytes = reader.array<32>();
  header.pool.bytes = reader.array<16>();
  header.pack_header = reader.array<pack::kHeaderSize>();
  zero = reader.zeros(52) && zero;
  HF_TRY(check_fields(header));
  if (shard_length != header.shard_length()) return damaged("shard length");
  if (flags > kUnderProtected || !zero) return damaged("shard header");
  return header;
}

void append_crcs(ByteView leaves, std::uint32_t leaf_size, Bytes& table) {
  ByteWriter writer(table);
  for (std::size_t begin = 0; begin < leaves.size(); begin += leaf_size) {
    const std::size_t size = std::min<std::size_t>(leaf_size, leaves.size() - begin);
    writer.u32(erasure::crc32c(leaves.subspan(begin, size)));
  }
}

std::string shard_directory(const Digest& pack) {
  return "packs/" + pack.hex().substr(0, 2);
}

std::string shard_path(const Digest& pack, std::uint16_t generation, std::uint8_t index) {
  return shard_directory(pack) + "/" + pack.hex() + "-" + hex_u16(generation) + "-" +
         to_hex(std::array{index}) + std::string(kFileEnding);
}

std::optional<ShardFileName> parse_shard_file_name(std::string_view name) {
  constexpr std::size_t kGenerationAt = kNameDigits + 1;
  constexpr std::size_t kIndexAt = kGenerationAt + kGenerationDigits + 1;
  constexpr std::size_t kEndingAt = kIndexAt + kIndexDigits;
  if (name.size() != kEndingAt + kFileEnding.size() || !name.ends_with(kFileEnding) ||
      name[kNameDigits] != '-' || name[kIndexAt - 1] != '-') {
    return std::nullopt;
  }
  const Result<Digest> pack = Digest::parse(name.substr(0, kNameDigits));
  const Result<Bytes> generation = from_hex(name.substr(kGenerationAt, kGenerationDigits));
  const Result<Bytes> index = from_hex(name.substr(kIndexAt, kIndexDigits));
  if (!pack || !generation || !index) return std::nullopt;
  if ((*index)[0] >= erasure::Geometry::kTotalMax) return std::nullopt;
  const auto high = static_cast<unsigned>((*generation)[0]);
  const auto number = static_cast<std::uint16_t>(high << 8 | (*generation)[1]);
  return ShardFileName{*pack, number, (*index)[0]};
}

}  // namespace holdfast::pool
