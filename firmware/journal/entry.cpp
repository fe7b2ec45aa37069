// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/entry.h"

#include "firmware/erasure/crc32c.h"
#include "firmware/keys/one_time_key.h"

namespace holdfast::journal {

namespace {

constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kSuite = 1;
constexpr std::string_view kContext = "holdfast entry v1";
constexpr keys::Purpose kPurpose{"holdfast entry key v1", "holdfast entry commitment v1"};

constexpr std::size_t kSignatureSize = 64;
constexpr std::size_t kCrcSize = 4;
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kNewPackSize = 56;

// Of the public part.
constexpr std::size_t kAdditionalSize = 80;
constexpr std::size_t kSaltOffset = 80;
constexpr std::size_t kCommitmentOffset = 112;
constexpr std::size_t kDigestSize = 32;

struct FrameHeader {
  bool sealed_dropped = false;
  std::uint32_t public_size = 0;
  std::uint32_t sealed_size = 0;

  [[nodiscard]] std::size_t frame_size() const {
    return kFrameHeaderSize + std::size_t{public_size} + kSignatureSize + sealed_size + kCrcSize;
  }
};

Error damaged(std::string_view what) {
  return make_error(ErrorCode::damaged, {}, {{"what", std::string(what)}});
}

void write_frame_header(Bytes& out, const FrameHeader& header) {
  ByteWriter writer(out);
  writer.raw(view_of(kEntryMagic));
  writer.u16(kVersion);
  writer.u8(kSuite);
  writer.u8(header.sealed_dropped ? 1 : 0);
  writer.u32(header.public_size);
  writer.u32(header.sealed_size);
  writer.zeros(4);
  writer.u32(erasure::crc32c(out));
}

// The CRC comes first: after it, a version that is not ours is a newer writer's and no damage.
Result<FrameHeader> parse_frame_header(ByteView bytes) {
  if (bytes.size() < kFrameHeaderSize) return make_error(ErrorCode::truncated);
  ByteReader reader(bytes.first(kFrameHeaderSize));
  FrameHeader header;
  if (text_of(reader.raw(kEntryMagic.size())) != kEntryMagic) {
    return make_error(ErrorCode::bad_magic);
  }
  const std::uint16_t version = reader.u16();
  const std::uint8_t suite = reader.u8();
  const std::uint8_t state = reader.u8();
  header.public_size = reader.u32();
  header.sealed_size = reader.u32();
  const bool zero = reader.zeros(4);
  if (reader.u32() != erasure::crc32c(bytes.first(kFrameHeaderSize - kCrcSize))) {
    return damaged("frame header");
  }
  if (version != kVersion) {
    return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
  }
  if (suite != kSuite) {
    return make_error(ErrorCode::unsupported_suite, {}, {{"suite", std::to_string(suite)}});
  }
  if (!zero || state > 1 || (state == 1 && header.sealed_size != 0)) return damaged("frame header");
  if (header.public_size > kPartSizeMax || header.sealed_size > kPartSizeMax) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "entry"}, {"limit", std::to_string(kPartSizeMax)}});
  }
  header.sealed_dropped = state == 1;
  return header;
}

// Bytes 0 to 79 of the public part: what the sealed part is bound to.
void write_head(ByteWriter& writer, const EntryDraft& draft, const EntryPlace& place) {
  writer.u8(static_cast<std::uint8_t>(draft.kind));
  writer.zeros(3);
  writer.u32(draft.key_epoch);
  writer.u32(place.incarnation);
  writer.zeros(4);
  writer.u64(place.previous.number + 1);
  writer.i64(place.time.ns);
  writer.raw(place.business.view());
  writer.raw(place.previous.digest.view());
}

void write_new_packs(ByteWriter& writer, const std::vector<NewPack>& packs) {
  writer.u32(static_cast<std::uint32_t>(packs.size()));
  for (const NewPack& pack : packs) {
    writer.raw(pack.name.view());
    writer.u64(pack.size);
    writer.u32(pack.epoch);
    writer.u32(pack.retention_class);
    writer.u8(static_cast<std::uint8_t>(pack.kind));
    writer.zeros(7);
  }
}

bool read_new_pack(ByteReader& reader, NewPack& out) {
  out.name.bytes = reader.array<32>();
  out.size = reader.u64();
  out.epoch = reader.u32();
  out.retention_class = reader.u32();
  const std::uint8_t kind = reader.u8();
  out.kind = static_cast<pack::PackKind>(kind);
  return reader.zeros(7) && kind >= 1 && kind <= 2;
}

bool read_head(ByteReader& reader, Entry& out) {
  const std::uint8_t kind = reader.u8();
  bool right = reader.zeros(3);
  out.kind = static_cast<EntryKind>(kind);
  out.key_epoch = reader.u32();
  out.incarnation = reader.u32();
  right = reader.zeros(4) && right;
  out.number = reader.u64();
  out.time.ns = reader.i64();
  out.business.bytes = reader.array<16>();
  out.previous.bytes = reader.array<32>();
  return right && kind >= static_cast<std::uint8_t>(EntryKind::snapshot) &&
         kind <= static_cast<std::uint8_t>(EntryKind::takeover) && out.number != 0;
}

