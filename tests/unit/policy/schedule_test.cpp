// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/schedule.h"

#include <catch2/catch.hpp>

namespace holdfast::policy {
namespace {

TEST_CASE("What proves goes after what backs up and mends, and what removes goes last") {
  Schedule schedule;
  for (const char* job : {"packs", "prune", "verify", "tend", "backup", "drill"}) {
    schedule.jobs.push_back({job, "every 1min", Interval{60'000'000'000}});
  }
  schedule.window = Window{.spans = {}, .rate = 1000, .rate_outside = {}};
  schedule.rpo_ns = 5;
  const auto duties = duties_of("desk", schedule);
  const std::vector<DutyHistory> histories(duties.size());
  std::vector<std::string> order;
  for (const std::size_t i : plan_agenda(duties, histories, {}, {}).due) {
    CHECK(duties[i].business == "desk");
    order.push_back(duties[i].job);
  }
  CHECK(order == std::vector<std::string>{"backup", "tend", "drill", "verify", "prune", "packs"});
  // Only a backup reads the sources, and only its target is the business's.
  for (const Duty& duty : duties) {
    CHECK(duty.window.has_value() == (duty.job == "backup"));
    CHECK(duty.rpo_ns.has_value() == (duty.job == "backup"));
  }
}

}  // namespace
}  // namespace holdfast::policy
