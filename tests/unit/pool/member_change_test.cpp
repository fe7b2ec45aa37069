// SPDX-License-Identifier: Apache-2.0
// What a change of members makes of a pool's record, what it refuses, and which of two changes that
// met half-way is believed.
#include "firmware/pool/member_change.h"

#include <catch2/catch.hpp>

#include "firmware/pool/election.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

DiskId disk_id(std::size_t number) {
  return DiskId{{static_cast<std::uint8_t>(number + 1)}};
}

Digest digest_of(std::uint8_t byte) {
  Digest digest;
  digest.bytes.fill(byte);
  return digest;
}

constexpr std::array<std::uint8_t, 32> kNonce{9};

Member member_of(std::size_t number, std::uint64_t capacity) {
  Member member;
  member.disk = disk_id(number);
  member.capacity = capacity;
  return member;
}

// That many plain members of 1000 bytes each.
Label label_of(std::size_t members) {
  Label label;
  for (std::size_t i = 0; i < members; ++i) {
    label.record.members.push_back(member_of(i, 1000));
    label.record.members.back().slot = static_cast<std::uint32_t>(i);
  }
  const erasure::Geometry geometry = automatic_geometry(members);
  label.record.k = geometry.k;
  label.record.m = geometry.m;
  label.record.epoch = 4;
  label.record_digest = digest_of(4);
  return label;
}

ErrorCode refusal(const Label& label, const MemberChange& change) {
  const auto record = next_record(label, change, kNonce);
  REQUIRE_FALSE(record);
  return record.error().code;
}

}  // namespace

TEST_CASE("A change of members follows the record in force, and leaves what it does not name") {
  const Label label = label_of(6);
  const LabelRecord record = next_record(label, {.incarnation = 3}, kNonce).value();
  CHECK(record.incarnation == 3);
  CHECK(record.epoch == 5);
  CHECK(record.previous == label.record_digest);
  CHECK(record.nonce == kNonce);
  REQUIRE(record.members.size() == 6);
  for (const Member& member : record.members) CHECK(member.state == MemberState::member);
  CHECK(record.k == 3);
  CHECK(record.m == 2);
  CHECK(record.spare == 1000);
}

TEST_CASE("A disk leaves, and only a leaving one is retired or lost") {
  Label label = label_of(6);
  CHECK(refusal(label, {.leaves = disk_id(6)}) == ErrorCode::no_disk);
  CHECK(refusal(label, {.retired = {disk_id(2)}}) == ErrorCode::no_disk);
  CHECK(refusal(label, {.lost = {disk_id(2)}}) == ErrorCode::no_disk);

  label.record = next_record(label, {.leaves = disk_id(2)}, kNonce).value();
  CHECK(label.record.find(disk_id(2))->state == MemberState::leaving);
  CHECK(label.record.k + label.record.m == 4);  // of five disks
  // Once more is the same.
  CHECK(next_record(label, {.leaves = disk_id(2)}, kNonce).value().members[2].state ==
        MemberState::leaving);

  Label retired = label;
  retired.record = next_record(label, {.retired = {disk_id(2)}}, kNonce).value();
  CHECK(retired.record.find(disk_id(2))->state == MemberState::retired);
  Label lost = label;
  lost.record = next_record(label, {.lost = {disk_id(2)}}, kNonce).value();
  CHECK(lost.record.find(disk_id(2))->state == MemberState::lost);
  for (const Label& gone : {retired, lost}) {
    CHECK(refusal(gone, {.leaves = disk_id(2)}) == ErrorCode::no_disk);
    CHECK(refusal(gone, {.retired = {disk_id(2)}}) == ErrorCode::no_disk);
  }
}

TEST_CASE("A full list of members forgets one that is gone, and else takes none") {
  Label label = label_of(kMembersMax);
  const MemberChange change{.joins = member_of(100, 2000)};
  CHECK(refusal(label, change) == ErrorCode::limit_exceeded);
  label.record.members[5].state = MemberState::leaving;
  CHECK(refusal(label, change) == ErrorCode::limit_exceeded);

  label.record.members[5].state = MemberState::lost;
  label.record.members[7].state = MemberState::retired;
  const LabelRecord record = next_record(label, change, kNonce).value();
  CHECK(record.members.size() == kMembersMax);
  CHECK(record.find(disk_id(5)) == nullptr);
  CHECK(record.find(disk_id(7)) != nullptr);
  const Member& joined = record.members.back();
  CHECK(joined.disk == disk_id(100));
  CHECK(joined.slot == kMembersMax);
  CHECK(joined.joined == record.epoch);
  CHECK(joined.state == MemberState::member);
}

