// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/disk_watch.h"

#include <algorithm>
#include <cstdlib>

namespace holdfast::policy {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;
constexpr int kWaitingTimes = 3;  // of what one disk may be away

// A clock that was set back knows nothing of what it said before, nor does any of a time before
// there were such boxes.
Timestamp begun(const std::optional<Timestamp>& since, Timestamp now) {
  return since && since->ns >= 0 && *since <= now ? *since : now;
}

// 0 if it is not away.
std::int64_t away_ns(const WatchedDisk& disk, Timestamp now) {
  return disk.away_since ? now.ns - begun(disk.away_since, now).ns : 0;
}

void note_good_look(WatchedDisk& disk, Timestamp now, const WatchRules& rules) {
  if (disk.strikes == 0) return;
  disk.clean_since = begun(disk.clean_since, now);
  disk.clean_looks += 1;
  const bool is_well =
      disk.clean_looks >= rules.clean_looks && now.ns - disk.clean_since->ns >= rules.clean_ns;
  if (is_well) disk = {.disk = disk.disk, .slow = disk.slow, .read_only = disk.read_only};
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
      strike(disk, now);
    } else if (sight.is_here) {
      note_good_look(disk, now, rules);
    }
    if (sight.is_here) {
      disk.away_since.reset();
      disk.healed.reset();
    } else {
      disk.away_since = begun(disk.away_since, now);
    }
    if (sight.is_read_only)
      disk.read_only = *sight.is_read_only ? std::optional(now) : std::nullopt;
    after.push_back(disk);
  }
  return after;
}

void strike(WatchedDisk& disk, Timestamp now) {
  disk.clean_looks = 0;
  disk.clean_since.reset();
  const bool is_first = !disk.struck;
  disk.struck = begun(disk.struck, now);
  if (!is_first && now.ns - disk.struck->ns < kDay_ns) return;
  disk.strikes += 1;
  disk.struck = now;
}

void strike_out(WatchedDisk& disk, Timestamp now, const WatchRules& rules) {
  strike(disk, now);
  disk.strikes = std::max(disk.strikes, rules.strikes_max);
}

void note_pace(WatchedDisk& disk, bool is_slow, Timestamp now) {
  disk.slow.reset();
  if (is_slow) disk.slow = now;
}

void note_healed(std::vector<WatchedDisk>& disks, std::span<const DiskId> away, Timestamp now) {
  for (const DiskId& id : away) {
    auto known = std::ranges::find(disks, id, &WatchedDisk::disk);
    if (known == disks.end()) known = disks.insert(known, {.disk = id});
    known->away_since = begun(known->away_since, now);
    if (!known->healed) known->healed = now;
  }
}

bool is_given_up(const WatchedDisk& disk, Timestamp now, const WatchRules& rules) {
  return disk.away_since && away_ns(disk, now) >= rules.away_max_ns;
}

bool is_waiting_over(std::span<const WatchedDisk> disks, Timestamp now, const WatchRules& rules) {
  return std::ranges::any_of(disks, [&](const WatchedDisk& disk) {
    return disk.away_since && away_ns(disk, now) / kWaitingTimes >= rules.away_max_ns;
  });
}

bool is_struck_lately(const WatchedDisk& disk, Timestamp now) {
  if (disk.strikes == 0 || !disk.struck || disk.struck->ns < 0 || now.ns < 0) return false;
  return std::abs(now.ns - disk.struck->ns) < kDay_ns;
}

bool is_failing(const WatchedDisk& disk, const WatchRules& rules) {
  return disk.strikes >= rules.strikes_max;
}

}  // namespace holdfast::policy
