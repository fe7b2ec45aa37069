// SPDX-License-Identifier: Apache-2.0
#include "firmware/pack/format.h"

#include <string>
#include <string_view>

#include "firmware/erasure/crc32c.h"

namespace holdfast::pack {

namespace {

constexpr std::string_view kHeaderMagic = "HF.PACK.";
constexpr std::string_view kTrailerMagic = "HF.PEND.";
constexpr std::string_view kIndexFrameMagic = "HFIX";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kSuite = 1;
constexpr std::size_t kCrcSize = 4;

Error damaged(const char* what) {
  return make_error(ErrorCode::damaged, {}, {{"what", what}});
}

Error over_limit(const char* what, std::uint64_t limit) {
  return make_error(ErrorCode::limit_exceeded, {},
                    {{"what", what}, {"limit", std::to_string(limit)}});
}

bool crc_at_end_is_right(ByteView bytes) {
  const ByteView covered = bytes.first(bytes.size() - kCrcSize);
  return ByteReader(bytes.last(kCrcSize)).u32() == erasure::crc32c(covered);
}

// What frame headers and index records say of a chunk alike.
Result<void> check_lengths(std::uint32_t stored, std::uint32_t plain, std::uint8_t compression) {
  if (stored > kPlainLengthMax) return over_limit("stored length", kPlainLengthMax);
  if (plain > kPlainLengthMax) return over_limit("plain length", kPlainLengthMax);
  if (compression > static_cast<std::uint8_t>(codec::Compression::zstd)) {
    return damaged("compression");
  }
  if (compression == 0 && stored != plain) return damaged("chunk length");
  return {};
}

}  // namespace

HeaderBytes encode(const PackHeader& header) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(view_of(kHeaderMagic));
  writer.u16(kVersion);
  writer.u8(kSuite);
  writer.u8(static_cast<std::uint8_t>(header.identity.kind));
  writer.u32(header.identity.epoch);
  writer.raw(header.identity.business.view());
  writer.u32(header.identity.retention_class);
  writer.zeros(4);
  writer.raw(header.salt);
  writer.raw(header.commitment.view());
  writer.zeros(4);
  writer.u32(erasure::crc32c(bytes));
  HF_CHECK(bytes.size() == kHeaderSize);
  return ByteReader(bytes).array<kHeaderSize>();
}

Result<PackHeader> parse_header(ByteView bytes) {
  ByteReader reader(bytes);
  if (text_of(reader.raw(kHeaderMagic.size())) != kHeaderMagic) {
    return make_error(ErrorCode::bad_magic);
  }
  // Before all else: of another version nothing more is known.
  const std::uint16_t version = reader.u16();
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (version != kVersion) {
    return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
  }
  if (bytes.size() < kHeaderSize) return make_error(ErrorCode::truncated);
  if (bytes.size() > kHeaderSize) return damaged("pack header size");
  if (!crc_at_end_is_right(bytes)) return damaged("pack header");
  const std::uint8_t suite = reader.u8();
  if (suite != kSuite) {
    return make_error(ErrorCode::unsupported_suite, {}, {{"suite", std::to_string(suite)}});
  }
  PackHeader header;
  const std::uint8_t kind = reader.u8();
  header.identity.epoch = reader.u32();
  header.identity.business.bytes = reader.array<16>();
  header.identity.retention_class = reader.u32();
  bool zero = reader.zeros(4);
  header.salt = reader.array<32>();
  header.commitment.bytes = reader.array<32>();
  zero = reader.zeros(4) && zero;
  if (kind != 1 && kind != 2) return damaged("pack kind");
  if (!zero) return damaged("pack header");
  header.identity.kind = PackKind{kind};
  return header;
}

FrameHeaderBytes encode(const FrameHeader& header) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(view_of(header.type == FrameType::chunk ? kChunkFrameMagic : kIndexFrameMagic));
  writer.u32(header.ordinal);
  writer.u64(header.position);
  writer.u32(header.stored_length);
  writer.u32(header.plain_length);
  writer.u8(static_cast<std::uint8_t>(header.compression));
  writer.zeros(3);
  writer.u32(erasure::crc32c(bytes));
  HF_CHECK(bytes.size() == kFrameHeaderSize);
  return ByteReader(bytes).array<kFrameHeaderSize>();
}

