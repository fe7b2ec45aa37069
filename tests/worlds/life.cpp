// SPDX-License-Identifier: Apache-2.0
#include "tests/worlds/life.h"

#include <algorithm>
#include <array>

#include "tests/worlds/checks.h"
#include "tests/worlds/trouble.h"

namespace holdfast::worlds {

namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
constexpr std::size_t kFilesMax = 30;
constexpr std::size_t kPositionsMax = 8;
// Rounds of an operator who does what the box asks for, until all is well.
constexpr int kRoundsMax = 8;

template <class Answer>
std::string words(const Answer& answer) {
  return answer ? "done" : debug_text(answer.error());
}

}  // namespace

Life::Life(std::uint64_t seed)
    : generator_(seed),
      site_{generator_.next(), !once_in(8)},  // in this order, whoever compiles it
      hurt_max_(once_in(4) ? Site::kBears + 1 : Site::kBears),
      prunes_(once_in(2)) {}

void Life::tell(const std::string& line) {
  story_.push_back("day " + std::to_string(day_) + ": " + line);
}

void Life::later(std::uint64_t days, std::function<void()> end) {
  later_.push_back({day_ + days, std::move(end)});
}

void Life::end_troubles(bool all) {
  std::vector<Later> left;
  for (Later& each : std::exchange(later_, {})) {
    if (all || each.day <= day_) {
      each.end();
    } else {
      left.push_back(std::move(each));
    }
  }
  later_.insert(later_.end(), std::make_move_iterator(left.begin()),
                std::make_move_iterator(left.end()));
}

template <class Job>
auto Life::work(const std::string& name, Job job, bool in_danger) -> decltype(job()) {
  if (in_danger && once_in(6)) {
    const std::uint64_t within = std::array<std::uint64_t, 3>{10, 40, 400}[generator_.below(3)];
    site_.world.cut_at_change(site_.world.changes() + 1 + generator_.below(within));
  }
  auto answer = job();
  tell(name + ": " + words(answer));
  if (site_.world.is_cut()) {
    const auto policy = static_cast<sim::CrashPolicy>(generator_.below(3));
    tell("the power was gone, and is back");
    mark(name + ": power_cut");
    site_.world.crash({policy, generator_.next()});
  } else {
    site_.world.crash({sim::CrashPolicy::keep_all, 0});  // what was planned never came
    mark(name + ": " + std::string(answer ? "done" : name_of(answer.error().code)));
  }
  return answer;
}

void Life::change_source() {
  sim::FileNode& folder = site_.files.node("/calls");
  while (folder.children.size() > kFilesMax) {
    auto gone = folder.children.begin();
    std::advance(gone, static_cast<std::ptrdiff_t>(generator_.below(folder.children.size())));
    site_.files.remove("/calls/" + gone->first);
  }
  for (std::uint64_t i = generator_.below(4); i-- > 0;) {
    Bytes bytes(generator_.below(once_in(4) ? 6000 : 600));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(generator_.next());
    const std::uint64_t name = once_in(5) ? generator_.below(last_name_ + 1) : ++last_name_;
    site_.write(std::to_string(name) + ".wav", bytes);
  }
}

void Life::back_up() {
  const auto done = work("backup", [&] { return site_.backup(); });
  if (done || done.error().code != ErrorCode::home_not_newest) return;
  tell("this home is an older copy: it is put away, for a recovery");
  site_.lose_home();
}

bool Life::heal() {
  const auto healed = work("heal", [&] { return site_.scrub({.heal = true}); });
  if (healed && healed->is_not_mended()) tell_findings(*healed);
  if (!healed || !healed->complete || healed->is_not_mended()) return false;
  for (const Position& position : site_.positions) {
    if (site_.is_plugged(position.disk)) site_.conditions[position.disk].behind = false;
  }
  return true;
}

void Life::replace_missing() {
  for (Position& position : site_.positions) {
    if (site_.is_plugged(position.disk) && !position.coming) continue;
    if (position.disk == leaving_) continue;
    if (!position.coming) position.coming = site_.buy_disk();
    site_.conditions[*position.coming].behind = true;
    const bool accepts = site_.may_have_lost && later_.empty();
    const auto replaced = work("replace", [&] { return site_.replace(position, accepts); });
    const bool had_left = !replaced && (replaced.error().code == ErrorCode::no_disk ||
                                        replaced.error().code == ErrorCode::disk_is_member);
    if (!had_left && !(replaced && replaced->settled)) continue;
    position = {*position.coming, {}};
    if (!had_left) site_.conditions[position.disk].behind = false;
  }
}

void Life::recover() {
  if (site_.has_home) return;
  static_cast<void>(work("recover", [&] { return site_.recover(); }));
}

