// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/schedule_outlook.h"

#include <catch2/catch.hpp>

#include <set>

namespace holdfast::policy {
namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
const Timestamp kNow{1'790'000'000'000'000'000};  // in September of 2026

Times times_of(const char* text) {
  const auto calendar = parse_calendar(text);
  REQUIRE(calendar);
  return *calendar;
}

Schedule backed_up(const Times& times, std::optional<std::int64_t> rpo_ns) {
  Schedule schedule;
  schedule.jobs.push_back({"backup", "", times});
  schedule.rpo_ns = rpo_ns;
  return schedule;
}

using Kind = ScheduleFault::Kind;

TEST_CASE("What has no time to come is told, whichever job it is of") {
  Schedule schedule = backed_up(times_of("daily"), 26 * kHour_ns);
  CHECK_FALSE(fault_of(schedule, kNow));
  schedule.jobs.push_back({"drill", "", times_of("2019-*-* 05:00")});
  CHECK(fault_of(schedule, kNow) == ScheduleFault{Kind::never_again, "drill"});
  Schedule box;
  box.jobs.push_back({"tend", "", times_of("2020-01-01")});
  CHECK(fault_of(box, kNow) == ScheduleFault{Kind::never_again, "tend"});
  // One time is enough, and time goes by.
  box.jobs[0].times = times_of("2026-12-01");
  CHECK_FALSE(fault_of(box, kNow));
  CHECK(fault_of(box, Timestamp{kNow.ns + 100 * 24 * kHour_ns}));
  CHECK_FALSE(fault_of(backed_up(times_of("2026-12-01"), kHour_ns), kNow));
}

TEST_CASE("A target that is missed however well backups run is told") {
  const ScheduleFault short_target{Kind::target_too_short, "rpo"};
  CHECK(fault_of(backed_up(times_of("daily"), kHour_ns), kNow) == short_target);
  CHECK_FALSE(fault_of(backed_up(times_of("daily"), 24 * kHour_ns), kNow));
  CHECK(fault_of(backed_up(times_of("Mon..Fri 01:30"), 71 * kHour_ns), kNow) == short_target);
  CHECK_FALSE(fault_of(backed_up(times_of("Mon..Fri 01:30"), 72 * kHour_ns), kNow));
  CHECK(fault_of(backed_up(Interval{2 * kHour_ns}, kHour_ns), kNow) == short_target);
  CHECK_FALSE(fault_of(backed_up(Interval{2 * kHour_ns}, 2 * kHour_ns), kNow));
  CHECK_FALSE(fault_of(backed_up(times_of("daily"), {}), kNow));
}

TEST_CASE("How long a wait is makes no difference of when that is asked") {
  const auto longest_min = [](const char* text) {
    const Times times = times_of(text);
    std::set<std::int64_t> found;
    for (std::int64_t hours = 0; hours < 40 * 24; hours += 5) {
      const auto longest_ns = longest_wait_ns(times, Timestamp{kNow.ns + hours * kHour_ns + 1});
      found.insert(longest_ns.value_or(0) / (kHour_ns / 60));
    }
    REQUIRE(found.size() == 1);
    return *found.begin();
  };
  CHECK(longest_min("Mon..Fri *:00") == 49 * 60);
  CHECK(longest_min("Mon..Fri *:00/15") == 48 * 60 + 15);
  CHECK(longest_min("Mon..Fri *:* Asia/Kolkata") == 48 * 60 + 1);
  CHECK(longest_min("Mon..Fri 8..18:5,20:0/10 Asia/Kolkata") == 61 * 60 + 44);
  CHECK(longest_min("8..18:00") == 14 * 60);
  CHECK(longest_min("00:0/15") == 23 * 60 + 15);
  CHECK(longest_min("*:0,40") == 40);
  CHECK(longest_min("*:*:*") == 0);
}

TEST_CASE("A wait that has begun counts, and so does one at the end of a month") {
  CHECK(longest_wait_ns(times_of("*-01..06-*"), kNow) == 185 * 24 * kHour_ns);
  for (std::int64_t days = 0; days < 400; ++days) {
    const Timestamp now{kNow.ns + days * 24 * kHour_ns};
    const auto longest_ns = longest_wait_ns(times_of("*-*-1..20 *:00"), now);
    REQUIRE(longest_ns);
    CHECK(*longest_ns >= (8 * 24 + 1) * kHour_ns);
    CHECK(*longest_ns <= (11 * 24 + 1) * kHour_ns);
  }
}

TEST_CASE("A target that would be missed at weekends is too short on all days") {
  const Times times = times_of("Mon..Fri *:00/15");
  for (std::int64_t hours = 0; hours < 24 * 7; ++hours) {
    const Timestamp now{kNow.ns + hours * kHour_ns};
    CHECK(fault_of(backed_up(times, 26 * kHour_ns), now));
    CHECK_FALSE(fault_of(backed_up(times, 49 * kHour_ns), now));
  }
}

TEST_CASE("What is backed up as it comes needs backups of everything, and files do not") {
  Schedule schedule;
  schedule.rpo_ns = kHour_ns;
  CHECK_FALSE(fault_of(schedule, kNow));
  schedule.mode = BackupMode::hot;
  CHECK(fault_of(schedule, kNow) == ScheduleFault{Kind::hot_of_never, "mode"});
  schedule.jobs.push_back({"backup", "", Interval{kHour_ns}});
  CHECK_FALSE(fault_of(schedule, kNow));
}

TEST_CASE("What nothing else would tell of is late when it should have ended well") {
  std::vector<Duty> duties;
  for (const char* job : {"backup", "verify", "drill", "tend", "prune", "packs"}) {
    duties.push_back({.job = job, .business = "desk", .times = times_of("daily")});
  }
  duties[0].rpo_ns = 5;
  duties.push_back({.job = "tend", .business = {}, .times = times_of("2020-01-01")});
  give_targets(duties, kNow);
  CHECK(duties[0].rpo_ns == 5);
  CHECK_FALSE(duties[1].rpo_ns);
  CHECK_FALSE(duties[2].rpo_ns);
  for (const std::size_t i : {3U, 4U, 5U}) CHECK(duties[i].rpo_ns == 26 * kHour_ns);
  CHECK_FALSE(duties[6].rpo_ns);
}

}  // namespace
}  // namespace holdfast::policy
