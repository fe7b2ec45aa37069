// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/member_change.h"

#include <algorithm>

#include "firmware/pool/election.h"
#include "firmware/pool/geometry.h"

namespace holdfast::pool {

namespace {

std::vector<const Member*> plain_members(const LabelRecord& record) {
  std::vector<const Member*> members;
  for (const Member& member : record.members) {
    if (member.state == MemberState::member) members.push_back(&member);
  }
  return members;
}

Result<void> set_state(LabelRecord& record, const DiskId& disk, MemberState from, MemberState to) {
  const auto member = std::ranges::find(record.members, disk, &Member::disk);
  const bool fits = member != record.members.end() &&
                    (member->state == from ||
                     (from == MemberState::member && member->state == MemberState::leaving));
  if (!fits) return make_error(ErrorCode::no_disk, disk.hex());
  member->state = to;
  return {};
}

// Of those that are gone only as many are remembered as there is room for.
Result<void> make_room(LabelRecord& record) {
  if (record.members.size() < kMembersMax) return {};
  const auto gone = std::ranges::find_if(
      record.members, [](const Member& member) { return !is_current(member.state); });
  if (gone == record.members.end()) {
    return make_error(ErrorCode::limit_exceeded, record.pool.hex(),
                      {{"what", "members"}, {"limit", std::to_string(kMembersMax)}});
  }
  record.members.erase(gone);
  return {};
}

void join(LabelRecord& record, Member member) {
  std::uint32_t slot = 0;
  for (const Member& other : record.members) slot = std::max(slot, other.slot + 1);
  member.slot = slot;
  member.state = MemberState::member;
  member.joined = record.epoch;
  record.members.push_back(std::move(member));
}

}  // namespace

Result<LabelRecord> next_record(const Label& in_force, const MemberChange& change,
                                const std::array<std::uint8_t, 32>& nonce) {
  LabelRecord record = in_force.record;
  record.incarnation = change.incarnation;
  record.epoch += 1;
  record.nonce = nonce;
  record.previous = in_force.record_digest;
  if (change.leaves) {
    HF_TRY(set_state(record, *change.leaves, MemberState::member, MemberState::leaving));
  }
  for (const DiskId& disk : change.retired) {
    HF_TRY(set_state(record, disk, MemberState::leaving, MemberState::retired));
  }
  for (const DiskId& disk : change.lost) {
    HF_TRY(set_state(record, disk, MemberState::leaving, MemberState::lost));
  }
  if (change.joins) {
    HF_TRY(make_room(record));
    join(record, *change.joins);
  }
  HF_TRY(const erasure::Geometry geometry,
         choose_geometry(record.policy, {record.k, record.m}, plain_members(record).size()));
  record.k = geometry.k;
  record.m = geometry.m;
  record.spare = spare_bytes(record);
  return record;
}

std::uint64_t spare_bytes(const LabelRecord& record) {
  const auto members = plain_members(record);
  if (record.same_device_allowed || members.size() <= std::size_t{record.k} + record.m) return 0;
  const auto capacity = [](const Member* member) { return member->capacity; };
  return capacity(*std::ranges::max_element(members, {}, capacity));
}

Spare spare_of(const LabelRecord& record) {
  return record.spare > 0 && !record.same_device_allowed ? Spare::kept : Spare::none;
}

std::uint64_t usable_bytes(const LabelRecord& record) {
  std::vector<std::uint64_t> disk_bytes;
  for (const Member* member : plain_members(record)) {
    disk_bytes.push_back(member->capacity - reserve_of(member->capacity, record.disk_reserve));
  }
  return usable_bytes(disk_bytes, {record.k, record.m}, spare_of(record));
}

}  // namespace holdfast::pool