void Life::grow() {
  if (!joining_) joining_ = site_.buy_disk();
  const auto added = work("add", [&] { return site_.add(*joining_); });
  // Of a call that was cut nobody knows: it is made again.
  if (!added && added.error().code != ErrorCode::disk_is_member) return;
  site_.positions.push_back({*joining_, {}});
  joining_.reset();
}

// A pool that has grown gives a disk back. Its position is there until it is known to have left.
void Life::shrink() {
  if (!leaving_) leaving_ = site_.positions[generator_.below(site_.positions.size())].disk;
  const auto retired = work("retire", [&] { return site_.retire(*leaving_); });
  const bool had_left = !retired && retired.error().code == ErrorCode::no_disk;
  if (!had_left && !(retired && retired->settled)) return;
  std::erase_if(site_.positions, [&](const Position& each) { return each.disk == *leaving_; });
  site_.pull(*leaving_);
  leaving_.reset();
}

// The box before a recovery is switched on again. It may write only where the new one has not yet
// said that it is there.
void Life::try_old_box() {
  if (!site_.old_home.contents("keyring") || !site_.has_home) return;
  const bool has_taken_over = site_.has_taken_over;
  const auto done = work("old box", [&] { return site_.backup(site_.old_home); });
  if (done && done->entry_written && has_taken_over) broken_ = "the box of before has written";
}

void Life::care() {
  recover();
  replace_missing();
  const bool may_grow = site_.positions.size() < kPositionsMax && site_.missing() == 0;
  if (joining_ || (may_grow && once_in(2))) grow();
  const bool may_shrink = site_.positions.size() > Site::kPositions && site_.missing() == 0;
  if (leaving_ || (may_shrink && !joining_)) shrink();
  const auto scrubbed = work("scrub", [&] { return site_.scrub({.full = once_in(3)}); });
  if (scrubbed && scrubbed->found_differences()) static_cast<void>(heal());
}

// By a timer. It says nothing of disks that nobody knows to be well again: that is for a heal.
Result<job::TendSummary> Life::tend() {
  auto tended = work("tend", [&] { return site_.tend(); });
  if (tended && tended->given_up > 0 && tended->healed && tended->healed->shards_written > 0) {
    mark("tend: gave a disk up and had its shards made anew");
  }
  if (tended && tended->scrubbed && tended->scrubbed->shards_removed > 0) {
    mark("tend: removed what was there twice");
  }
  return tended;
}

// What does not come back as it was stored is told by it, and by nobody else.
void Life::drill() {
  const auto drilled = work("drill", [&] { return site_.drill(); });
  if (!drilled || drilled->is_good()) return;
  const std::string text = std::to_string(drilled->lost.count) + " items lost, " +
                           std::to_string(drilled->differences.size()) + " differences";
  tell("drill: " + text);
  for (const job::DrillDifference& difference : drilled->differences) {
    tell(std::string(job::name_of(difference.finding)) + " " + difference.path);
  }
  if (site_.is_bearable() && !site_.may_have_lost) broken_ = "drill: " + text;
}

void Life::hold(const std::string& path) {
  static_cast<void>(work("hold", [&] { return site_.hold(path); }));
}

Result<job::PruneReport> Life::prune(const Site::Meanwhile& meanwhile) {
  if (once_in(10)) static_cast<void>(work("confirm time", [&] { return site_.confirm_time(); }));
  auto pruned = work("prune", [&] { return site_.prune(meanwhile); });
  if (!site_.broken.empty()) broken_ = site_.broken;
  if (!pruned) return pruned;
  if (pruned->entry) {
    mark("prune: something went");
    tell("prune, entry " + std::to_string(pruned->entry->number) + ": " +
         std::to_string(pruned->plan.going) + " items, " +
         std::to_string(pruned->plan.entry.snapshots.size()) + " snapshots");
  }
  const auto is_locked = [](const job::PlannedSnapshot& each) {
    return each.verdict.reason == policy::SnapshotReason::locked;
  };
  if (std::ranges::any_of(pruned->plan.snapshots, is_locked)) mark("prune: a lock on a snapshot");
  if (pruned->plan.items.reasons.contains({policy::ItemReason::locked, 0U})) {
    mark("prune: a lock on an item");
  }
  if (pruned->removed.packs > 0) mark("prune: bytes went");
  if (pruned->repacked.packs > 0) mark("prune: packs written anew");
  const bool has_joined = pruned->plan.packs.joined > 0 && pruned->repacked.packs_left == 0;
  if (has_joined && pruned->entry) mark("prune: small packs put together");
  for (const job::Freeze& freeze : pruned->plan.frozen) {
    mark("prune: frozen, " + std::string(job::name_of(freeze.reason)));
  }
  return pruned;
}

