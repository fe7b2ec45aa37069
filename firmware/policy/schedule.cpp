// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/schedule.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace holdfast::policy {

namespace {

constexpr std::array<std::string_view, 6> kOrder = {"backup", "tend",  "drill",
                                                    "verify", "prune", "packs"};

}  // namespace

std::vector<Duty> duties_of(const std::string& business, const Schedule& schedule) {
  std::vector<Duty> duties;
  for (const ScheduledJob& scheduled : schedule.jobs) {
    Duty duty{.job = scheduled.job, .business = business, .times = scheduled.times};
    duty.priority =
        static_cast<std::uint32_t>(std::ranges::find(kOrder, scheduled.job) - kOrder.begin());
    if (scheduled.job == "backup") {
      duty.window = schedule.window;
      duty.rpo_ns = schedule.rpo_ns;
    }
    duties.push_back(std::move(duty));
  }
  return duties;
}

}  // namespace holdfast::policy
