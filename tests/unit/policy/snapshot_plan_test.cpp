// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/snapshot_plan.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <random>
#include <set>

namespace holdfast::policy {
namespace {

constexpr std::int64_t kHour_ms = 3'600'000;
constexpr std::int64_t kDay_ms = 24 * kHour_ms;
constexpr std::int64_t kMs_ns = 1'000'000;

SnapshotFacts made_at(std::uint64_t number, WallTime wall) {
  SnapshotFacts snapshot;
  snapshot.number = number;
  snapshot.made = Timestamp{wall * kMs_ns};
  snapshot.made_by_clock = snapshot.made_by_trust = wall;
  snapshot.is_complete = true;
  return snapshot;
}

// Each hour of so many days from 2026-01-01 (a Thursday), by right clocks.
std::vector<SnapshotFacts> hourly(int days) {
  constexpr WallTime kFirst = 1'767'225'600'000;
  std::vector<SnapshotFacts> all;
  for (int hour = 0; hour < days * 24; ++hour) {
    all.push_back(made_at(static_cast<std::uint64_t>(hour) + 1, kFirst + hour * kHour_ms));
  }
  return all;
}

std::map<SnapshotReason, int> count(const std::vector<SnapshotVerdict>& verdicts) {
  std::map<SnapshotReason, int> counts;
  for (const SnapshotVerdict& verdict : verdicts) ++counts[verdict.reason];
  return counts;
}

SnapshotReason reason_of_first(const std::optional<SnapshotRetention>& rules,
                               const SnapshotFacts& first, Timestamp now) {
  SnapshotFacts second = made_at(first.number + 1, first.made_by_clock);
  return plan_snapshots(rules, std::vector{first, second}, now).front().reason;
}

}  // namespace

TEST_CASE("the newest of days, weeks, months and years stay") {
  const std::vector<SnapshotFacts> all = hourly(800);
  SnapshotRetention rules;
  rules.last = 3;
  rules.daily = 7;
  rules.weekly = 5;
  rules.monthly = 12;
  rules.yearly = 3;
  const auto verdicts = plan_snapshots(rules, all, all.back().made);
  auto counts = count(verdicts);
  CHECK(counts[SnapshotReason::newest] == 1);
  CHECK(counts[SnapshotReason::last] == 2);
  CHECK(counts[SnapshotReason::daily] == 6);
  CHECK(counts[SnapshotReason::yearly] == 1);  // the others are monthly too
  // Each is the last hour of its day; each weekly one a Sunday's.
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const SnapshotReason reason = verdicts[i].reason;
    if (reason < SnapshotReason::daily || goes(reason)) continue;
    CHECK(i % 24 == 23);
    if (reason == SnapshotReason::weekly) CHECK((i / 24) % 7 == 3);
  }
}

TEST_CASE("what is not thinned has its reason, in the order of the table") {
  const SnapshotRetention none;
  const Timestamp now{1000 * kDay_ms * kMs_ns};
  SnapshotFacts first = made_at(1, 100 * kDay_ms);
  CHECK(reason_of_first(none, first, now) == SnapshotReason::thinned);
  CHECK(reason_of_first({}, first, now) == SnapshotReason::no_rules);
  first.is_complete = false;
  CHECK(reason_of_first(none, first, now) == SnapshotReason::unfinished);
  first.lock_days = 901;
  CHECK(reason_of_first(none, first, now) == SnapshotReason::locked);
  first.lock_days = 900;
  CHECK(reason_of_first(none, first, now) == SnapshotReason::unfinished);
  first.is_tagged = true;
  CHECK(reason_of_first(none, first, now) == SnapshotReason::tagged);
  first.is_unreadable = true;
  CHECK(reason_of_first(none, first, now) == SnapshotReason::unreadable);
  first.hold = 5;
  CHECK(reason_of_first(none, first, now) == SnapshotReason::held);
}

TEST_CASE("until a backup was complete none goes, and those behind the last complete one stay") {
  const SnapshotRetention none;
  std::vector<SnapshotFacts> all = hourly(1);
  for (SnapshotFacts& each : all) each.is_complete = false;
  CHECK(count(plan_snapshots(none, all, all.back().made))[SnapshotReason::newest] == 24);
  all[20].is_complete = true;
  auto counts = count(plan_snapshots(none, all, all.back().made));
  CHECK(counts[SnapshotReason::newest] == 4);
  CHECK(counts[SnapshotReason::unfinished] == 20);
}

TEST_CASE("the newest of a look at everything stays behind those of some paths") {
  std::vector<SnapshotFacts> all = hourly(1);
  for (const std::size_t whole : {2U, 5U}) all[whole].is_of_whole_look = true;
  const auto verdicts = plan_snapshots(SnapshotRetention(), all, all.back().made);
  CHECK(verdicts[2].reason == SnapshotReason::thinned);
  CHECK(verdicts[5].reason == SnapshotReason::newest);
  CHECK(verdicts[6].reason == SnapshotReason::thinned);
  CHECK(verdicts.back().reason == SnapshotReason::newest);
}