void Life::begin_day(std::int64_t hours) {
  ++day_;
  site_.clock.advance(hours * kHour_ns);
}

void Life::live_a_day() {
  begin_day(static_cast<std::int64_t>(20 + generator_.below(9)));
  if (once_in(8)) site_.switch_off(static_cast<std::int64_t>(generator_.below(40)) * kHour_ns);
  end_troubles(false);
  change_source();
  if (day_ == 1 || once_in(3)) make_trouble(*this);  // no world is without
  if (once_in(2)) recover();
  back_up();
  if (once_in(2)) static_cast<void>(tend());
  if (prunes_ && once_in(3)) static_cast<void>(prune());
  if (once_in(10)) care();
  if (once_in(10)) try_old_box();
  if (once_in(40)) static_cast<void>(work("key add", [&] { return site_.add_passphrase(); }));
  if (once_in(30)) static_cast<void>(work("key remove", [&] { return site_.remove_passphrase(); }));
  if (once_in(15) && !site_.source().empty()) {
    hold("calls/" + site_.source().begin()->first);
  }
}

void Life::tell_findings(const job::ScrubSummary& summary) {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  tell("found: " + number(summary.shards_missing) + " shards missing, " +
       number(summary.shards_bad) + " bad, " + number(summary.shards_unhealed) + " not healed, " +
       number(summary.copies.count) + " copies bad, " + number(summary.copies_unmended) +
       " not mended, " + number(summary.lost_packs.size()) + " packs lost");
  for (const job::FoundDamage& damage : summary.kept_damages) {
    tell("bad: " + damage.path + ", damage " + number(static_cast<unsigned>(damage.damage.kind)));
  }
  for (const job::BadCopy& bad : summary.copies.kept) {
    tell("bad: " + bad.copy.path + ", fault " + number(static_cast<unsigned>(bad.copy.fault)));
  }
  for (const job::Problem& problem : summary.problems.kept) {
    tell("problem: " + problem.path + ", " + debug_text(problem.error));
  }
}

bool Life::is_green() {
  back_up();
  const auto backed_up = work("backup", [&] { return site_.backup(); }, false);
  const auto scrubbed = work("scrub", [&] { return site_.scrub({.full = true}); }, false);
  if (scrubbed && scrubbed->found_differences()) tell_findings(*scrubbed);
  return backed_up && backed_up->problems.count == 0 && !backed_up->under_protected && scrubbed &&
         scrubbed->complete && !scrubbed->found_differences();
}

void Life::mend_a_day() {
  begin_day(24);
  recover();
  replace_missing();
  if (joining_) grow();
  if (leaving_) shrink();
  static_cast<void>(heal());
}

std::string Life::mend() {
  end_troubles(true);
  for (int round = 0; round < kRoundsMax; ++round) {
    mend_a_day();
    if (is_green()) return "";
  }
  return "it does not become green again";
}

// What is gone is gone: somebody says so, and the source is asked for what it still has.
std::string Life::mend_what_is_left() {
  end_troubles(true);
  bool is_for_reading = false;
  for (int round = 0; round < kRoundsMax; ++round) {
    mend_a_day();
    back_up();
    const std::size_t before = site_.kept_snapshots.size();
    site_.write("last" + std::to_string(round) + ".wav", view_of(std::string_view("a last call")));
    const auto done = work("backup", [&] { return site_.backup(true); }, false);
    if (done && site_.kept_snapshots.size() > before) {
      mark("beyond: all that the source has is there again");
      return check_newest(*this);
    }
    is_for_reading = !done && done.error().code == ErrorCode::too_few_disks;
  }
  // Without home nobody knows whether the disks that are gone had something newer.
  const bool are_gone = site_.came_back_for_reading && site_.missing() > Site::kBears;
  if (!is_for_reading || !are_gone) return "no backup is possible any more";
  mark("beyond: for reading only, for good");
  return "";
}

std::string Life::run() {
  if (const auto made = site_.set_up(); !made) return "set up: " + debug_text(made.error());
  if (prunes_) {
    if (const auto told = site_.confirm_time(); !told) return "time: " + debug_text(told.error());
  }
  const std::uint64_t days = 5 + generator_.below(56);
  while (day_ < days) {
    live_a_day();
    if (!broken_.empty()) return broken_;
    if (std::string broken = check_now(*this); !broken.empty()) return broken;
  }
  std::string broken = site_.may_have_lost ? mend_what_is_left() : mend();
  return broken.empty() ? check_all(*this) : broken;
}

}  // namespace holdfast::worlds
