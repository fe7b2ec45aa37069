// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/tend.h"

#include <algorithm>
#include <functional>
#include <map>

#include "firmware/job/members.h"
#include "firmware/vault/disk_watch_note.h"

namespace holdfast::job {

namespace {

using Watched = std::vector<policy::WatchedDisk>;

// What this process has met: who failed gets a strike, who lied all of them, and whose reads were
// measured a mark, or none if the disks answered them.
void note_members(const pool::Pool& pool, Reads reads, Timestamp now,
                  const policy::WatchRules& rules, Watched& disks) {
  for (const pool::Pool::PresentMember& member : pool.present_members()) {
    const bool is_slow = member.is_slow.value_or(false);
    auto known = std::ranges::find(disks, member.id, &policy::WatchedDisk::disk);
    if (known == disks.end()) {
      if (!member.has_failed && !is_slow) continue;
      known = disks.insert(known, {.disk = member.id});
    }
    if (member.has_failed) policy::strike(*known, now);
    if (member.has_lied) policy::strike_out(*known, now, rules);
    const bool says_something = is_slow || (member.is_slow && reads == Reads::of_disks);
    if (says_something) policy::note_pace(*known, is_slow, now);
  }
}

// Whether it is read-only; nothing: it failed otherwise. One that is full takes writes again once
// it has room.
Result<std::optional<bool>> probe(pool::Pool& pool, const DiskId& disk) {
  HF_TRY(const pool::ProbedDisk probed, pool.probe(disk));
  const bool is_full = probed == pool::ProbedDisk::full;
  if (is_full || probed == pool::ProbedDisk::takes_writes) return std::optional(false);
  pool.report_error(disk);
  if (probed == pool::ProbedDisk::read_only) return std::optional(true);
  return std::optional<bool>();
}

Result<void> noted(Result<vault::Box::DiskWatch> watch) {
  if (!watch) return std::move(watch.error());
  return {};
}

// No pack lacks anything; or, with fewer disks than a pack has shards, nothing that can be written.
// A disk that is here and has failed is one all the same: what an error kept from being healed the
// next call may heal, in room that must be there then. What else went wrong, as copies on a disk
// that takes no writes, says nothing of packs.
bool is_all_healed(const pool::Pool& pool, const ScrubSummary& healed) {
  if (!healed.complete || healed.packs_waiting > 0 || pool.takers() == 0) return false;
  const bool lacks_nothing = healed.shards_unhealed + healed.shards_before == 0;
  const bool has_failed = pool.takers() < pool.homes();
  if (has_failed) return lacks_nothing && healed.lost_packs.empty();
  const pool::LabelRecord& record = pool.label().record;
  return lacks_nothing || pool.homes() < static_cast<std::size_t>(record.k + record.m);
}

// Those that may be noted as healed when all is. None while anybody writes: who began before a disk
// went, or saw it since, may have it in hand and write there still. Errors of the process.
Result<Watched> those_unwritten(vault::Box& box, Watched watched) {
  const auto may_be_noted = [](const policy::WatchedDisk& disk) {
    return policy::closed_since(disk) && !disk.healed;
  };
  if (std::ranges::none_of(watched, may_be_noted)) return watched;
  for (const vault::BusinessName& business : box.businesses()) {
    const auto is_written = box.is_written(business.id);
    if (!is_written && is_written.error().is_of_process()) return is_written.error();
    if (!is_written || *is_written) return Watched();
  }
  return watched;
}

class Tending {
 public:
  Tending(vault::Box& box, pool::Pool& pool, const TendRequest& request, const ports::Lock* lock)
      : box_(box), pool_(pool), request_(request), lock_(lock) {}

  [[nodiscard]] Result<void> look();
  [[nodiscard]] Result<void> scrub();
  [[nodiscard]] Result<void> heal();
  [[nodiscard]] Result<void> note();
  [[nodiscard]] TendSummary& summary() { return summary_; }

 private:
  [[nodiscard]] Result<void> probe_members();
  [[nodiscard]] std::vector<policy::DiskSight> sights() const;
  void tell(const Watched& disks);
  void set_aside(const vault::Box::DiskWatch& watch);
  [[nodiscard]] Result<bool> may_trim();
  [[nodiscard]] Result<std::vector<DiskId>> gone();
  [[nodiscard]] std::size_t count_waited_for() const;

