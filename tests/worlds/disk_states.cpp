// SPDX-License-Identifier: Apache-2.0
#include "tests/worlds/disk_states.h"

#include <algorithm>
#include <array>

#include "tests/worlds/trouble.h"

namespace holdfast::worlds {

namespace {

constexpr std::int64_t kSlow_ns = 150'000'000;  // more than a reader waits for

}  // namespace

void DiskStates::until_later(std::uint64_t days, std::function<void()> end) {
  ++going_on_;
  life_.later(days, [this, end = std::move(end)] {
    end();
    --going_on_;
    last_day_ = life_.days();
  });
}

// One that is well. With as many hurt as the pool bears there is none.
const Position* DiskStates::some_position() {
  Site& site = life_.site();
  if (site.missing() >= Site::kBears) return nullptr;
  const Position& position = site.positions[life_.generator().below(site.positions.size())];
  const bool is_well = site.is_plugged(position.disk) && !position.coming && !position.is_made_up &&
                       !site.is_missing(position);
  return is_well ? &position : nullptr;
}

std::size_t DiskStates::deletions() {
  return life_.site().gone.snapshots.size() + life_.site().gone.paths.size();
}

void DiskStates::go_away(const Position& position) {
  const std::size_t disk = position.disk;
  life_.tell(name_of(disk) + " is away");
  life_.site().pull(disk);
  const std::uint64_t days = some_days(12);
  ++going_on_;
  begin_on(life_, disk, days, [this, disk] {
    life_.tell(name_of(disk) + " is back");
    life_.site().plug(disk);
    const auto& positions = life_.site().positions;
    const auto place = std::ranges::find(positions, disk, &Position::disk);
    const bool is_made_up = place != positions.end() && place->is_made_up;
    life_.mark(is_made_up ? "away: back when all of it was made anew" : "away: back in time");
    --going_on_;
    last_day_ = life_.days();
  });
}

void DiskStates::die(const Position& position) {
  life_.tell(name_of(position.disk) + " is dead in its bay");
  life_.mark("dead in its bay");
  disk_of(position.disk).vanish({sim::CrashPolicy::random, life_.generator().next()});
  life_.site().conditions[position.disk].behind = true;
  broken_[position.disk] = life_.days();
  dead_.insert(position.disk);
}

void DiskStates::go_for_good(const Position& position) {
  life_.tell(name_of(position.disk) + " is gone for good");
  life_.mark("gone for good");
  life_.site().pull(position.disk);
  life_.site().conditions[position.disk].behind = true;
  broken_[position.disk] = life_.days();
  dead_.insert(position.disk);
}

// Whoever comes takes out all that is broken at once, those that are dead and made up for too.
bool DiskStates::may_break_and_stay() const {
  return broken_.size() < Site::kBears;
}

void DiskStates::fail_now_and_then(const Position& position) {
  if (!may_break_and_stay()) return;
  life_.tell(name_of(position.disk) + " fails now and then");
  life_.mark("failing now and then");
  sim::DiskFaults faults;
  faults.read_error = 20;
  faults.change_error = 20;
  faults.sync_error = 20;
  disk_of(position.disk).set_faults(faults);
  life_.site().conditions[position.disk].behind = true;
  broken_[position.disk] = life_.days();
}

void DiskStates::turn_read_only(const Position& position) {
  if (!may_break_and_stay()) return;
  life_.tell(name_of(position.disk) + " is read-only");
  life_.mark("read-only");
  disk_of(position.disk).set_read_only(true);
  life_.site().conditions[position.disk].behind = true;
  broken_[position.disk] = life_.days();
}

void DiskStates::be_rotten(const Position& position) {
  hidden_.insert(position.disk);
  life_.mark("rot");
  rot(life_, position);
}

void DiskStates::be_wrong(const Position& position) {
  hidden_.insert(position.disk);
  life_.mark("wrong by itself");
  do_wrong(life_, position);
  until_later(10, [] {});
}

void DiskStates::go_back(const Position& position) {
  const std::size_t disk = position.disk;
  const sim::NodePointer image = disk_of(disk).image();
  const std::size_t before = deletions();
  ++going_on_;
  begin_on(life_, disk, some_days(14), [this, disk, image, before] {
    life_.tell(name_of(disk) + " is put back as it was days ago");
    if (deletions() > before) life_.mark("as it was before something was deleted");
    disk_of(disk).become(*image);
    --going_on_;
    last_day_ = life_.days();
  });
}

// An empty one, somebody's holidays, or one that was a member once.
void DiskStates::have_another_in_its_bay(const Position& position) {
  Site& site = life_.site();
  const std::size_t disk = position.disk;
  const bool is_former = !drawer_.empty() && life_.generator().coin();
  const std::size_t other = is_former ? drawer_.back() : site.buy_disk();
  site.pull(other);
  if (!is_former && life_.generator().coin()) {
    site.disks[other]->plant("holiday.jpg", view_of(std::string_view("sun")));
  }
  for (auto& [path, mounted] : site.mounts) {
    if (mounted == disk) mounted = other;
  }
  life_.tell(
      (is_former ? "a former member is in the place of " : "a stranger is in the place of ") +
      name_of(disk));
  life_.mark(is_former ? "former member in a bay" : "stranger in a bay");
  for (const std::string& path : disk_of(other).files()) {
    strangers_[other][path] = *disk_of(other).contents(path);
  }
  ++going_on_;
  begin_on(life_, disk, some_days(10), [this, disk, other] {
    life_.tell(name_of(disk) + " is in its bay again");
    life_.site().pull(other);
    life_.site().plug(disk);
    --going_on_;
    last_day_ = life_.days();
  });
}

// Hurts nobody: it is written as before, and others are read.
void DiskStates::be_slow() {
  Site& site = life_.site();
  const std::size_t disk = site.positions[life_.generator().below(site.positions.size())].disk;
  if (site.conditions[disk].is_hurt()) return;
  life_.tell(name_of(disk) + " is slow");
  life_.mark("slow");
  sim::DiskFaults faults;
  faults.delay_ns = kSlow_ns;
  disk_of(disk).set_faults(faults, &site.clock);
  until_later(some_days(12), [this, disk] {
    if (!broken_.contains(disk)) disk_of(disk).set_faults({});
  });
}

void DiskStates::be_full() {
  for (const Position& position : life_.site().positions) {
    sim::SimDisk& disk = disk_of(position.disk);
    std::uint64_t used = 0;
    for (const std::string& path : disk.files()) used += disk.contents(path)->size();
    disk.set_capacity(used + used / 99);
    until_later(10, [&disk] { disk.set_capacity(std::uint64_t{1} << 40); });
  }
  life_.tell("all disks are full to 99 %");
  life_.mark("full to 99 %");
}

void DiskStates::set_clock_once() {
  if (!is_quiet()) return;  // two that set it would leave it wrong
  life_.mark("clock set");
  set_clock(life_);
  until_later(10, [] {});
}

void DiskStates::let_happen() {
  constexpr std::array kOfDisks = {&DiskStates::go_away,
                                   &DiskStates::die,
                                   &DiskStates::go_for_good,
                                   &DiskStates::fail_now_and_then,
                                   &DiskStates::turn_read_only,
                                   &DiskStates::be_rotten,
                                   &DiskStates::be_wrong,
                                   &DiskStates::go_back,
                                   &DiskStates::have_another_in_its_bay};
  constexpr std::array kOfSites = {&DiskStates::be_slow, &DiskStates::be_full,
                                   &DiskStates::set_clock_once};
  last_day_ = life_.days();
  const std::size_t kind = life_.generator().below(kOfDisks.size() + kOfSites.size());
  if (kind >= kOfDisks.size()) return (this->*kOfSites[kind - kOfDisks.size()])();
  if (const Position* position = some_position()) (this->*kOfDisks[kind])(*position);
}

void DiskStates::turn_bits() {
  const Position* position = some_position();
  if (position == nullptr) return;
  sim::SimDisk& disk = disk_of(position->disk);
  std::vector<std::string> shards = disk.files();
  std::erase_if(shards, [](const std::string& path) { return !path.ends_with(".shard"); });
  if (shards.empty()) return;
  hidden_.insert(position->disk);
  life_.site().conditions[position->disk].behind = true;
  life_.mark("bits turn");
  for (std::uint64_t i = 1 + life_.generator().below(4); i-- > 0;) {
    const std::string& path = shards[life_.generator().below(shards.size())];
    disk.flip_bit(path, life_.generator().below(disk.contents(path)->size()));
    life_.tell("a bit turns in " + name_of(position->disk) + "/" + path);
  }
}

void DiskStates::begin_dying() {
  const Position* position = some_position();
  if (position == nullptr) return;
  dying_ = position->disk;
  calls_left_ = 1 + life_.generator().below(300);
  const std::string folder = name_of(*dying_) + "/";
  life_.site().world.ask([this, folder](const sim::Moment& moment) -> std::optional<ErrorCode> {
    if (!moment.where.starts_with(folder)) return std::nullopt;
    if (calls_left_ > 0) --calls_left_;
    return calls_left_ == 0 ? std::optional(ErrorCode::io) : std::nullopt;
  });
}

void DiskStates::end_dying() {
  life_.site().world.ask({});
  if (!dying_) return;
  const auto& positions = life_.site().positions;
  const auto position = std::ranges::find(positions, *dying_, &Position::disk);
  if (calls_left_ == 0) {
    life_.mark("dead in mid-heal");
    die(*position);
  }
  dying_.reset();
}

std::string DiskStates::touched() const {
  for (const auto& [other, before] : strangers_) {
    Files now;
    const sim::SimDisk& disk = *life_.site().disks[other];
    for (const std::string& path : disk.files()) now[path] = *disk.contents(path);
    if (now != before) return "a disk that is none of the box's was touched";
  }
  return "";
}

void DiskStates::take_out(std::size_t disk) {
  life_.tell(name_of(disk) + " is taken out");
  life_.site().pull(disk);
  broken_.erase(disk);
  if (dead_.erase(disk) > 0) return;
  // Somebody keeps it, and it turns up again, with all that it had.
  disk_of(disk).set_faults({});
  disk_of(disk).set_read_only(false);
  put_in_drawer(disk);
}

}  // namespace holdfast::worlds
