// SPDX-License-Identifier: Apache-2.0
// Which record of a pool is the newest, and whether it is safe to write (docs/formats.md, section
// 7). Pure.
//
// A record counts when min(m + 1, n) of its n current members hold it, or when it is the one that
// home keeps. If none counts, the newest one shown is good enough to read by: a record only names
// members, and shards prove themselves.
// A record that follows the one that counts is a change of members that was cut. It is gone on
// from: whoever opens the pool for writing brings it onto the other members first (level_labels).
// Two records of one epoch are a fork, unless the other one cannot have counted: then it is what
// is left of a change that never came to be, and its disk gets the label of the others.
#pragma once

#include <optional>
#include <span>

#include "firmware/pool/label.h"

namespace holdfast::pool {

// Members that hold copies and count: those that are neither retired nor lost.
[[nodiscard]] bool is_current(MemberState state);
[[nodiscard]] std::size_t current_members(const LabelRecord& record);
// Copies needed for an object to count: m + 1, at most the number of current members.
[[nodiscard]] std::size_t copies_needed(const LabelRecord& record);
// Of any so many current members one has whatever counts: n - m.
[[nodiscard]] std::size_t members_sure(const LabelRecord& record);

struct Election {
  std::size_t newest = 0;  // its place in `shown`
  // The record before it, if a disk or home still has that: the newest may be a change that was
  // cut.
  std::optional<LabelRecord> former;
  std::optional<Error> not_writable;  // fork, not_newest or too_few_disks
};

// `shown`: not empty, each disk once, all of one pool. `witness`: home's record, if it has one.
[[nodiscard]] Election elect(std::span<const Label> shown, const std::optional<Label>& witness);

}  // namespace holdfast::pool
