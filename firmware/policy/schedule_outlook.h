// SPDX-License-Identifier: Apache-2.0
// What follows from a schedule in the time to come: if it can hold at all, and when what it asks
// for is late. No I/O, no clock, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/policy/schedule.h"

namespace holdfast::policy {

// Between two times: from the last one until now on, each that begins within the next 35 days, so
// that it makes no difference on which day of a week or month that is asked, and what comes less
// often up to 32 times. None: they do not come twice any more.
[[nodiscard]] std::optional<std::int64_t> longest_wait_ns(const Times& times, Timestamp now);

// Why what is written can never be kept.
struct ScheduleFault {
  enum class Kind : std::uint8_t {
    never_again,       // no time of a job is left
    target_too_short,  // backups are further apart than the target lets them be
    hot_of_never,      // nothing would ask for rows, or find what nobody told
  };
  Kind kind = Kind::never_again;
  std::string key;  // of the schedule, that is to be changed
  bool operator==(const ScheduleFault&) const = default;
};

// The first one, as of now; none: it can be kept.
[[nodiscard]] std::optional<ScheduleFault> fault_of(const Schedule& schedule, Timestamp now);

// A target for duties whose failures nothing else would tell: so old the last good end becomes at
// most while they come at their times. A backup has the target of its business, and a verify or a
// drill is measured by what it proved.
void give_targets(std::vector<Duty>& duties, Timestamp now);

}  // namespace holdfast::policy
