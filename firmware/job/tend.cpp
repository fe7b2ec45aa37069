// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/tend.h"

#include <algorithm>

#include "firmware/job/damaged_shards.h"
#include "firmware/vault/disk_watch_note.h"

namespace holdfast::job {

namespace {

class Tending {
 public:
  Tending(vault::Box& box, pool::Pool& pool, const TendRequest& request,
          std::vector<policy::WatchedDisk> before)
      : box_(box), pool_(pool), request_(request), before_(std::move(before)) {}

  [[nodiscard]] Result<void> look();
  [[nodiscard]] Result<void> scrub();
  [[nodiscard]] Result<void> heal();
  [[nodiscard]] TendSummary& summary() { return summary_; }

 private:
  [[nodiscard]] std::vector<policy::DiskSight> sights() const;
  [[nodiscard]] std::string path_of(const DiskId& disk) const;
  [[nodiscard]] std::size_t count_away() const;

  vault::Box& box_;
  pool::Pool& pool_;
  const TendRequest& request_;
  std::vector<policy::WatchedDisk> before_;
  TendSummary summary_;
};

std::vector<policy::DiskSight> Tending::sights() const {
  const auto disks = pool_.status();
  std::vector<policy::DiskSight> sights;
  for (const pool::Member& member : pool_.label().record.members) {
    if (member.state != pool::MemberState::member) continue;
    policy::DiskSight sight{.disk = member.disk};
    for (const pool::DiskStatus& disk : disks) {
      const bool is_here =
          disk.state == pool::DiskState::present || disk.state == pool::DiskState::failing;
      if (disk.id != member.disk || !is_here) continue;
      sight.is_here = true;
      sight.has_failed = disk.errors > 0;
    }
    sights.push_back(sight);
  }
  return sights;
}

std::string Tending::path_of(const DiskId& disk) const {
  const auto disks = pool_.status();
  const auto shown = std::ranges::find(disks, disk, &pool::DiskStatus::id);
  return shown == disks.end() || shown->path.empty() ? disk.hex() : shown->path;
}

// Of one call all looks are one: made again, with what was counted since, it takes the place of the
// one before.
Result<void> Tending::look() {
  const Timestamp now = box_.ports().clock.now();
  const auto watched = policy::watch(before_, sights(), now, request_.rules);
  summary_.disks.clear();
  summary_.given_up = 0;
  for (const policy::WatchedDisk& disk : watched) {
    summary_.disks.push_back({disk, path_of(disk.disk)});
    summary_.given_up += policy::is_given_up(disk, now, request_.rules) ? 1 : 0;
  }
  HF_TRY(const auto noted, vault::load_disk_watch(box_.ports().home));
  if (watched == noted) return {};
  return vault::store_disk_watch(box_.ports().home, watched);
}

Result<void> Tending::scrub() {
  ScrubRequest scrub;
  scrub.cycle_days = request_.cycle_days;
  scrub.stop = request_.stop;
  scrub.progress = request_.progress;
  HF_TRY(summary_.scrubbed, run_scrub(box_, scrub));
  if (summary_.scrubbed.ended) return *summary_.scrubbed.ended;
  return {};
}

std::size_t Tending::count_away() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      summary_.disks, [](const TendedDisk& disk) { return disk.watched.away_since.has_value(); }));
}

Result<void> Tending::heal() {
  ScrubRequest heal;
  heal.heal = true;
  heal.only_known = true;
  // Where one is given up nobody waits for others: they might take turns for ever.
  heal.waited_for = summary_.given_up > 0 ? 0 : count_away();
  heal.stop = request_.stop;
  heal.progress = request_.progress;
  HF_TRY(summary_.healed, run_scrub(box_, heal));
  if (summary_.healed->ended) return *summary_.healed->ended;
  return {};
}

}  // namespace

Result<void> note_strikes(vault::Box& box) {
  HF_TRY(pool::Pool * pool, box.pool());
  HF_TRY(auto disks, vault::load_disk_watch(box.ports().home));
  bool is_changed = false;
  for (const pool::Pool::PresentMember& member : pool->present_members()) {
    if (!member.has_failed) continue;
    auto known = std::ranges::find(disks, member.id, &policy::WatchedDisk::disk);
    if (known == disks.end()) known = disks.insert(known, {.disk = member.id});
    policy::strike(*known);
    is_changed = true;
  }
  return is_changed ? vault::store_disk_watch(box.ports().home, disks) : Result<void>();
}

bool TendSummary::is_not_mended() const {
  if (ended || scrubbed.problems.count > 0 || scrubbed.has_lost()) return true;
  return healed && healed->is_not_mended();
}

Result<TendSummary> run_tend(vault::Box& box, const TendRequest& request) {
  HF_TRY(pool::Pool * pool, box.pool());
  HF_TRY(auto before, vault::load_disk_watch(box.ports().home));
  Tending tending(box, *pool, request, std::move(before));
  HF_TRY(tending.look());
  auto done = tending.scrub();
  if (done) done = tending.heal();
  auto looked = tending.look();
  TendSummary& summary = tending.summary();
  for (auto* step : {&done, &looked}) {
    if (!*step && !summary.ended) summary.ended = std::move(step->error());
  }
  return std::move(summary);
}

}  // namespace holdfast::job
