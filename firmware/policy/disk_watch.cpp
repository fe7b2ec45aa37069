// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/disk_watch.h"

#include <algorithm>

namespace holdfast::policy {

namespace {

// What is not before `now`: a clock that was set back knows nothing of what it said before.
Timestamp begun(const std::optional<Timestamp>& since, Timestamp now) {
  return since && *since <= now ? *since : now;
}

void note_good_look(WatchedDisk& disk, Timestamp now, const WatchRules& rules) {
  if (disk.strikes == 0) return;
  disk.clean_since = begun(disk.clean_since, now);
  disk.clean_looks += 1;
  const bool is_well =
      disk.clean_looks >= rules.clean_looks && now.ns - disk.clean_since->ns >= rules.clean_ns;
  if (is_well) disk = {.disk = disk.disk};
}

}  // namespace

std::vector<WatchedDisk> watch(std::span<const WatchedDisk> before,
                               std::span<const DiskSight> sights, Timestamp now,
                               const WatchRules& rules) {
  std::vector<WatchedDisk> after;
  for (const DiskSight& sight : sights) {
    const auto known = std::ranges::find(before, sight.disk, &WatchedDisk::disk);
    WatchedDisk disk = known == before.end() ? WatchedDisk{.disk = sight.disk} : *known;
    if (sight.has_failed) {
      strike(disk);
    } else if (sight.is_here) {
      note_good_look(disk, now, rules);
    }
    if (sight.is_here) {
      disk.away_since.reset();
    } else {
      disk.away_since = begun(disk.away_since, now);
    }
    after.push_back(disk);
  }
  return after;
}

void strike(WatchedDisk& disk) {
  disk.strikes += 1;
  disk.clean_looks = 0;
  disk.clean_since.reset();
}

bool is_given_up(const WatchedDisk& disk, Timestamp now, const WatchRules& rules) {
  return disk.away_since && now.ns - disk.away_since->ns >= rules.away_max_ns;
}

bool is_failing(const WatchedDisk& disk, const WatchRules& rules) {
  return disk.strikes >= rules.strikes_max;
}

}  // namespace holdfast::policy
