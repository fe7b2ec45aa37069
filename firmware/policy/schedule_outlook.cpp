// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/schedule_outlook.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace holdfast::policy {

namespace {

constexpr std::array<std::string_view, 3> kMeasuredElsewhere = {"backup", "verify", "drill"};

bool comes_again(const Times& times, Timestamp now) {
  const auto* calendar = std::get_if<Calendar>(&times);
  return calendar == nullptr || next_after(*calendar, now, {});
}

}  // namespace

std::optional<std::int64_t> longest_wait_ns(const Times& times, Timestamp now) {
  constexpr std::size_t kTimes = 32;  // of the hours of a day, or the days of a month
  if (const auto* interval = std::get_if<Interval>(&times)) return interval->ns;
  const auto next = upcoming(std::get<Calendar>(times), now, {}, kTimes);
  if (next.size() < 2) return std::nullopt;
  std::int64_t longest_ns = 0;
  for (std::size_t i = 1; i < next.size(); ++i) {
    longest_ns = std::max(longest_ns, next[i].ns - next[i - 1].ns);
  }
  return longest_ns;
}

std::optional<ScheduleFault> fault_of(const Schedule& schedule, Timestamp now) {
  using Kind = ScheduleFault::Kind;
  for (const ScheduledJob& job : schedule.jobs) {
    if (!comes_again(job.times, now)) return ScheduleFault{Kind::never_again, job.job};
  }
  const auto backup = std::ranges::find(schedule.jobs, "backup", &ScheduledJob::job);
  if (backup == schedule.jobs.end()) {
    if (schedule.mode == BackupMode::hot) return ScheduleFault{Kind::hot_of_never, "mode"};
    return std::nullopt;
  }
  const auto longest_ns = longest_wait_ns(backup->times, now);
  if (schedule.rpo_ns && longest_ns && *schedule.rpo_ns < *longest_ns) {
    return ScheduleFault{Kind::target_too_short, "rpo"};
  }
  return std::nullopt;
}

void give_targets(std::vector<Duty>& duties, Timestamp now) {
  for (Duty& duty : duties) {
    if (std::ranges::find(kMeasuredElsewhere, duty.job) != kMeasuredElsewhere.end()) continue;
    duty.rpo_ns = good_age_max_ns(duty.times, now);
  }
}

}  // namespace holdfast::policy
