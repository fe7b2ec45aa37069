// SPDX-License-Identifier: Apache-2.0
// What is to be expected of the pool as it stands: what happens if one more disk dies now, and how
// likely a loss within a year is.
#pragma once

#include <cstdint>
#include <vector>

#include "firmware/job/scrub_note.h"
#include "firmware/policy/durability.h"
#include "firmware/status/pool_facts.h"

namespace holdfast::status {

struct PoolOutlook {
  policy::Wear wear;              // what was taken for granted
  bool is_heal_measured = false;  // else its speed is taken for granted, too
  policy::Durability durability;
  // Disks whose shards can be written anew onto the others, one after the other.
  int spare = 0;
};

// `may_lose`: PackFacts::may_lose; `disks`: Pool::status() as it is. A scrub that was never made
// counts as one a year ago.
[[nodiscard]] PoolOutlook outlook_of(const pool::LabelRecord& record,
                                     const std::vector<pool::DiskStatus>& disks,
                                     std::uint64_t may_lose, const job::ScrubNote& note,
                                     Timestamp now, double visit_days);

}  // namespace holdfast::status
