// SPDX-License-Identifier: Apache-2.0
#include "tests/worlds/months.h"

#include <algorithm>

#include "tests/worlds/checks.h"

namespace holdfast::worlds {

namespace {

constexpr std::uint64_t kDaysOfMonth = 30;
constexpr std::int64_t kDay_h = 24;
constexpr int kRoundsMax = 8;
constexpr int kScrubCycle = 16;             // days, and one each to find and to mend
constexpr std::uint64_t kMadeUpWithin = 6;  // days, of which the box waits for one
constexpr std::uint64_t kNamedWithin = 10;  // days, by a box that does its jobs daily

std::size_t positions_made_up(Site& site) {
  return static_cast<std::size_t>(std::ranges::count_if(site.positions, &Position::is_made_up));
}

}  // namespace

void Months::tend(bool may_happen) {
  Site& site = life_.site();
  const bool is_given_up_soon = std::ranges::any_of(site.positions, [&](const Position& position) {
    return !site.is_plugged(position.disk) || states_.is_dead(position.disk);
  });
  const bool dies = may_happen && is_given_up_soon && life_.once_in(6);
  if (dies) states_.begin_dying();
  const auto tended = life_.tend();
  if (dies) states_.end_dying();
  has_tended_ = tended.has_value();
  if (tended) believe(*tended);
}

void Months::believe(const job::TendSummary& tended) {
  Site& site = life_.site();
  const auto closed =
      static_cast<std::size_t>(std::ranges::count_if(tended.disks, [](const job::TendedDisk& disk) {
        return policy::closed_since(disk.watched).has_value();
      }));
  const auto is_read_only = [&](const Position& position) {
    return std::ranges::any_of(tended.disks, [&](const job::TendedDisk& disk) {
      return disk.path == site.path_of(position.disk) && disk.watched.read_only;
    });
  };
  const bool says_whole = tended.healed && tended.healed->complete && !tended.is_not_mended() &&
                          closed == tended.given_up;
  if (!says_whole) return;
  for (Position& position : site.positions) {
    Condition& condition = site.conditions[position.disk];
    const bool is_away = !site.is_plugged(position.disk) || states_.is_dead(position.disk);
    if (states_.has_hidden(position.disk)) continue;
    if (is_read_only(position)) life_.mark("read-only: all that it had was made anew");
    if (is_away || is_read_only(position)) {
      is_checked_alone_ = is_checked_alone_ && position.is_made_up;
      position.is_made_up = true;
    } else if (condition.troubles == 0 && !states_.broken().contains(position.disk)) {
      position.is_made_up = false;
      condition.behind = false;
    }
  }
}

// With somebody who holds, of what is about to go, what comes first: an item, or a snapshot.
void Months::prune() {
  Site& site = life_.site();
  std::string wanted;
  const auto held_meanwhile = [&](const job::PrunePlan& plan) {
    if (plan.going_paths.empty() || !wanted.empty()) return;
    wanted = plan.going_paths.front();
    const auto held = site.hold(wanted);
    if (held || held.error().code == ErrorCode::locked) life_.mark("hold in mid-prune");
  };
  const auto held_as_it_was = [&](const job::PrunePlan& plan) {
    if (plan.entry.snapshots.empty()) return;
    const auto held = site.hold(plan.entry.snapshots.front().head);
    if (held || held.error().code == ErrorCode::locked) {
      life_.mark("hold on a snapshot in mid-prune");
    }
  };
  Site::Meanwhile meanwhile;
  if (life_.once_in(3)) {
    meanwhile = held_meanwhile;
    if (life_.generator().coin()) meanwhile = held_as_it_was;
  }
  static_cast<void>(life_.prune(meanwhile));
  if (!wanted.empty()) life_.hold(wanted);
}

void Months::work_a_day(bool may_happen) {
  Site& site = life_.site();
  life_.back_up();
  if (!site.has_home) life_.recover();
  tend(may_happen);
  if (life_.days() % 7 == 0) prune();
  if (life_.days() % 7 == 3) life_.drill();
}

// What is hurt now is as much as the box says: disks that are gone are made up for.
std::string Months::check_alone() {
  Site& site = life_.site();
  const bool is_to_do = positions_made_up(site) > 0 && site.missing() == 0 && !is_checked_alone_;
  if (!is_to_do || site.kept_snapshots.empty()) return "";
  is_checked_alone_ = true;
  std::vector<std::size_t> pulled;
  std::vector<std::size_t> there;
  for (const Position& position : site.positions) {
    if (site.is_plugged(position.disk) && !position.is_made_up) there.push_back(position.disk);
  }
  while (pulled.size() < Site::kBears && !there.empty()) {
    const auto chosen =
        there.begin() + static_cast<std::ptrdiff_t>(life_.generator().below(there.size()));
    pulled.push_back(*chosen);
    site.pull(*chosen);
    there.erase(chosen);
  }
  life_.mark("alone: made up for, and as many again may go");
  std::string broken = check_all(life_);
  for (const std::size_t disk : pulled) site.plug(disk);
  return broken.empty() ? "" : "after what is gone was made anew: " + broken;
}

// One disk died, the pool made up for none before, and since then nothing has happened that could
// stand in the way.
std::string Months::check_made_up() {
  Site& site = life_.site();
  const bool was_quiet = states_.is_quiet() && life_.days() - states_.last_day() >= kMadeUpWithin;
  if (!was_quiet || site.missing() != 1 || positions_made_up(site) > 0) return "";
  for (const Position& position : site.positions) {
    const bool is_forgotten = states_.is_dead(position.disk) && site.is_missing(position);
    if (is_forgotten) return "nobody makes up for " + site.path_of(position.disk);
  }
  return "";
}

std::string Months::live_a_day(bool may_happen) {
  life_.begin_day(kDay_h);
  if (life_.once_in(20)) life_.site().switch_off(kDay_h * 3'600'000'000'000);
  life_.end_troubles(false);
  life_.change_source();
  if (may_happen && life_.once_in(3)) states_.let_happen();
  work_a_day(may_happen);
  if (!life_.broken().empty()) return life_.broken();
  if (std::string touched = states_.touched(); !touched.empty()) return touched;
  if (std::string broken = check_alone(); !broken.empty()) return broken;
  return check_now(life_);
}

// By the box's words: it is not there, cannot be read, or fails too often.
std::set<std::size_t> Months::named_disks() {
  std::set<std::size_t> named;
  Site& site = life_.site();
  const auto tended = site.look_at_disks();
  if (!tended) return named;  // the next one who asks is told
  for (const Position& position : site.positions) {
    const auto said =
        std::ranges::find(tended->disks, site.path_of(position.disk), &job::TendedDisk::path);
    if (said == tended->disks.end()) continue;
    const bool is_bad =
        said->watched.away_since || said->is_unreadable || policy::is_failing(said->watched, {});
    if (is_bad) named.insert(position.disk);
  }
  return named;
}

// What the box says of its disks is all that somebody who comes goes by.
std::string Months::take_out_named() {
  const std::set<std::size_t> named = named_disks();
  const auto broken = states_.broken();
  for (const auto& [disk, day] : broken) {
    const bool is_named = named.contains(disk);
    const bool should_be = states_.is_dead(disk) || life_.days() - day >= kNamedWithin;
    if (!is_named && should_be) {
      return "nobody is told that a disk is broken: " + life_.site().path_of(disk);
    }
    life_.mark(is_named ? "named: a broken disk" : "named: not yet");
    states_.take_out(disk);
  }
  for (const std::size_t disk : named) {
    if (broken.contains(disk)) continue;
    life_.mark("named: a disk of which nobody knew");
    states_.take_out(disk);
  }
  return "";
}

// What turns right behind the visit is found and mended as well.
bool Months::become_green_by_timers() {
  // What a call was to prove that was cut, the next one does. Not all of them are.
  const auto goes_on = [&](int day) { return !has_tended_ && day < 2 * kScrubCycle; };
  for (int day = 0; day < kScrubCycle || goes_on(day); ++day) {
    life_.begin_day(kDay_h);
    life_.recover();
    life_.replace_missing();
    if (day == 1) states_.turn_bits();
    work_a_day(false);
  }
  return is_whole() && life_.is_green();
}

// No place is without its disk, and the box says so.
bool Months::is_whole() {
  Site& site = life_.site();
  return std::ranges::none_of(site.positions,
                              [&](const Position& position) {
                                return position.coming || !site.is_plugged(position.disk);
                              }) &&
         named_disks().empty();
}

std::string Months::become_green() {
  const bool has_hands = life_.generator().coin();
  if (!has_hands && become_green_by_timers()) {
    life_.mark("green by timers alone");
    return "";
  }
  if (!has_hands) return "it does not become green by its timers";
  for (int round = 0; round < kRoundsMax; ++round) {
    life_.begin_day(kDay_h);
    life_.recover();
    life_.replace_missing();
    if (is_whole() && life_.heal() && life_.is_green()) {
      life_.mark("green by hands");
      return "";
    }
  }
  return "it does not become green after a visit";
}

std::string Months::check_prune_goes_on() {
  for (int round = 0; round < kRoundsMax; ++round) {
    life_.begin_day(kDay_h);
    const auto pruned = life_.prune();
    if (!life_.broken().empty()) return life_.broken();
    if (!pruned) continue;  // it was cut
    if (pruned->plan.frozen.empty() && !pruned->removed.refused) return "";
    life_.tell("frozen: " + std::string(job::name_of(pruned->plan.frozen.empty()
                                                         ? pruned->removed.refused->reason
                                                         : pruned->plan.frozen.front().reason)));
  }
  return "a prune does not go on though all is green";
}

// Growing by one disk, or giving one back.
void Months::change_members() {
  if (!life_.once_in(3)) return;
  Site& site = life_.site();
  std::set<std::size_t> before;
  for (const Position& position : site.positions) before.insert(position.disk);
  const bool grows = site.positions.size() == Site::kPositions;
  for (int round = 0; round == 0 || (life_.is_changing() && round < kRoundsMax); ++round) {
    if (grows) life_.grow();
    if (!grows) life_.shrink();
  }
  for (const Position& position : site.positions) before.erase(position.disk);
  for (const std::size_t disk : before) states_.put_in_drawer(disk);
  life_.mark(grows ? "visit: a disk more" : "visit: a disk less");
}

std::string Months::visit() {
  if (std::string broken = check_made_up(); !broken.empty()) return broken;
  life_.tell("somebody comes");
  life_.end_troubles(true);
  Site& site = life_.site();
  if (std::string broken = take_out_named(); !broken.empty()) return broken;
  if (std::string broken = become_green(); !broken.empty()) return broken;
  states_.forget_hidden();
  for (Position& position : site.positions) {
    position.is_made_up = false;
    site.conditions[position.disk].behind = false;
  }
  if (std::string broken = check_prune_goes_on(); !broken.empty()) return broken;
  change_members();
  return check_now(life_);
}

// Of all that any snapshot has: what comes back is right, and the rest is what was told, and no
// more.
std::string Months::check_lost(const std::set<std::string>& told) {
  const auto reader = life_.site().read();
  if (!reader) return "opening: " + debug_text(reader.error());
  const auto heads = (*reader)->snapshots();
  if (!heads) return "list of snapshots: " + debug_text(heads.error());
  std::set<std::string> lost;
  for (const journal::Head& head : *heads) {
    const auto left = (*reader)->restore_what_is_left(head.number);
    const std::string name = "snapshot " + std::to_string(head.number);
    if (!left && left.error().code == ErrorCode::names_lost) continue;
    if (!left) return name + ": " + debug_text(left.error());
    if (left->lacks_names) life_.mark("lost: names");
    if (!left->lacks_names && !left->lost.empty()) life_.mark("lost: items, each by its name");
    lost.insert(left->lost.begin(), left->lost.end());
    const auto& all = life_.site().kept_snapshots;
    const auto kept = std::ranges::find(all, head, &KeptSnapshot::head);
    if (kept == all.end()) continue;
    for (const auto& [path, digest] : kept->items) {
      const auto found = left->items.find(path);
      const bool is_there = found != left->items.end();
      if (is_there && found->second != digest) {
        return std::string(name).append(" has other bytes in ").append(path);
      }
      const bool may_be_gone = life_.site().may_be_gone.paths.contains(path);
      if (is_there || may_be_gone || left->lacks_names || left->lost.contains("calls/" + path)) {
        continue;
      }
      return std::string(name).append(" lacks ").append(path).append(", and does not say so");
    }
  }
  for (const std::string& path : lost) {
    if (!told.contains(path)) life_.tell("lost, and not told: " + path);
  }
  for (const std::string& path : told) {
    if (!lost.contains(path)) life_.tell("told to be lost, and comes back: " + path);
  }
  if (lost != told) return "what is told to be lost is not what does not come back";
  return "";
}

std::string Months::lose_too_many() {
  Site& site = life_.site();
  std::vector<std::size_t> disks;
  for (const Position& position : site.positions) disks.push_back(position.disk);
  for (std::size_t i = 0; i <= Site::kBears; ++i) {
    const std::size_t chosen = life_.generator().below(disks.size());
    life_.tell(site.path_of(disks[chosen]) + " is gone, one too many");
    site.pull(disks[chosen]);
    disks.erase(disks.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  site.may_have_lost = true;
  const auto tended = site.tend();
  if (!tended || !tended->healed) return "nobody is told what is lost";
  std::set<std::string> told;
  for (const job::Problem& problem : tended->healed->lost.kept) told.insert(problem.path);
  if (std::string broken = check_lost(told); !broken.empty()) return broken;
  return life_.mend_what_is_left();
}

std::string Months::run() {
  Site& site = life_.site();
  if (const auto made = site.set_up(); !made) return "set up: " + debug_text(made.error());
  if (const auto told = site.confirm_time(); !told) return "time: " + debug_text(told.error());
  const std::uint64_t months = 1 + life_.generator().below(3);
  for (std::uint64_t month = 0; month < months; ++month) {
    const std::uint64_t quiet_from = life_.generator().coin() ? kDaysOfMonth : kDaysOfMonth / 2;
    for (std::uint64_t day = 1; day <= kDaysOfMonth; ++day) {
      if (std::string broken = live_a_day(day < quiet_from); !broken.empty()) return broken;
    }
    if (std::string broken = visit(); !broken.empty()) return broken;
  }
  if (std::string broken = check_all(life_); !broken.empty()) return broken;
  return life_.generator().coin() ? lose_too_many() : "";
}

}  // namespace holdfast::worlds
