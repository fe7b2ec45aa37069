// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/pool_outlook.h"

#include <algorithm>

namespace holdfast::status {

namespace {

constexpr double kNanosecondsOfDay = 86400e9;
constexpr double kNeverScrubbed_days = 365;
// A heal that wrote less than this part of a disk had other things to do for most of its time.
constexpr double kMeasuredShareMin = 0.25;

struct Stored {
  int disks = 0;       // that are there and work
  double largest = 0;  // bytes on the fullest
  double free = 0;     // bytes on all
};

Stored stored_on(const std::vector<pool::DiskStatus>& disks) {
  Stored stored;
  for (const pool::DiskStatus& disk : disks) {
    if (disk.state != pool::DiskState::present && disk.state != pool::DiskState::leaving) continue;
    stored.disks += 1;
    stored.free += static_cast<double>(disk.bytes_free);
    stored.largest = std::max(
        stored.largest,
        static_cast<double>(disk.bytes_total - std::min(disk.bytes_total, disk.bytes_free)));
  }
  return stored;
}

double days_since_scrub(const job::ScrubNote& note, Timestamp now) {
  if (!note.last) return kNeverScrubbed_days;
  return static_cast<double>(now.ns - note.last->ended->ns) / kNanosecondsOfDay;
}

}  // namespace

PoolOutlook outlook_of(const pool::LabelRecord& record, const std::vector<pool::DiskStatus>& disks,
                       std::uint64_t may_lose, const job::ScrubNote& note, Timestamp now,
                       double visit_days) {
  const Stored stored = stored_on(disks);
  policy::Layout layout;
  layout.disks = std::max(static_cast<int>(record.members.size()), stored.disks);
  layout.parity = record.m;
  layout.missing = std::max(record.m - static_cast<int>(std::min<std::uint64_t>(may_lose, 255)), 0);
  layout.disk_bytes = stored.largest;
  const int apart = std::max(layout.disks - record.k - record.m, 0);
  layout.healed = std::clamp(layout.disks - stored.disks - layout.missing, 0, apart);
  const int left = apart - layout.healed;
  const int room =
      stored.largest > 0
          ? static_cast<int>(std::min(stored.free / stored.largest, static_cast<double>(left)))
          : left;
  layout.spare = layout.healed + room;

  PoolOutlook outlook;
  outlook.spare = room;
  outlook.wear.new_disk_days = visit_days;
  outlook.wear.scrub_days = std::max(outlook.wear.scrub_days, days_since_scrub(note, now));
  const job::ScrubRound* newest = note.newest();
  const auto written = static_cast<double>(newest == nullptr ? 0 : newest->bytes_written);
  if (written > 0 && written >= kMeasuredShareMin * stored.largest && newest->work_ms > 0) {
    outlook.is_heal_measured = true;
    outlook.wear.heal_bytes_a_second = written * 1000 / static_cast<double>(newest->work_ms);
  }
  outlook.durability = policy::durability_of(layout, outlook.wear);
  return outlook;
}

}  // namespace holdfast::status