  vault::Box& box_;
  pool::Pool& pool_;
  const TendRequest& request_;
  const ports::Lock* lock_;
  std::map<DiskId, std::optional<bool>> read_only_;  // of those that were probed
  Watched watched_;                                  // as the look has left the note
  Watched unwritten_;                                // of them, on whom nobody may write since
  TendSummary summary_;
};

// Where nobody may write, nothing is tried.
Result<void> Tending::probe_members() {
  if (!pool_.writable()) return {};
  for (const pool::Pool::PresentMember& member : pool_.present_members()) {
    HF_TRY(read_only_[member.id], probe(pool_, member.id));
  }
  return {};
}

std::vector<policy::DiskSight> Tending::sights() const {
  const auto disks = pool_.status();
  std::vector<policy::DiskSight> sights;
  for (const pool::Member& member : pool_.label().record.members) {
    if (member.state != pool::MemberState::member) continue;
    policy::DiskSight sight{.disk = member.disk};
    for (const pool::DiskStatus& disk : disks) {
      if (disk.id != member.disk || disk.state != pool::DiskState::present) continue;
      sight.is_here = true;
      sight.has_failed = disk.errors > 0;
    }
    const auto probed = read_only_.find(member.disk);
    if (probed != read_only_.end()) sight.is_read_only = probed->second;
    sights.push_back(sight);
  }
  return sights;
}

void Tending::tell(const Watched& watched) {
  const auto disks = pool_.status();
  const Timestamp now = box_.ports().clock.now();
  summary_.disks.clear();
  summary_.given_up = 0;
  for (const policy::WatchedDisk& disk : watched) {
    TendedDisk tended{disk, disk.disk.hex()};
    const auto shown = std::ranges::find(disks, disk.disk, &pool::DiskStatus::id);
    if (shown != disks.end() && !shown->path.empty()) tended.path = shown->path;
    tended.is_unreadable = std::ranges::any_of(disks, [&](const pool::DiskStatus& each) {
      return each.state == pool::DiskState::damaged && each.path == tended.path;
    });
    summary_.disks.push_back(std::move(tended));
    summary_.given_up += policy::is_given_up(disk, now, request_.rules) ? 1 : 0;
  }
}

Result<void> Tending::look() {
  const Timestamp now = box_.ports().clock.now();
  if (!request_.dry_run) HF_TRY(probe_members());
  const std::vector<policy::DiskSight> seen = sights();  // a disk may let wait, and the note not
  const auto look_at = [&](Watched& disks) {
    disks = policy::watch(disks, seen, now, request_.rules);
  };
  vault::Box::DiskWatch watch;
  if (request_.dry_run) {
    HF_TRY(watch.disks, vault::load_disk_watch(box_.ports().home));
    look_at(watch.disks);
    watch.is_noted = true;  // nothing is written that it would have to go before
  } else {
    HF_TRY(watch, box_.change_disk_watch(look_at));
  }
  tell(watch.disks);
  set_aside(watch);
  watched_ = std::move(watch.disks);
  if (request_.dry_run) return {};
  HF_TRY(unwritten_, those_unwritten(box_, watched_));
  return {};
}

// One that has been read-only for too long is as good as away, but that it is read from still. Who
// is back gets shards again once no note says otherwise.
void Tending::set_aside(const vault::Box::DiskWatch& watch) {
  const Timestamp now = box_.ports().clock.now();
  for (const policy::WatchedDisk& disk : watch.disks) {
    const bool is_given_up = policy::is_given_up(disk, now, request_.rules);
    if (is_given_up) pool_.set_apart(disk.disk);
    if (!is_given_up && !disk.healed && watch.is_noted) pool_.take_in(disk.disk);
  }
}

// Nothing goes while anything at all is not as it should be.
Result<bool> Tending::may_trim() {
  const auto is_in_order = [](const pool::DiskStatus& disk) {
    return disk.state == pool::DiskState::present || disk.state == pool::DiskState::retired ||
           disk.state == pool::DiskState::foreign;
  };
  const Timestamp now = box_.ports().clock.now();
  if (!policy::are_settled(watched_, now, request_.rules)) return false;
  if (!std::ranges::all_of(pool_.status(), is_in_order)) return false;
  auto is_safe = box_.check_safe();
  if (is_safe) is_safe = box_.check_members_newest();
  if (!is_safe && is_safe.error().is_of_process()) return std::move(is_safe.error());
  return is_safe.has_value();
}

Result<void> Tending::scrub() {
  if (request_.dry_run) return {};
  ScrubRequest scrub;
  scrub.cycle_days = request_.cycle_days;
  HF_TRY(scrub.trims, may_trim());
  scrub.stop = request_.stop;
  scrub.progress = request_.progress;
  HF_TRY(summary_.scrubbed, run_scrub(box_, scrub, lock_));
  if (summary_.scrubbed->ended) return *summary_.scrubbed->ended;
  return {};
}

std::size_t Tending::count_waited_for() const {
  const Timestamp now = box_.ports().clock.now();
  if (policy::is_waiting_over(watched_, now, request_.rules)) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(watched_, [&](const policy::WatchedDisk& disk) {
        return disk.away_since && !policy::is_given_up(disk, now, request_.rules);
      }));
}

Result<void> Tending::heal() {
  ScrubRequest heal;
  heal.heal = true;
  heal.only_known = true;
  heal.waited_for = count_waited_for();
  heal.dry_run = request_.dry_run;
  heal.stop = request_.stop;
  heal.progress = request_.progress;
  HF_TRY(summary_.healed, run_scrub(box_, heal, lock_));
  if (summary_.healed->ended) return *summary_.healed->ended;
  return {};
}

// Of which nothing counts but what lies on others: away still, or read-only still.
Result<std::vector<DiskId>> Tending::gone() {
  std::vector<DiskId> gone = pool_.plain_members_away();
  for (const pool::Pool::PresentMember& member : pool_.present_members()) {
    if (std::ranges::find(gone, member.id) == gone.end()) continue;
    HF_TRY(const auto is_read_only, probe(pool_, member.id));
    if (is_read_only == false) std::erase(gone, member.id);
  }
  return gone;
}

// What failed since the first look, and how fast the disks gave what was read.
Result<void> Tending::note() {
  if (request_.dry_run) return {};
  const Timestamp now = box_.ports().clock.now();
  std::vector<DiskId> healed;
  if (summary_.healed && is_all_healed(pool_, *summary_.healed)) {
    HF_TRY(healed, gone());
  }
  HF_TRY(const auto watch, box_.change_disk_watch([&](Watched& each) {
    note_members(pool_, Reads::of_disks, now, request_.rules, each);
    policy::note_healed(each, unwritten_, healed, now);
  }));
  tell(watch.disks);
  return {};
}

// The pool is opened anew by it. While a backup runs the next call does it.
Result<void> settle(vault::Box& box, const TendRequest& request, TendSummary& summary) {
  auto left = settle_leaving(box, *summary.healed, request.stop);
  if (left) summary.left = std::move(*left);
  if (left || left.error().code == ErrorCode::locked) return {};
  return std::move(left.error());
}

}  // namespace