TEST_CASE("A fixed geometry keeps the disks that it needs") {
  Label label = label_of(4);
  label.record.policy = GeometryPolicy::fixed;
  label.record.k = 2;
  label.record.m = 2;
  CHECK(refusal(label, {.leaves = disk_id(0)}) == ErrorCode::bad_geometry);
  const LabelRecord record =
      next_record(label, {.joins = member_of(9, 500), .leaves = disk_id(0)}, kNonce).value();
  CHECK(record.k == 2);
  CHECK(record.m == 2);
  CHECK(record.spare == 0);
}

TEST_CASE("The spare is the largest disk, where one is left over and figures can be believed") {
  LabelRecord record = label_of(6).record;
  record.members[3].capacity = 4000;
  CHECK(spare_bytes(record) == 4000);
  record.spare = spare_bytes(record);
  CHECK(spare_of(record) == Spare::kept);
  record.same_device_allowed = true;
  CHECK(spare_bytes(record) == 0);
  CHECK(spare_of(record) == Spare::none);
  record.same_device_allowed = false;
  record.members[3].state = MemberState::leaving;
  CHECK(spare_bytes(record) == 0);  // five are plain, and 3+2 needs them
  record.spare = 0;
  CHECK(spare_of(record) == Spare::none);
}

namespace {

// Four disks, of which three must hold a record. Two records follow the former one, each on a disk
// of its own; the other disks are away.
struct TwoChanges {
  TwoChanges() : former(label_of(4)) {
    former.disk = disk_id(2);
    one = two = former;
    one.disk = disk_id(0);
    two.disk = disk_id(1);
    for (Label* next : {&one, &two}) {
      next->record.epoch += 1;
      next->record.previous = former.record_digest;
    }
    one.record.nonce[0] = 1;
    two.record.nonce[0] = 2;
    one.record_digest = digest_of(5);
    two.record_digest = digest_of(6);
  }

  [[nodiscard]] Election elect(const std::optional<Label>& witness) const {
    const std::array<Label, 2> shown{one, two};
    return pool::elect(shown, witness);
  }

  Label former;
  Label one;
  Label two;
};

bool is_fork(const Election& election) {
  return election.not_writable && election.not_writable->code == ErrorCode::fork;
}

}  // namespace

TEST_CASE("Of two changes that both may count none is believed, unless home knows better") {
  TwoChanges changes;
  CHECK(is_fork(changes.elect({})));

  // Home has acknowledged one of them: of this life of the box there was no other.
  const Election acknowledged = changes.elect(changes.one);
  CHECK(acknowledged.newest == 0);
  CHECK_FALSE(acknowledged.not_writable);
  // Home has acknowledged neither: either may be gone on from.
  const Election neither = changes.elect(changes.former);
  CHECK_FALSE(neither.not_writable);
  REQUIRE(neither.former);
  CHECK(neither.former->epoch == changes.former.record.epoch);
  CHECK(neither.newest == 1);  // the higher digest, on every machine
}

TEST_CASE("What home knows says nothing of another life of the box, or of another record") {
  TwoChanges changes;
  SECTION("another life") {
    changes.two.record.incarnation += 1;
    CHECK(is_fork(changes.elect(changes.former)));
    CHECK(is_fork(changes.elect(changes.one)));
  }
  SECTION("another record before them") {
    Label stranger = changes.former;
    stranger.record_digest = digest_of(8);
    CHECK(is_fork(changes.elect(stranger)));
  }
  SECTION("one of them follows another record than home's") {
    changes.one.record.previous = digest_of(8);
    CHECK(is_fork(changes.elect(changes.former)));
    changes.two.record.previous = digest_of(8);
    changes.one.record.previous = changes.former.record_digest;
    CHECK(is_fork(changes.elect(changes.former)));
  }
  SECTION("a third one of their number") {
    Label third = changes.one;
    third.record.nonce[0] = 3;
    third.record_digest = digest_of(7);
    CHECK(is_fork(changes.elect(third)));
  }
}

TEST_CASE("Of two records that follow the one that counts the higher one is gone on from") {
  TwoChanges changes;
  const std::array<Label, 3> shown{changes.two, changes.one, changes.former};
  const Election election = elect(shown, changes.former);
  CHECK(election.newest == 0);
  const std::array<Label, 3> turned{changes.former, changes.one, changes.two};
  CHECK(elect(turned, changes.former).newest == 2);
}