Result<FrameHeader> parse_frame_header(ByteView bytes) {
  if (bytes.size() < kFrameHeaderSize) return make_error(ErrorCode::truncated);
  if (bytes.size() > kFrameHeaderSize) return damaged("frame header size");
  ByteReader reader(bytes);
  const std::string_view magic = text_of(reader.raw(kChunkFrameMagic.size()));
  if (magic != kChunkFrameMagic && magic != kIndexFrameMagic)
    return make_error(ErrorCode::bad_magic);
  if (!crc_at_end_is_right(bytes)) return damaged("frame header");
  FrameHeader header;
  header.type = magic == kChunkFrameMagic ? FrameType::chunk : FrameType::index;
  header.ordinal = reader.u32();
  header.position = reader.u64();
  header.stored_length = reader.u32();
  header.plain_length = reader.u32();
  const std::uint8_t compression = reader.u8();
  if (!reader.zeros(3)) return damaged("frame header");
  // The index stands behind the last chunk and so may have one ordinal more.
  const std::uint32_t ordinal_max = header.type == FrameType::chunk ? kChunksMax - 1 : kChunksMax;
  if (header.ordinal > ordinal_max) return over_limit("chunks", kChunksMax);
  if (header.position > kPackSizeMax) return over_limit("position", kPackSizeMax);
  HF_TRY(check_lengths(header.stored_length, header.plain_length, compression));
  header.compression = codec::Compression{compression};
  return header;
}

Bytes encode(const Trailer& trailer) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(view_of(kTrailerMagic));
  writer.u64(trailer.index_position);
  writer.u32(trailer.chunks);
  writer.zeros(8);
  writer.u32(erasure::crc32c(bytes));
  HF_CHECK(bytes.size() == kTrailerSize);
  return bytes;
}

Result<Trailer> parse_trailer(ByteView bytes) {
  if (bytes.size() < kTrailerSize) return make_error(ErrorCode::truncated);
  if (bytes.size() > kTrailerSize) return damaged("trailer size");
  ByteReader reader(bytes);
  if (text_of(reader.raw(kTrailerMagic.size())) != kTrailerMagic) {
    return make_error(ErrorCode::bad_magic);
  }
  if (!crc_at_end_is_right(bytes)) return damaged("trailer");
  Trailer trailer;
  trailer.index_position = reader.u64();
  trailer.chunks = reader.u32();
  if (!reader.zeros(8)) return damaged("trailer");
  if (trailer.index_position < kHeaderSize) return damaged("index position");
  if (trailer.index_position > kPackSizeMax) return over_limit("index position", kPackSizeMax);
  if (trailer.chunks > kChunksMax) return over_limit("chunks", kChunksMax);
  return trailer;
}

Bytes encode_index(const std::vector<IndexRecord>& records) {
  Bytes bytes;
  bytes.reserve(records.size() * kIndexRecordSize);
  ByteWriter writer(bytes);
  for (const IndexRecord& record : records) {
    writer.raw(record.name.view());
    writer.u64(record.position);
    writer.u32(record.stored_length);
    writer.u32(record.plain_length);
    writer.u8(static_cast<std::uint8_t>(record.compression));
    writer.zeros(3);
  }
  return bytes;
}

Result<std::vector<IndexRecord>> parse_index(ByteView plain) {
  if (plain.size() % kIndexRecordSize != 0) return damaged("index size");
  const std::size_t count = plain.size() / kIndexRecordSize;
  if (count > kChunksMax) return over_limit("chunks", kChunksMax);
  std::vector<IndexRecord> records;
  records.reserve(count);
  ByteReader reader(plain);
  std::uint64_t free_from = kHeaderSize;
  while (!reader.at_end()) {
    IndexRecord record;
    record.name.bytes = reader.array<32>();
    record.position = reader.u64();
    record.stored_length = reader.u32();
    record.plain_length = reader.u32();
    const std::uint8_t compression = reader.u8();
    if (!reader.zeros(3)) return damaged("index record");
    HF_TRY(check_lengths(record.stored_length, record.plain_length, compression));
    record.compression = codec::Compression{compression};
    if (record.position > kPackSizeMax) return over_limit("position", kPackSizeMax);
    if (record.position < free_from) return damaged("chunk position");
    free_from = record.position + record.frame_size();
    records.push_back(record);
  }
  return records;
}

Digest chunk_name(const SecretKey& id_key, const Digest& plain_digest) {
  return hmac_sha256(id_key.view(), plain_digest.view());
}

}  // namespace holdfast::pack
