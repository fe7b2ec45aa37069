// SPDX-License-Identifier: Apache-2.0
// The time that locks age by: never ahead of the true one, whatever is done to the box's clock.
//
// The clock of the box is no input. What counts is time for which the box was seen to be on, and
// confirmations: words of two people, or of the centre, that the true time is not before theirs.
//
//   true    |----on----|      off      |-------on-------|
//   trusted |----------|               |..|-------------|     a boot counts from its first look on
//                                      +------> a confirmation makes up for what was not counted
//
// State in, observation in, state out: no I/O, no clock. The caller keeps the state durable and
// checks signatures. A state that was lost, copied, put back or carried to another box makes it
// late, never early. Late is allowed: what is kept too long does no harm.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/base/id.h"
#include "hal/base/time.h"

namespace holdfast::policy {

struct TrustedTime {
  Timestamp now;                        // ns 0: nobody has confirmed a time yet, nothing ages
  BootId boot;                          // that was looked at last
  std::int64_t counted_to_ns = 0;       // its powered-on clock then
  std::int64_t since_confirmed_ns = 0;  // counted since a confirmation moved `now`
  bool operator==(const TrustedTime&) const = default;
};

struct Observation {
  BootId boot;
  // Since this boot began, or any moment of it: CLOCK_MONOTONIC, which nobody sets and which stands
  // still while the machine sleeps.
  std::int64_t powered_on_ns = 0;
  std::optional<Timestamp> confirmed;
};

// A clock that runs fast by less than this share (a crystal, and the 500 ppm by which a time
// service slews it) makes nothing early: so much less is counted.
inline constexpr std::int64_t kDriftShare = 1000;
// The first confirmation sets the time. A later one moves it by a month at most, and the next one
// only after a day that was counted: one that is wrong (a slip of the pen, a centre with a wrong
// clock) does little, and many in a row are seen.
inline constexpr std::int64_t kConfirmedStepMax_ns = 31LL * 86'400'000'000'000;
inline constexpr std::int64_t kBetweenConfirmed_ns = 86'400'000'000'000;

// The first confirmation is bounded by nothing that was confirmed before: one that is further than
// this from the newest entry of the journals, by whatever clock that was made, is not taken by
// mistake. (The journals may be wrong, or the box was off: then people say so.)
inline constexpr std::int64_t kFirstFar_ns = 31LL * 86'400'000'000'000;
[[nodiscard]] bool is_first_far(Timestamp confirmed, Timestamp newest_entry);

[[nodiscard]] TrustedTime observe(const TrustedTime& before, const Observation& seen);

}  // namespace holdfast::policy
