// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/tend.h"

#include <algorithm>
#include <functional>
#include <map>

#include "firmware/job/members.h"
#include "firmware/job/strays.h"
#include "firmware/vault/disk_watch_note.h"

namespace holdfast::job {

namespace {

constexpr const char* kNoteLock = "disks";

using Watched = std::vector<policy::WatchedDisk>;

// Of no weight: where somebody else is just writing it, the next call notes what there is.
Result<Watched> change_note(vault::Box& box, const std::function<void(Watched&)>& change) {
  ports::Disk& home = box.ports().home;
  const auto lock = box.lock(kNoteLock);
  if (!lock && lock.error().code != ErrorCode::locked) return lock.error();
  HF_TRY(Watched disks, vault::load_disk_watch(home));
  const Watched before = disks;
  change(disks);
  if (lock && disks != before) HF_TRY(vault::store_disk_watch(home, disks));
  return disks;
}

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
    known->healed.reset();  // it is here: what is written from now on may lie there again
    const bool says_something = is_slow || (member.is_slow && reads == Reads::of_disks);
    if (says_something) policy::note_pace(*known, is_slow, now);
  }
}

// Whether the disk takes what is written; nothing: it failed otherwise, or is full. A system that
// makes a file system read-only after an error need not say so (ext4 of Linux 6.16 does not): that
// shows when something is written. Errors of the process.
Result<std::optional<bool>> probe(pool::Pool& pool, const pool::Pool::PresentMember& member) {
  const std::string text = member.id.hex() + "\n";
  const auto done = ports::store(*member.disk, kProbePath, view_of(text));
  if (done) return std::optional(false);
  if (done.error().is_of_process()) return done.error();
  if (done.error().code == ErrorCode::no_space) return std::optional<bool>();
  pool.report_error(member.id);
  if (done.error().code == ErrorCode::read_only) return std::optional(true);
  return std::optional<bool>();
}

// No pack lacks anything; or, with fewer disks than a pack has shards, nothing that can be written.
bool is_all_healed(const pool::Pool& pool, const ScrubSummary& healed) {
  if (!healed.complete || healed.packs_waiting + healed.problems.count > 0) return false;
  const pool::LabelRecord& record = pool.label().record;
  return healed.shards_unhealed + healed.shards_before == 0 ||
         pool.write_geometry() != erasure::Geometry{record.k, record.m};
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
  [[nodiscard]] std::size_t count_waited_for() const;

  vault::Box& box_;
  pool::Pool& pool_;
  const TendRequest& request_;
  const ports::Lock* lock_;
  std::map<DiskId, std::optional<bool>> read_only_;  // of those that were probed
  TendSummary summary_;
};

// Where nobody may write, nothing is tried.
Result<void> Tending::probe_members() {
  if (!pool_.writable()) return {};
  for (const pool::Pool::PresentMember& member : pool_.present_members()) {
    HF_TRY(read_only_[member.id], probe(pool_, member));
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
  const auto look_at = [&](Watched& disks) {
    disks = policy::watch(disks, sights(), now, request_.rules);
  };
  if (request_.dry_run) {
    HF_TRY(Watched disks, vault::load_disk_watch(box_.ports().home));
    look_at(disks);
    tell(disks);
    return {};
  }
  HF_TRY(probe_members());
  HF_TRY(const Watched disks, change_note(box_, look_at));
  tell(disks);
  return {};
}

Result<void> Tending::scrub() {
  if (request_.dry_run) return {};
  ScrubRequest scrub;
  scrub.cycle_days = request_.cycle_days;
  scrub.stop = request_.stop;
  scrub.progress = request_.progress;
  HF_TRY(summary_.scrubbed, run_scrub(box_, scrub, lock_));
  if (summary_.scrubbed->ended) return *summary_.scrubbed->ended;
  return {};
}

std::size_t Tending::count_waited_for() const {
  Watched disks;
  for (const TendedDisk& disk : summary_.disks) disks.push_back(disk.watched);
  if (policy::is_waiting_over(disks, box_.ports().clock.now(), request_.rules)) return 0;
  const auto away = static_cast<std::size_t>(std::ranges::count_if(
      disks, [](const policy::WatchedDisk& disk) { return disk.away_since.has_value(); }));
  return away - summary_.given_up;
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

// What failed since the first look, and how fast the disks gave what was read.
Result<void> Tending::note() {
  if (request_.dry_run) return {};
  const Timestamp now = box_.ports().clock.now();
  HF_TRY(const Watched disks, change_note(box_, [&](Watched& each) {
           note_members(pool_, Reads::of_disks, now, request_.rules, each);
           const bool is_healed = summary_.healed && is_all_healed(pool_, *summary_.healed);
           if (is_healed) policy::note_healed(each, pool_.plain_members_away(), now);
         }));
  tell(disks);
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
  HF_TRY(const Watched noted, vault::load_disk_watch(box.ports().home));
  const bool knows_something =
      std::ranges::any_of(pool->present_members(), [&](const pool::Pool::PresentMember& member) {
        const auto known = std::ranges::find(noted, member.id, &policy::WatchedDisk::disk);
        const bool is_back = known != noted.end() && known->healed;
        return member.has_failed || member.is_slow || is_back;
      });
  if (!knows_something) return {};
  const Timestamp now = box.ports().clock.now();
  HF_TRY(const Watched disks,
         change_note(box, [&](Watched& each) { note_members(*pool, reads, now, {}, each); }));
  static_cast<void>(disks);
  return {};
}

Result<void> note_healed(vault::Box& box, const ScrubSummary& healed) {
  HF_TRY(const pool::Pool* pool, box.pool());
  if (!is_all_healed(*pool, healed)) return {};
  const Timestamp now = box.ports().clock.now();
  HF_TRY(const Watched disks, change_note(box, [&](Watched& each) {
           policy::note_healed(each, pool->plain_members_away(), now);
         }));
  static_cast<void>(disks);
  return {};
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
