// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/election.h"

#include <algorithm>
#include <tuple>

namespace holdfast::pool {

namespace {

bool is_current_in(const LabelRecord& record, const DiskId& disk) {
  const Member* member = record.find(disk);
  return member != nullptr && is_current(member->state);
}

std::size_t holders(std::span<const Label> shown, const Label& of) {
  return static_cast<std::size_t>(std::ranges::count_if(shown, [&](const Label& label) {
    return label.record_digest == of.record_digest && is_current_in(of.record, label.disk);
  }));
}

std::size_t current_shown(std::span<const Label> shown, const LabelRecord& record) {
  return static_cast<std::size_t>(std::ranges::count_if(
      shown, [&](const Label& label) { return is_current_in(record, label.disk); }));
}

bool counts(std::span<const Label> shown, const std::optional<Label>& witness, const Label& label) {
  return holders(shown, label) >= copies_needed(label.record) ||
         (witness && witness->record_digest == label.record_digest);
}

// Disks that are not here may hold it too.
bool may_count(std::span<const Label> shown, const Label& label) {
  const std::size_t absent = current_members(label.record) - current_shown(shown, label.record);
  return holders(shown, label) + absent >= copies_needed(label.record);
}

bool is_fork(const Label& newest, const Label& other) {
  return other.record.epoch == newest.record.epoch && other.record.nonce != newest.record.nonce;
}

bool follows(const Label& label, const Label& other) {
  return label.record.previous == other.record_digest &&
         label.record.epoch == other.record.epoch + 1;
}

// Home names the record that this very life of the box has acknowledged: another one of it was not.
bool never_acknowledged(const Label& newest, const std::optional<Label>& witness,
                        const Label& other) {
  if (!witness || other.record.incarnation != newest.record.incarnation) return false;
  return witness->record_digest == newest.record_digest ||
         (follows(newest, *witness) && follows(other, *witness));
}

std::optional<LabelRecord> former_of(std::span<const Label> shown,
                                     const std::optional<Label>& witness, const Label& newest) {
  for (const Label& label : shown) {
    if (follows(newest, label)) return label.record;
  }
  if (witness && follows(newest, *witness)) return witness->record;
  return std::nullopt;
}

std::optional<Error> why_not_writable(std::span<const Label> shown,
                                      const std::optional<Label>& witness, const Label& newest) {
  const LabelRecord& record = newest.record;
  const std::string where = record.pool.hex();
  for (const Label& label : shown) {
    if (is_fork(newest, label) && may_count(shown, label) &&
        !never_acknowledged(newest, witness, label)) {
      return make_error(ErrorCode::fork, where);
    }
    if (label.record.epoch > record.epoch && may_count(shown, label)) {
      return make_error(ErrorCode::not_newest, where);
    }
  }
  if (witness && is_fork(newest, *witness)) return make_error(ErrorCode::fork, where);
  if (witness && witness->record.epoch > record.epoch) {
    return make_error(ErrorCode::not_newest, where);
  }
  const std::size_t needed = members_sure(record);
  const std::size_t present = current_shown(shown, record);
  const bool witnessed =
      witness && (witness->record_digest == newest.record_digest || follows(newest, *witness));
  if (present >= needed || witnessed) return std::nullopt;
  return make_error(ErrorCode::too_few_disks, where,
                    {{"present", std::to_string(present)}, {"needed", std::to_string(needed)}});
}

}  // namespace

bool is_current(MemberState state) {
  return state == MemberState::member || state == MemberState::leaving;
}

std::size_t members_sure(const LabelRecord& record) {
  const std::size_t members = current_members(record);
  return members - std::min<std::size_t>(members, record.m);
}

std::size_t current_members(const LabelRecord& record) {
  return static_cast<std::size_t>(std::ranges::count_if(
      record.members, [](const Member& member) { return is_current(member.state); }));
}

std::size_t copies_needed(const LabelRecord& record) {
  return std::min<std::size_t>(std::size_t{record.m} + 1, current_members(record));
}

Election elect(std::span<const Label> shown, const std::optional<Label>& witness) {
  HF_CHECK(!shown.empty());
  const auto rank = [&](const Label& label) {
    return std::tuple(counts(shown, witness, label), label.record.epoch, holders(shown, label),
                      label.record_digest);
  };
  const auto is_lower = [&](const Label& left, const Label& right) {
    return rank(left) < rank(right);
  };
  auto newest = std::ranges::max_element(shown, is_lower);
  const auto successor = [&]() {
    auto best = shown.end();
    for (auto label = shown.begin(); label != shown.end(); ++label) {
      if (!follows(*label, *newest)) continue;
      if (best == shown.end() || is_lower(*best, *label)) best = label;
    }
    return best;
  };
  for (auto next = successor(); next != shown.end(); next = successor()) newest = next;
  return {static_cast<std::size_t>(newest - shown.begin()), former_of(shown, witness, *newest),
          why_not_writable(shown, witness, *newest)};
}

}  // namespace holdfast::pool
