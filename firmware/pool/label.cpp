// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/label.h"

#include <algorithm>
#include <string_view>

#include "firmware/erasure/crc32c.h"
#include "firmware/erasure/geometry.h"

namespace holdfast::pool {

namespace {

constexpr std::string_view kMagic = "HF.LABEL";
constexpr std::string_view kRecordContext = "holdfast label v1";
constexpr std::string_view kDiskContext = "holdfast label disk v1";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kSuite = 1;
constexpr std::size_t kFixedSize = 152;  // of a record before its members
constexpr std::size_t kSignatureSize = sizeof(keys::Signature);
constexpr std::size_t kSignedEnd = sizeof(keys::PublicKey) + kSignatureSize;
constexpr std::uint8_t kSameDeviceAllowed = 1;  // the only flag

Error damaged(const char* what) {
  return make_error(ErrorCode::damaged, {}, {{"what", what}});
}

Result<void> check_record_size(std::size_t size) {
  if (size <= kRecordSizeMax) return {};
  return make_error(ErrorCode::limit_exceeded, {},
                    {{"what", "label record"}, {"limit", std::to_string(kRecordSizeMax)}});
}

// What a disk part signs: that this record is on this disk.
Bytes disk_claim(const Digest& record, const DiskId& disk) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(record.view());
  writer.raw(disk.view());
  return bytes;
}

// Leaves the reader behind the suite. Of another version nothing more is known.
Result<void> read_preamble(ByteReader& reader) {
  if (text_of(reader.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  const std::uint16_t version = reader.u16();
  const std::uint8_t suite = reader.u8();
  const bool zero = reader.zeros(1);
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (version != kVersion) {
    return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
  }
  if (suite != kSuite) {
    return make_error(ErrorCode::unsupported_suite, {}, {{"suite", std::to_string(suite)}});
  }
  if (!zero) return damaged("label");
  return {};
}

void write_member(ByteWriter& writer, const Member& member) {
  writer.raw(member.disk.view());
  writer.u8(static_cast<std::uint8_t>(member.state));
  writer.zeros(3);
  writer.u32(member.slot);
  writer.u64(member.capacity);
  writer.u64(member.joined);
  // Hints: half of one would lead astray, so one that is too long is left out.
  writer.text(member.place.size() <= kPlaceSizeMax ? member.place : "");
  writer.text(member.serial.size() <= kSerialSizeMax ? member.serial : "");
}

void write_fields(ByteWriter& writer, const LabelRecord& record, std::size_t record_size) {
  writer.raw(view_of(kMagic));
  writer.u16(kVersion);
  writer.u8(kSuite);
  writer.zeros(1);
  writer.u32(static_cast<std::uint32_t>(record_size));
  writer.raw(record.pool.view());
  writer.raw(record.box.view());
  writer.u32(record.incarnation);
  writer.zeros(4);
  writer.u64(record.epoch);
  writer.raw(record.nonce);
  writer.raw(record.previous.view());
  writer.u8(static_cast<std::uint8_t>(record.policy));
  writer.u8(record.k);
  writer.u8(record.m);
  writer.u8(record.same_device_allowed ? kSameDeviceAllowed : 0);
  writer.u64(record.disk_reserve);
  writer.u64(record.spare);
  writer.u16(static_cast<std::uint16_t>(record.members.size()));
  writer.zeros(2);
}

Result<Member> read_member(ByteReader& reader) {
  Member member;
  member.disk.bytes = reader.array<16>();
  const std::uint8_t state = reader.u8();
  const bool zero = reader.zeros(3);
  member.slot = reader.u32();
  member.capacity = reader.u64();
  member.joined = reader.u64();
  const ByteView place = reader.blob();
  const ByteView serial = reader.blob();
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (!zero || state < 1 || state > static_cast<std::uint8_t>(MemberState::lost)) {
    return damaged("member state");
  }
  if (place.size() > kPlaceSizeMax || serial.size() > kSerialSizeMax) return damaged("member text");
  member.state = MemberState{state};
  member.place = text_of(place);
  member.serial = text_of(serial);
  return member;
}

Result<std::vector<Member>> read_members(ByteReader& reader) {
  const std::uint16_t count = reader.u16();
  const bool zero = reader.zeros(2);
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (count < 1 || count > kMembersMax || !zero) return damaged("members");
  std::vector<Member> members;
  for (std::size_t i = 0; i < count; ++i) {
    HF_TRY(Member member, read_member(reader));
    const auto same_disk = [&](const Member& other) { return other.disk == member.disk; };
    if (std::ranges::any_of(members, same_disk)) return damaged("member twice");
    members.push_back(std::move(member));
  }
  return members;
}

// From the size field to the last member.
Result<LabelRecord> read_fields(ByteReader& reader, std::size_t size) {
  LabelRecord record;
  const std::uint32_t said_size = reader.u32();
  record.pool.bytes = reader.array<16>();
  record.box.bytes = reader.array<16>();
  record.incarnation = reader.u32();
  bool zero = reader.zeros(4);
  record.epoch = reader.u64();
  record.nonce = reader.array<32>();
  record.previous.bytes = reader.array<32>();
  const std::uint8_t policy = reader.u8();
  record.k = reader.u8();
  record.m = reader.u8();
  const std::uint8_t flags = reader.u8();
  record.disk_reserve = reader.u64();
  record.spare = reader.u64();
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (said_size > size) return make_error(ErrorCode::truncated);
  if (said_size != size || !zero) return damaged("label");
  if (policy > static_cast<std::uint8_t>(GeometryPolicy::fixed)) return damaged("policy");
  if (!erasure::Geometry{record.k, record.m}.valid()) return damaged("geometry");
  if (flags > kSameDeviceAllowed) return damaged("label flags");
  record.policy = GeometryPolicy{policy};
  record.same_device_allowed = flags == kSameDeviceAllowed;
  HF_TRY(record.members, read_members(reader));
  return record;
}

}  // namespace

keys::PublicKey record_signer(ByteView record_bytes) {
  return ByteReader(record_bytes.last(kSignedEnd)).array<sizeof(keys::PublicKey)>();
}

const Member* LabelRecord::find(const DiskId& disk) const {
  const auto found = std::ranges::find(members, disk, &Member::disk);
  return found == members.end() ? nullptr : &*found;
}

Bytes encode_record(const LabelRecord& record, const keys::Signer& signer) {
  HF_CHECK(!record.members.empty() && record.members.size() <= kMembersMax);
  Bytes members;
  ByteWriter member_writer(members);
  for (const Member& member : record.members) write_member(member_writer, member);

  Bytes bytes;
  ByteWriter writer(bytes);
  write_fields(writer, record, kFixedSize + members.size() + kSignedEnd);
  HF_CHECK(bytes.size() == kFixedSize);
  writer.raw(members);
  writer.raw(signer.public_key());
  writer.raw(signer.sign(kRecordContext, bytes));
  HF_CHECK(bytes.size() <= kRecordSizeMax);
  return bytes;
}

Result<Label> parse_record(ByteView bytes, keys::TrustedSigners trusted) {
  ByteReader reader(bytes);
  HF_TRY(read_preamble(reader));
  HF_TRY(check_record_size(bytes.size()));
  Label label;
  HF_TRY(label.record, read_fields(reader, bytes.size()));
  const auto public_key = reader.array<sizeof(keys::PublicKey)>();
  const auto signature = reader.array<kSignatureSize>();
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (!reader.at_end()) return damaged("record size");
  const ByteView covered = bytes.first(bytes.size() - kSignatureSize);
  if (!keys::is_trusted(trusted, public_key) ||
      !keys::verify(public_key, kRecordContext, covered, signature)) {
    return make_error(ErrorCode::bad_signature);
  }
  label.record_bytes.assign(bytes.begin(), bytes.end());
  label.record_digest = sha256(bytes);
  return label;
}

Bytes encode_label(ByteView record_bytes, const DiskId& disk, const keys::Signer& signer) {
  HF_CHECK(signer.public_key() == record_signer(record_bytes));
  Bytes bytes(record_bytes.begin(), record_bytes.end());
  ByteWriter writer(bytes);
  writer.raw(disk.view());
  writer.raw(signer.sign(kDiskContext, disk_claim(sha256(record_bytes), disk)));
  writer.u32(erasure::crc32c(bytes));
  return bytes;
}

Result<Label> parse_label(ByteView bytes, keys::TrustedSigners trusted) {
  ByteReader preamble(bytes);
  HF_TRY(read_preamble(preamble));
  const std::uint32_t record_size = preamble.u32();
  if (!preamble.ok()) return make_error(ErrorCode::truncated);
  HF_TRY(check_record_size(record_size));
  ByteReader reader(bytes);
  const ByteView record_bytes = reader.raw(record_size);
  const DiskId disk{reader.array<16>()};
  const auto signature = reader.array<kSignatureSize>();
  const ByteView covered = bytes.first(bytes.size() - reader.left());
  const std::uint32_t crc = reader.u32();
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  if (!reader.at_end()) return damaged("label size");
  if (crc != erasure::crc32c(covered)) return damaged("label");
  HF_TRY(Label label, parse_record(record_bytes, trusted));
  if (!keys::verify(record_signer(record_bytes), kDiskContext,
                    disk_claim(label.record_digest, disk), signature)) {
    return make_error(ErrorCode::bad_signature);
  }
  if (label.record.find(disk) == nullptr) return damaged("label of no member");
  label.disk = disk;
  return label;
}

// At the same place in every version.
Result<PoolId> peek_pool(ByteView label_bytes) {
  ByteReader reader(label_bytes);
  if (text_of(reader.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  reader.raw(8);  // version, suite, size of the record
  const PoolId pool{reader.array<16>()};
  if (!reader.ok()) return make_error(ErrorCode::truncated);
  return pool;
}

}  // namespace holdfast::pool
