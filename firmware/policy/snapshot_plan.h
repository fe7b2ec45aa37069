// SPDX-License-Identifier: Apache-2.0
// Which snapshots of a business may go, and why the others stay.
//
// Days are told by two clocks, and a snapshot stays that either of them keeps: that of the box when
// it was made, and trusted time. A clock that was set from day to day uses up the days of the
// first alone; a site without power at night, whose trusted time is behind, those of the second.
#pragma once

#include <span>

#include "firmware/policy/retention.h"

namespace holdfast::policy {

// Milliseconds since 1970-01-01 00:00 on the clock of the rules' zone.
using WallTime = std::int64_t;

struct SnapshotFacts {
  std::uint64_t number = 0;
  Timestamp made;              // trusted time when it was first seen
  WallTime made_by_trust = 0;  // the same on the wall
  WallTime made_by_clock = 0;  // by its entry
  bool is_complete = false;
  bool is_of_whole_look = false;  // its run has looked at all of the sources
  bool is_unreadable = false;
  bool is_tagged = false;             // with one of the rules' tags
  std::optional<std::uint64_t> hold;  // number of the hold's entry
  // It is the last one that has some items as they were: the longest lock of these.
  std::uint32_t lock_days = 0;
};

struct SnapshotVerdict {
  SnapshotReason reason = SnapshotReason::newest;
  std::optional<Timestamp> until;  // locked: until then, by trusted time
  bool operator==(const SnapshotVerdict&) const = default;
};

// One for each, in their order. Numbers rise.
[[nodiscard]] std::vector<SnapshotVerdict> plan_snapshots(
    const std::optional<SnapshotRetention>& rules, std::span<const SnapshotFacts> snapshots,
    Timestamp now);

}  // namespace holdfast::policy