struct SealedPart {
  std::uint32_t size = 0;
  Digest digest;
};

Result<SealedPart> parse_public_part(ByteView bytes, Entry& out) {
  ByteReader reader(bytes);
  if (!read_head(reader, out)) return damaged("entry");
  (void)reader.raw(kSaltSize + kDigestSize);
  SealedPart sealed;
  sealed.size = reader.u32();
  sealed.digest.bytes = reader.array<32>();
  const std::uint32_t packs = reader.u32();
  if (!reader.ok() || packs > reader.left() / kNewPackSize) return damaged("entry");
  out.new_packs.resize(packs);
  for (NewPack& pack : out.new_packs) {
    if (!read_new_pack(reader, pack)) return damaged("entry");
  }
  out.signer = reader.array<32>();
  if (!reader.ok() || !reader.at_end()) return damaged("entry");
  return sealed;
}

Digest identity_of(ByteView public_part, ByteView signature) {
  Sha256 sha256;
  sha256.update(view_of(kContext));
  sha256.update(Bytes{0});
  sha256.update(public_part);
  sha256.update(signature);
  return sha256.finish();
}

}  // namespace

Bytes encode_entry(const EntryDraft& draft, const EntryPlace& place, const SecretKey& meta_key,
                   const keys::Signer& signer, ports::Random& random) {
  const auto salt = random.array<kSaltSize>();
  const keys::OneTimeKey key(meta_key.view(), salt, kPurpose);
  Bytes public_part;
  ByteWriter writer(public_part);
  write_head(writer, draft, place);
  HF_CHECK(writer.size() == kAdditionalSize);
  const Bytes additional_bytes = public_part;
  const ByteView additional = additional_bytes;
  const Bytes sealed = key.seal(std::span(&additional, 1), draft.body);
  writer.raw(salt);
  writer.raw(key.commitment().view());
  writer.u32(static_cast<std::uint32_t>(sealed.size()));
  writer.raw(sha256(sealed).view());
  write_new_packs(writer, draft.new_packs);
  writer.raw(signer.public_key());
  HF_CHECK(public_part.size() <= kPartSizeMax && sealed.size() <= kPartSizeMax);

  Bytes frame;
  write_frame_header(frame, {.sealed_dropped = false,
                             .public_size = static_cast<std::uint32_t>(public_part.size()),
                             .sealed_size = static_cast<std::uint32_t>(sealed.size())});
  ByteWriter frame_writer(frame);
  frame_writer.raw(public_part);
  frame_writer.raw(signer.sign(kContext, public_part));
  frame_writer.raw(sealed);
  frame_writer.u32(erasure::crc32c(frame));
  return frame;
}

Result<Entry> parse_unproved_entry(ByteView bytes, std::size_t& frame_size) {
  HF_TRY(const FrameHeader header, parse_frame_header(bytes));
  frame_size = header.frame_size();
  if (bytes.size() < frame_size) return make_error(ErrorCode::truncated);
  ByteReader reader(bytes.first(frame_size));
  (void)reader.raw(kFrameHeaderSize);
  const ByteView public_part = reader.raw(header.public_size);
  const auto signature = reader.array<kSignatureSize>();
  const ByteView sealed = reader.raw(header.sealed_size);
  if (reader.u32() != erasure::crc32c(bytes.first(frame_size - kCrcSize))) return damaged("entry");

  Entry entry;
  HF_TRY(const SealedPart stated, parse_public_part(public_part, entry));
  if (!header.sealed_dropped && (stated.size != sealed.size() || stated.digest != sha256(sealed))) {
    return damaged("sealed part");
  }
  entry.signature = signature;
  entry.digest = identity_of(public_part, signature);
  entry.public_part.assign(public_part.begin(), public_part.end());
  entry.sealed.assign(sealed.begin(), sealed.end());
  entry.sealed_dropped = header.sealed_dropped;
  return entry;
}

bool is_signed(const Entry& entry, keys::TrustedSigners trusted) {
  return keys::is_trusted(trusted, entry.signer) &&
         keys::verify(entry.signer, kContext, entry.public_part, entry.signature);
}

Result<Entry> parse_entry(ByteView bytes, keys::TrustedSigners trusted, std::size_t& frame_size) {
  HF_TRY(Entry entry, parse_unproved_entry(bytes, frame_size));
  if (!is_signed(entry, trusted)) return make_error(ErrorCode::bad_signature);
  return entry;
}

Result<Bytes> open_body(const Entry& entry, const SecretKey& meta_key) {
  if (entry.sealed_dropped) return make_error(ErrorCode::not_found);
  const ByteView public_part = entry.public_part;
  HF_CHECK(public_part.size() >= kCommitmentOffset + kDigestSize);
  const keys::OneTimeKey key(meta_key.view(), public_part.subspan(kSaltOffset, kSaltSize),
                             kPurpose);
  const ByteView additional = public_part.first(kAdditionalSize);
  HF_TRY(SecretBytes body, key.open(public_part.subspan(kCommitmentOffset, kDigestSize),
                                    std::span(&additional, 1), entry.sealed));
  return std::move(body.bytes());
}

}  // namespace holdfast::journal
