// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/schedule_outlook.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace holdfast::policy {

namespace {

constexpr std::array<std::string_view, 3> kMeasuredElsewhere = {"backup", "verify", "drill"};

bool comes_again(const Times& times, Timestamp now) {
  const auto* calendar = std::get_if<Calendar>(&times);
  return calendar == nullptr || next_after(*calendar, now, {});
}

// What comes within an hour that matches: so each of them is one step, however often times come.
struct HourOfTimes {
  std::int64_t longest_ns = 0;  // between two of them
  std::int64_t last_s = 0;      // from the hour's beginning
};

HourOfTimes hour_of(const Calendar& calendar) {
  HourOfTimes hour;
  bool is_first = true;
  for (std::int64_t second = 0; second < 3600; ++second) {
    const auto at = static_cast<std::size_t>(second);
    if (!calendar.minutes[at / 60] || !calendar.seconds[at % 60]) continue;
    const std::int64_t wait_ns = is_first ? 0 : (second - hour.last_s) * kSecond_ns;
    hour.longest_ns = std::max(hour.longest_ns, wait_ns);
    hour.last_s = second;
    is_first = false;
  }
  return hour;
}

// Of the hour, on the clock of the calendar, in which `moment` is.
Timestamp last_of_hour(const Calendar& calendar, Timestamp moment, const HourOfTimes& hour) {
  const std::int64_t at_s = second_of(moment);
  const std::int64_t wall_s = calendar.zone ? calendar.zone->stretch_at(at_s).wall_of(at_s) : at_s;
  return Timestamp{(at_s - wall_s % 3600 + hour.last_s) * kSecond_ns};
}

// None: it never came.
std::optional<Timestamp> last_until(const Calendar& calendar, Timestamp now) {
  std::optional<Timestamp> last = next_after(calendar, Timestamp{-kSecond_ns}, {});
  if (!last || *last > now) return std::nullopt;
  // It lies from `last` to `before_s`.
  for (std::int64_t before_s = second_of(now) + 1; second_of(*last) + 1 < before_s;) {
    const std::int64_t middle_s = std::midpoint(second_of(*last), before_s);
    const auto next = next_after(calendar, Timestamp{(middle_s - 1) * kSecond_ns}, {});
    if (next && *next <= now) {
      last = next;
    } else {
      before_s = middle_s;
    }
  }
  return last;
}

}  // namespace

std::optional<std::int64_t> longest_wait_ns(const Times& times, Timestamp now) {
  // Each day of a week and of a month is among these; and some of what comes less often.
  constexpr std::int64_t kSpan_ns = 35 * kDay_s * kSecond_ns;
  constexpr std::size_t kHoursLeast = 32;
  if (const auto* interval = std::get_if<Interval>(&times)) return interval->ns;
  const Calendar& calendar = std::get<Calendar>(times);
  if (upcoming(calendar, now, {}, 2).size() < 2) return std::nullopt;
  const HourOfTimes hour = hour_of(calendar);
  std::int64_t longest_ns = hour.longest_ns;
  Timestamp last = last_until(calendar, now).value_or(*next_after(calendar, now, {}));
  for (std::size_t hours = 0; hours < kHoursLeast || last.ns <= now.ns + kSpan_ns; ++hours) {
    const auto next = next_after(calendar, last, {});
    if (!next) break;
    longest_ns = std::max(longest_ns, next->ns - last.ns);
    last = last_of_hour(calendar, *next, hour);
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