TEST_CASE("a clock that is set to another day at each backup costs no day that was there") {
  SnapshotRetention rules;
  rules.daily = 7;
  std::vector<SnapshotFacts> all = hourly(20);
  const auto right = plan_snapshots(rules, all, all.back().made);
  std::mt19937 random(3);
  for (SnapshotFacts& each : all) {
    if (each.number % 24 > 12) each.made_by_clock = static_cast<WallTime>(random()) * 10'000;
  }
  const auto wrong = plan_snapshots(rules, all, all.back().made);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!goes(right[i].reason)) CHECK_FALSE(goes(wrong[i].reason));
  }
}

TEST_CASE("a site without power at night keeps its days by its own clock") {
  SnapshotRetention rules;
  rules.daily = 7;
  std::vector<SnapshotFacts> all = hourly(20);
  // Trusted time goes on by an hour a day.
  for (SnapshotFacts& each : all) each.made_by_trust /= 24;
  const auto verdicts = plan_snapshots(rules, all, all.back().made);
  for (std::size_t ago = 0; ago < 7; ++ago) {
    CHECK_FALSE(goes(verdicts[verdicts.size() - 1 - ago * 24].reason));
  }
}

namespace {

using Days = std::chrono::sys_days;

// The name of a period, written out.
std::string period_name(char kind, WallTime wall) {
  const auto day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(wall)));
  const std::chrono::year_month_day date{day};
  std::string year = std::to_string(static_cast<int>(date.year()));
  if (kind == 'y') return year;
  std::string month = year + "-" + std::to_string(static_cast<unsigned>(date.month()));
  if (kind == 'm') return month;
  // Of a week: its Monday.
  const auto back = std::chrono::weekday{day} - std::chrono::Monday;
  return std::to_string((kind == 'w' ? day - back : day).time_since_epoch().count());
}

// Kept if it is the newest of its period, and fewer than `count` periods have a newer snapshot.
bool is_kept(const std::vector<SnapshotFacts>& all, std::size_t at, char kind, unsigned count,
             WallTime SnapshotFacts::* made) {
  const std::string mine = period_name(kind, all[at].*made);
  std::set<std::string> newer;
  for (std::size_t i = at + 1; i < all.size(); ++i) {
    if (all[i].is_complete) newer.insert(period_name(kind, all[i].*made));
  }
  return all[at].is_complete && newer.count(mine) == 0 && newer.size() < count;
}

bool naive_stays(const SnapshotRetention& rules, const std::vector<SnapshotFacts>& all,
                 std::size_t at, Timestamp now) {
  const SnapshotFacts& snapshot = all[at];
  unsigned complete_behind = 0;
  for (std::size_t i = at + 1; i < all.size(); ++i) complete_behind += all[i].is_complete ? 1 : 0;
  if (complete_behind == 0) return true;
  if (snapshot.hold || snapshot.is_unreadable || snapshot.is_tagged) return true;
  if (now.ns - snapshot.made.ns < snapshot.lock_days * kDay_ms * kMs_ns) return true;
  if (snapshot.is_complete && complete_behind < rules.last) return true;
  for (const auto made : {&SnapshotFacts::made_by_clock, &SnapshotFacts::made_by_trust}) {
    if (is_kept(all, at, 'd', rules.daily, made) || is_kept(all, at, 'w', rules.weekly, made) ||
        is_kept(all, at, 'm', rules.monthly, made) || is_kept(all, at, 'y', rules.yearly, made)) {
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("in random worlds the snapshots that stay are those of a naive plan") {
  std::mt19937 random(5);
  const auto below = [&](unsigned end) { return static_cast<unsigned>(random() % end); };
  std::set<SnapshotReason> seen;
  for (int world = 0; world < 600; ++world) {
    SnapshotRetention rules{below(3), below(4), below(4), below(4), below(3), {}, "UTC"};
    std::vector<SnapshotFacts> all;
    WallTime wall = -40 * kDay_ms;  // from before 1970
    for (std::uint64_t number = 1; number <= 25; ++number) {
      wall += static_cast<WallTime>(below(20) + 1) * kDay_ms / (1 + below(60));
      SnapshotFacts each = made_at(number, wall);
      if (below(5) == 0) each.made_by_clock += (static_cast<WallTime>(below(100)) - 50) * kDay_ms;
      each.is_complete = below(6) > 0;
      each.is_tagged = below(20) == 0;
      each.is_unreadable = below(20) == 0;
      if (below(20) == 0) each.hold = 1;
      if (below(3) == 0) each.lock_days = below(60);
      all.push_back(each);
    }
    const Timestamp now = all.back().made;
    const auto verdicts = plan_snapshots(rules, all, now);
    REQUIRE(verdicts.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      INFO("world " << world << ", snapshot " << i << ": " << name_of(verdicts[i].reason));
      REQUIRE(goes(verdicts[i].reason) != naive_stays(rules, all, i, now));
      seen.insert(verdicts[i].reason);
    }
  }
  CHECK(seen.size() == 12);
}

}  // namespace holdfast::policy
