// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/label.h"

#include <catch2/catch.hpp>

#include "firmware/erasure/crc32c.h"
#include "tests/support/every_damage.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

DiskId disk_of(std::uint8_t number) {
  return {{number, 0xd1}};
}

const keys::Signer kSigner{SecretKey(Bytes(32, 1))};
const keys::Signer kStranger{SecretKey(Bytes(32, 2))};
const std::vector<keys::PublicKey> kTrusted{keys::PublicKey{}, kSigner.public_key()};

LabelRecord some_record(std::size_t members = 3) {
  LabelRecord record;
  record.pool.bytes = {1};
  record.box.bytes = {2};
  record.incarnation = 3;
  record.epoch = 4;
  record.nonce = {5};
  record.previous = sha256({});
  record.policy = GeometryPolicy::fixed;
  record.k = 6;
  record.m = 7;
  record.same_device_allowed = true;
  record.disk_reserve = 8;
  record.spare = 9;
  for (std::size_t i = 0; i < members; ++i) {
    const auto number = static_cast<std::uint8_t>(i);
    record.members.push_back({disk_of(number), MemberState::leaving, 10U + number, 11, 12,
                              "/mnt/disk" + std::to_string(i), "WD-" + std::to_string(i)});
  }
  return record;
}

// What an attacker without our key, or a defect with it, might write: some bytes set, then signed.
Bytes forged(std::size_t at, Bytes values, const LabelRecord& record = some_record()) {
  Bytes bytes = encode_record(record, kSigner);
  std::ranges::copy(values, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  bytes.resize(bytes.size() - sizeof(keys::Signature));
  ByteWriter(bytes).raw(kSigner.sign("holdfast label v1", bytes));
  return bytes;
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

ErrorCode refusal(std::size_t at, Bytes values) {
  return code_of(parse_record(forged(at, std::move(values)), kTrusted));
}

}  // namespace

TEST_CASE("A label comes back as it was written, with its record as signed") {
  const LabelRecord record = some_record();
  const Bytes record_bytes = encode_record(record, kSigner);
  const Label label =
      parse_label(encode_label(record_bytes, disk_of(1), kSigner), kTrusted).value();
  CHECK(label.disk == disk_of(1));
  CHECK(label.record_bytes == record_bytes);
  CHECK(label.record_digest == sha256(record_bytes));
  CHECK(encode_record(label.record, kSigner) == record_bytes);

  CHECK(label.record.pool == record.pool);
  CHECK(label.record.box == record.box);
  CHECK(label.record.incarnation == 3);
  CHECK(label.record.epoch == 4);
  CHECK(label.record.nonce == record.nonce);
  CHECK(label.record.previous == record.previous);
  CHECK(label.record.policy == GeometryPolicy::fixed);
  CHECK(label.record.k == 6);
  CHECK(label.record.m == 7);
  CHECK(label.record.same_device_allowed);
  CHECK(label.record.disk_reserve == 8);
  CHECK(label.record.spare == 9);
  REQUIRE(label.record.members.size() == 3);
  const Member* const member = label.record.find(disk_of(2));
  REQUIRE(member != nullptr);
  CHECK(member->state == MemberState::leaving);
  CHECK(member->slot == 12);
  CHECK(member->capacity == 11);
  CHECK(member->joined == 12);
  CHECK(member->place == "/mnt/disk2");
  CHECK(member->serial == "WD-2");
  CHECK(label.record.find(disk_of(9)) == nullptr);
}

TEST_CASE("The record alone is the witness, and has no disk") {
  const Label label = parse_record(encode_record(some_record(), kSigner), kTrusted).value();
  CHECK(label.disk.is_null());
  CHECK(label.record.epoch == 4);
}

TEST_CASE("Any flipped bit of a label, any cut and any further byte is seen") {
  const Bytes record = encode_record(some_record(1), kSigner);
  Bytes bytes = encode_label(record, disk_of(0), kSigner);
  test::require_every_damage_seen(
      bytes, [](ByteView label) { return parse_label(label, kTrusted).has_value(); });
  bytes.push_back(0);
  CHECK(code_of(parse_label(bytes, kTrusted)) == ErrorCode::damaged);
  // Of home's witness as well.
  test::require_every_damage_seen(
      record, [](ByteView witness) { return parse_record(witness, kTrusted).has_value(); });
}

TEST_CASE("Only signatures of trusted signers count") {
  const Bytes strange = encode_record(some_record(), kStranger);
  CHECK(code_of(parse_record(strange, kTrusted)) == ErrorCode::bad_signature);
  CHECK(code_of(parse_label(encode_label(strange, disk_of(0), kStranger), kTrusted)) ==
        ErrorCode::bad_signature);
  CHECK(code_of(parse_record(encode_record(some_record(), kSigner), {})) ==
        ErrorCode::bad_signature);
  Bytes altered = encode_record(some_record(), kSigner);
  altered[64] ^= 1;
  CHECK(code_of(parse_record(altered, kTrusted)) == ErrorCode::bad_signature);
}

TEST_CASE("A record cannot be moved to another disk, nor to one that is no member") {
  const Bytes record = encode_record(some_record(), kSigner);
  Bytes moved = encode_label(record, disk_of(0), kSigner);
  moved[record.size()] = 1;  // disk 0 becomes disk 1
  moved.resize(moved.size() - 4);
  const std::uint32_t crc = erasure::crc32c(moved);
  ByteWriter(moved).u32(crc);
  CHECK(code_of(parse_label(moved, kTrusted)) == ErrorCode::bad_signature);
  CHECK(code_of(parse_label(encode_label(record, disk_of(9), kSigner), kTrusted)) ==
        ErrorCode::damaged);
}

TEST_CASE("A signed record says why it is refused all the same") {
  REQUIRE(parse_record(forged(0, {'H'}), kTrusted));
  CHECK(refusal(0, {'h'}) == ErrorCode::bad_magic);
  CHECK(refusal(8, {2}) == ErrorCode::unsupported_version);
  CHECK(refusal(10, {2}) == ErrorCode::unsupported_suite);
  CHECK(refusal(11, {1}) == ErrorCode::damaged);
  CHECK(refusal(12, {0, 0}) == ErrorCode::damaged);
  CHECK(refusal(12, {0, 0, 1}) == ErrorCode::truncated);
  CHECK(refusal(52, {1}) == ErrorCode::damaged);
  CHECK(refusal(128, {3}) == ErrorCode::damaged);      // policy
  CHECK(refusal(129, {0}) == ErrorCode::damaged);      // k
  CHECK(refusal(129, {30, 3}) == ErrorCode::damaged);  // k + m
  CHECK(refusal(131, {2}) == ErrorCode::damaged);      // flags
  CHECK(refusal(148, {0}) == ErrorCode::damaged);      // members
  CHECK(refusal(148, {2}) == ErrorCode::damaged);      // one unread
  CHECK(refusal(148, {33}) == ErrorCode::damaged);
  CHECK(refusal(150, {1}) == ErrorCode::damaged);
  CHECK(refusal(168, {0}) == ErrorCode::damaged);  // state
  CHECK(refusal(168, {5}) == ErrorCode::damaged);
  CHECK(refusal(169, {1}) == ErrorCode::damaged);
  CHECK(refusal(192, {0xff, 0xff, 0xff}) == ErrorCode::truncated);  // place
}

TEST_CASE("The same disk twice is refused") {
  LabelRecord record = some_record();
  record.members[2].disk = disk_of(0);
  CHECK(code_of(parse_record(encode_record(record, kSigner), kTrusted)) == ErrorCode::damaged);
}

TEST_CASE("Thirty-two members with long hints fit, and a longer hint is left out") {
  LabelRecord record = some_record(kMembersMax);
  for (Member& member : record.members) {
    member.place = std::string(kPlaceSizeMax, 'p');
    member.serial = std::string(kSerialSizeMax, 's');
  }
  record.members[0].place += 'p';
  record.members[1].serial += 's';
  const Bytes bytes = encode_record(record, kSigner);
  CHECK(encode_label(bytes, disk_of(0), kSigner).size() <= kLabelSizeMax);
  const LabelRecord parsed = parse_record(bytes, kTrusted)->record;
  CHECK(parsed.members[0].place.empty());
  CHECK(parsed.members[1].serial.empty());
  CHECK(parsed.members[1].place == record.members[1].place);
  CHECK(parsed.members[31].serial == record.members[31].serial);
}

TEST_CASE("A signed record with a longer hint is refused") {
  LabelRecord record = some_record(1);
  record.members[0].place = std::string(kPlaceSizeMax, 'p');
  record.members[0].serial = std::string(1, '\0');
  REQUIRE(parse_record(forged(192, {0x80, 0x08}, record), kTrusted));
  // One byte more: the serial's length belongs to the place, and its byte is the length.
  CHECK(code_of(parse_record(forged(192, {0x81, 0x08}, record), kTrusted)) == ErrorCode::damaged);
  record.members[0].place.clear();
  record.members[0].serial = std::string(kSerialSizeMax, 's');
  REQUIRE(parse_record(forged(193, {0xff, 0x01}, record), kTrusted));
  CHECK(code_of(parse_record(forged(193, {0x80, 0x02}, record), kTrusted)) == ErrorCode::damaged);
}

TEST_CASE("A record over the cap is refused before it is read") {
  Bytes bytes = encode_record(some_record(), kSigner);
  bytes[14] = 2;  // size: 128 KiB and more
  bytes.resize(3 * kRecordSizeMax);
  CHECK(code_of(parse_label(bytes, kTrusted)) == ErrorCode::limit_exceeded);
  CHECK(code_of(parse_record(bytes, kTrusted)) == ErrorCode::limit_exceeded);
}

TEST_CASE("Whose label it is can be told without trust, and of a damaged one") {
  Bytes bytes = encode_label(encode_record(some_record(), kStranger), disk_of(0), kStranger);
  bytes.back() ^= 1;
  CHECK(peek_pool(bytes).value() == some_record().pool);
  CHECK(code_of(peek_pool(ByteView(bytes).first(31))) == ErrorCode::truncated);
  CHECK(code_of(peek_pool({})) == ErrorCode::bad_magic);
  CHECK(code_of(peek_pool(Bytes(100))) == ErrorCode::bad_magic);
}
