// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/snapshot_plan.h"

#include <array>
#include <chrono>
#include <set>

namespace holdfast::policy {

namespace {

using Snapshots = std::span<const SnapshotFacts>;

constexpr WallTime kDay_ms = 86'400'000;

std::int64_t divide_down(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

// The number of the day, week, month or year, all of which rise with the time.
std::int64_t period_of(SnapshotReason reason, WallTime wall) {
  const std::int64_t day = divide_down(wall, kDay_ms);
  if (reason == SnapshotReason::daily) return day;
  // 1970-01-01 was a Thursday.
  if (reason == SnapshotReason::weekly) return divide_down(day + 3, 7);
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}}};
  const int year = static_cast<int>(date.year());
  if (reason == SnapshotReason::yearly) return year;
  return year * 12 + static_cast<int>(static_cast<unsigned>(date.month()));
}

// True of each snapshot that is the newest of one of the newest `count` periods.
std::vector<bool> newest_of(Snapshots snapshots, SnapshotReason reason, std::uint32_t count,
                            WallTime SnapshotFacts::* made) {
  std::vector<bool> kept(snapshots.size());
  std::set<std::int64_t> periods;
  for (std::size_t i = snapshots.size(); i-- > 0 && periods.size() < count;) {
    if (!snapshots[i].is_complete) continue;
    kept[i] = periods.insert(period_of(reason, snapshots[i].*made)).second;
  }
  return kept;
}

// The first rule that keeps each complete one.
std::vector<std::optional<SnapshotReason>> keep_by_rules(const SnapshotRetention& rules,
                                                         Snapshots snapshots) {
  std::vector<std::optional<SnapshotReason>> kept(snapshots.size());
  std::uint32_t left = rules.last;
  for (std::size_t i = snapshots.size(); i-- > 0 && left > 0;) {
    if (!snapshots[i].is_complete) continue;
    kept[i] = SnapshotReason::last;
    --left;
  }
  const std::array<std::pair<SnapshotReason, std::uint32_t>, 4> periods{
      {{SnapshotReason::daily, rules.daily},
       {SnapshotReason::weekly, rules.weekly},
       {SnapshotReason::monthly, rules.monthly},
       {SnapshotReason::yearly, rules.yearly}}};
  for (const auto& [reason, count] : periods) {
    for (const auto made : {&SnapshotFacts::made_by_clock, &SnapshotFacts::made_by_trust}) {
      const std::vector<bool> newest = newest_of(snapshots, reason, count, made);
      for (std::size_t i = 0; i < snapshots.size(); ++i) {
        if (newest[i] && !kept[i]) kept[i] = reason;
      }
    }
  }
  return kept;
}

std::uint64_t newest_that(Snapshots snapshots, bool SnapshotFacts::* is) {
  for (std::size_t i = snapshots.size(); i-- > 0;) {
    if (snapshots[i].*is) return snapshots[i].number;
  }
  return 0;
}

}  // namespace

// The order is that of HOLDFAST_SNAPSHOT_REASONS.
std::vector<SnapshotVerdict> plan_snapshots(const std::optional<SnapshotRetention>& rules,
                                            Snapshots snapshots, Timestamp now) {
  const std::uint64_t newest = newest_that(snapshots, &SnapshotFacts::is_complete);
  const std::uint64_t whole = newest_that(snapshots, &SnapshotFacts::is_of_whole_look);
  const auto kept = keep_by_rules(rules.value_or(SnapshotRetention()), snapshots);
  const auto decide = [&](const SnapshotFacts& snapshot,
                          std::optional<SnapshotReason> rule) -> SnapshotVerdict {
    if (snapshot.number >= newest || snapshot.number == whole) return {SnapshotReason::newest, {}};
    if (snapshot.hold) return {SnapshotReason::held, {}};
    if (snapshot.is_unreadable) return {SnapshotReason::unreadable, {}};
    if (snapshot.is_tagged) return {SnapshotReason::tagged, {}};
    if (!rules) return {SnapshotReason::no_rules, {}};
    const Timestamp unlocked = days_behind(snapshot.made, snapshot.lock_days);
    if (snapshot.lock_days > 0 && now < unlocked) return {SnapshotReason::locked, unlocked};
    if (rule) return {*rule, {}};
    if (!snapshot.is_complete) return {SnapshotReason::unfinished, {}};
    return {SnapshotReason::thinned, {}};
  };
  std::vector<SnapshotVerdict> verdicts;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    verdicts.push_back(decide(snapshots[i], kept[i]));
  }
  return verdicts;
}

}  // namespace holdfast::policy