Result<void> note_disks(vault::Box& box, Reads reads) {
  HF_TRY(pool::Pool * pool, box.pool());
  const bool knows_something = std::ranges::any_of(
      pool->present_members(),
      [](const pool::Pool::PresentMember& member) { return member.has_failed || member.is_slow; });
  if (!knows_something) return {};
  const Timestamp now = box.ports().clock.now();
  return noted(
      box.change_disk_watch([&](Watched& each) { note_members(*pool, reads, now, {}, each); }));
}

Result<Watched> note_away(vault::Box& box) {
  HF_TRY(box.take_in_disks(vault::Box::Writer::heal));
  HF_TRY(const pool::Pool* pool, box.pool());
  std::vector<DiskId> away = pool->plain_members_away();
  for (const auto& member : pool->present_members()) std::erase(away, member.id);
  const Timestamp now = box.ports().clock.now();
  HF_TRY(auto watch,
         box.change_disk_watch([&](Watched& each) { policy::note_away(each, away, now); }));
  return those_unwritten(box, std::move(watch.disks));
}

Result<void> note_healed(vault::Box& box, const ScrubSummary& healed, const Watched& before) {
  HF_TRY(const pool::Pool* pool, box.pool());
  if (!is_all_healed(*pool, healed)) return {};
  const Timestamp now = box.ports().clock.now();
  return noted(box.change_disk_watch(
      [&](Watched& each) { policy::note_healed(each, before, pool->plain_members_away(), now); }));
}

bool TendSummary::has_lost() const {
  const auto lost = [](const std::optional<ScrubSummary>& half) {
    return half && half->lost.count + half->copies.lost.size() > 0;
  };
  return lost(scrubbed) || lost(healed);
}

bool TendSummary::is_not_mended() const {
  if (ended || has_lost()) return true;
  if (scrubbed && (scrubbed->problems.count > 0 || scrubbed->has_lost())) return true;
  return healed && healed->is_not_mended();
}

Result<TendSummary> run_tend(vault::Box& box, const TendRequest& request) {
  HF_TRY(pool::Pool * pool, box.pool());
  std::unique_ptr<ports::Lock> lock;
  if (!request.dry_run) {
    HF_TRY(lock, box.lock(kScrubLock));
  }
  Tending tending(box, *pool, request, lock.get());
  HF_TRY(tending.look());
  auto done = tending.scrub();
  if (done) done = tending.heal();
  auto noted = tending.note();
  TendSummary& summary = tending.summary();
  if (done && !request.dry_run) done = settle(box, request, summary);
  for (auto* step : {&done, &noted}) {
    if (!*step && !summary.ended) summary.ended = std::move(step->error());
  }
  return std::move(summary);
}

}  // namespace holdfast::job
