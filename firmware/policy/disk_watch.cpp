// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/disk_watch.h"

#include <algorithm>
#include <cstdlib>

namespace holdfast::policy {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;
constexpr int kWaitingTimes = 3;            // of what one disk may be away
constexpr std::uint32_t kDoublingsMax = 5;  // three days are a fourth of a year by then

// A clock that was set back knows nothing of what it said before, nor does any of a time before
// there were such boxes.
Timestamp begun(const std::optional<Timestamp>& since, Timestamp now) {
  return since && since->ns >= 0 && *since <= now ? *since : now;
}

// 0 if it is not closed.
std::int64_t closed_ns(const WatchedDisk& disk, Timestamp now) {
  const auto since = closed_since(disk);
  return since ? now.ns - begun(since, now).ns : 0;
}

void note_good_look(WatchedDisk& disk, Timestamp now, const WatchRules& rules) {
  if (disk.strikes == 0) return;
  disk.clean_since = begun(disk.clean_since, now);
  disk.clean_looks += 1;
  const bool is_well =
      disk.clean_looks >= rules.clean_looks && now.ns - disk.clean_since->ns >= rules.clean_ns;
  if (!is_well) return;
  disk.strikes = 0;
  disk.struck.reset();
  disk.clean_looks = 0;
  disk.clean_since.reset();
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
    if (sight.is_read_only == true) disk.read_only = begun(disk.read_only, now);
    if (sight.is_read_only == false) disk.read_only.reset();
    disk.away_since = sight.is_here ? std::nullopt : std::optional(begun(disk.away_since, now));
    const bool is_open = !closed_since(disk);
    if (is_open) disk.healed.reset();
    if (is_open) disk.visits = 0;
    if (is_open && disk.given_up) disk.returns += 1;
    if (is_open) disk.given_up.reset();
    if (!disk.given_up && is_given_up(disk, now, rules)) disk.given_up = now;
    const bool is_well = is_open && !sight.has_failed;
    disk.well_since = is_well ? std::optional(begun(disk.well_since, now)) : std::nullopt;
    after.push_back(disk);
  }
  return after;
}

void strike(WatchedDisk& disk, Timestamp now) {
  disk.clean_looks = 0;
  disk.clean_since.reset();
  disk.well_since.reset();
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

bool note_here(std::vector<WatchedDisk>& disks, std::span<const DiskId> here,
               std::span<const DiskId> writable) {
  const auto is_among = [](std::span<const DiskId> ids, const DiskId& id) {
    return std::ranges::find(ids, id) != ids.end();
  };
  bool is_changed = false;
  for (WatchedDisk& disk : disks) {
    if (!is_among(here, disk.disk)) continue;
    if (!closed_since(disk) || (disk.read_only && !is_among(writable, disk.disk))) continue;
    disk.visits += 1;
    disk.healed.reset();
    is_changed = true;
  }
  return is_changed;
}

void note_away(std::vector<WatchedDisk>& disks, std::span<const DiskId> away, Timestamp now) {
  for (const DiskId& id : away) {
    auto known = std::ranges::find(disks, id, &WatchedDisk::disk);
    if (known == disks.end()) known = disks.insert(known, {.disk = id});
    known->away_since = begun(known->away_since, now);
    known->well_since.reset();
  }
}

void note_healed(std::vector<WatchedDisk>& disks, std::span<const WatchedDisk> before,
                 std::span<const DiskId> gone, Timestamp now) {
  for (const DiskId& id : gone) {
    const auto known = std::ranges::find(disks, id, &WatchedDisk::disk);
    const auto was = std::ranges::find(before, id, &WatchedDisk::disk);
    if (known == disks.end() || was == before.end()) continue;
    const bool is_as_it_was = known->away_since == was->away_since &&
                              known->read_only == was->read_only && known->visits == was->visits;
    if (is_as_it_was && closed_since(*known) && !known->healed) known->healed = now;
  }
}

std::optional<Timestamp> closed_since(const WatchedDisk& disk) {
  if (!disk.away_since || !disk.read_only) {
    return disk.away_since ? disk.away_since : disk.read_only;
  }
  return std::min(*disk.away_since, *disk.read_only);
}

bool is_given_up(const WatchedDisk& disk, Timestamp now, const WatchRules& rules) {
  return closed_since(disk) && closed_ns(disk, now) >= rules.away_max_ns;
}

bool is_waiting_over(std::span<const WatchedDisk> disks, Timestamp now, const WatchRules& rules) {
  return std::ranges::any_of(disks, [&](const WatchedDisk& disk) {
    return closed_since(disk) && closed_ns(disk, now) / kWaitingTimes >= rules.away_max_ns;
  });
}

bool is_struck_lately(const WatchedDisk& disk, Timestamp now) {
  if (disk.strikes == 0 || !disk.struck || disk.struck->ns < 0 || now.ns < 0) return false;
  return std::abs(now.ns - disk.struck->ns) < kDay_ns;
}

bool is_failing(const WatchedDisk& disk, const WatchRules& rules) {
  return disk.strikes >= rules.strikes_max;
}

bool are_settled(std::span<const WatchedDisk> disks, Timestamp now, const WatchRules& rules) {
  std::uint32_t returns = 1;
  for (const WatchedDisk& disk : disks) returns = std::max(returns, disk.returns);
  const std::int64_t due_ns = rules.clean_ns << std::min(returns - 1, kDoublingsMax);
  return std::ranges::all_of(disks, [&](const WatchedDisk& disk) {
    return disk.strikes == 0 && disk.well_since && !closed_since(disk) &&
           now.ns - begun(disk.well_since, now).ns >= due_ns;
  });
}

}  // namespace holdfast::policy
