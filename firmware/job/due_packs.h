// SPDX-License-Identifier: Apache-2.0
// Which packs a scrub looks at that goes round the pool once in so many days: those that were never
// proved, first and all of them, and of the others, in order of their names, as many bytes as bring
// the round to where it should be by the end of a day. Names are digests, so this order is as good
// as any, and the one that comes next was looked at longest ago.
//
// Time is taken from the round alone: a box that was off catches up, by a week's share at once, one
// whose clock was set goes on from how far it is (begun_by_its_way), and calling more often than
// once a day does no more.
#pragma once

#include <cstdint>
#include <vector>

#include "firmware/job/pool_packs.h"
#include "firmware/job/proved_packs.h"
#include "hal/base/time.h"

namespace holdfast::job {

struct DueRequest {
  std::int64_t round_age_ns = 0;  // since the round began
  std::int64_t cycle_ns = 0;      // in which a round is made; at least a day
  std::uint64_t bytes_all = 0;    // of all packs, those that the round has passed included
  std::uint64_t bytes_most = 0;   // of the largest of them
};

struct DuePacks {
  std::size_t never_proved = 0;  // at the head of the list
  bool are_all = false;          // nothing was left out: the round ends with them
};

// When the round counts as begun, seen from how far it is: by a clock that only goes on it is never
// ahead of its time by more than a day and a pack, and what a box was off for longer than a week is
// not all made up for at once. `packs` as below.
[[nodiscard]] Timestamp begun_by_its_way(const std::vector<PoolPack>& packs, Timestamp begun,
                                         Timestamp now, const DueRequest& request);

// `packs`: those that the round has not passed, by name, and any that were never proved. What is
// not due is taken out.
[[nodiscard]] DuePacks keep_due(std::vector<PoolPack>& packs, const ProvedPacks& proved,
                                const DueRequest& request);

}  // namespace holdfast::job
