// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/trusted_time.h"

#include <algorithm>

namespace holdfast::policy {

namespace {

constexpr std::int64_t kTimeMax_ns = 7'258'118'400'000'000'000;  // 2200-01-01: later is no time

// Whole: what is left over is not counted.
std::int64_t without_drift(std::int64_t elapsed_ns) {
  return elapsed_ns - elapsed_ns / kDriftShare - (elapsed_ns % kDriftShare == 0 ? 0 : 1);
}

void count_powered_on(TrustedTime& time, const Observation& seen) {
  if (time.boot != seen.boot) {
    time.boot = seen.boot;
    time.counted_to_ns = seen.powered_on_ns;
    return;
  }
  if (seen.powered_on_ns <= time.counted_to_ns) return;
  const std::int64_t counted_ns = without_drift(seen.powered_on_ns - time.counted_to_ns);
  time.counted_to_ns = seen.powered_on_ns;
  if (time.now.ns == 0) return;
  time.now.ns += counted_ns;
  time.since_confirmed_ns += counted_ns;
}

void confirm(TrustedTime& time, Timestamp confirmed) {
  if (confirmed <= time.now || confirmed.ns > kTimeMax_ns) return;
  if (time.now.ns == 0) {
    time.now = confirmed;
  } else {
    if (time.since_confirmed_ns < kBetweenConfirmed_ns) return;
    time.now.ns += std::min(confirmed.ns - time.now.ns, kConfirmedStepMax_ns);
  }
  time.since_confirmed_ns = 0;
}

}  // namespace

bool is_first_far(Timestamp confirmed, Timestamp newest_entry) {
  return confirmed.ns > newest_entry.ns + kFirstFar_ns ||
         confirmed.ns < newest_entry.ns - kFirstFar_ns;
}

TrustedTime observe(const TrustedTime& before, const Observation& seen) {
  TrustedTime time = before;
  if (seen.powered_on_ns >= 0) count_powered_on(time, seen);
  if (seen.confirmed) confirm(time, *seen.confirmed);
  return time;
}

}  // namespace holdfast::policy
