// SPDX-License-Identifier: Apache-2.0
#include "tests/worlds/trouble.h"

#include <array>

namespace holdfast::worlds {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;

const std::string& name_of(Life& life, std::size_t disk) {
  return life.site().path_of(disk);
}

using Chosen = const Position&;

sim::SimDisk& disk_of(Life& life, Chosen position) {
  return *life.site().disks[position.disk];
}

std::string some_file(Life& life, sim::SimDisk& disk) {
  const auto files = disk.files();
  return files.empty() ? "" : files[life.generator().below(files.size())];
}

}  // namespace

void begin_on(Life& life, std::size_t disk, std::uint64_t days, std::function<void()> end) {
  Condition& condition = life.site().conditions[disk];
  ++condition.troubles;
  condition.behind = true;
  life.later(days, [&life, disk, end = std::move(end)] {
    end();
    // Also where it was healed meanwhile.
    Condition& since = life.site().conditions[disk];
    --since.troubles;
    since.behind = true;
  });
}

void rot(Life& life, const Position& position) {
  sim::SimDisk& disk = disk_of(life, position);
  life.site().conditions[position.disk].behind = true;
  for (std::uint64_t i = 1 + life.generator().below(6); i-- > 0;) {
    const std::string path = some_file(life, disk);
    if (path.empty()) return;
    Bytes bytes = *disk.contents(path);
    if (bytes.empty()) continue;
    const std::size_t begin = life.generator().below(bytes.size());
    const std::size_t length = std::array<std::size_t, 3>{1, 512, 65536}[life.generator().below(3)];
    const std::size_t end = std::min(bytes.size(), begin + length);
    const bool zeros = life.generator().coin();
    for (std::size_t at = begin; at < end; ++at) {
      bytes[at] = zeros ? std::uint8_t{0} : static_cast<std::uint8_t>(life.generator().next());
    }
    life.tell(disk.name() + ": " + std::to_string(end - begin) + " bytes of " + path + " rot");
    disk.plant(path, bytes);
  }
}

void do_wrong(Life& life, const Position& position) {
  sim::SimDisk& disk = disk_of(life, position);
  sim::DiskFaults faults;  // a plan may have none
  while (faults == sim::DiskFaults{}) {
    faults = sim::FaultPlan::draw(life.generator(), 1, 1).disks.front();
  }
  life.tell(disk.name() + " does wrong by itself");
  disk.set_faults(faults, &life.site().clock);
  begin_on(life, position.disk, 1 + life.generator().below(10), [&disk] { disk.set_faults({}); });
}

void set_clock(Life& life) {
  const std::int64_t days = static_cast<std::int64_t>(life.generator().below(8000)) - 4000;
  sim::SimClock& clock = life.site().clock;
  const std::int64_t by_ns = days * kDay_ns;
  life.tell("the clock is set by " + std::to_string(days) + " days");
  clock.set(Timestamp{std::max<std::int64_t>(0, clock.now().ns + by_ns)});
  clock.set_drift(static_cast<std::int64_t>(life.generator().below(400)) - 200);
  life.later(1 + life.generator().below(10), [&clock, by_ns] {
    clock.set(Timestamp{clock.now().ns - by_ns});
    clock.set_drift(0);
  });
}

namespace {

void pull(Life& life, Chosen position) {
  const std::size_t disk = position.disk;
  life.tell(name_of(life, disk) + " is pulled");
  life.site().pull(disk);
  begin_on(life, disk, 1 + life.generator().below(20), [&life, disk] {
    life.tell(name_of(life, disk) + " is put back");
    life.site().plug(disk);
  });
}

void die(Life& life, Chosen position) {
  life.tell(name_of(life, position.disk) + " is dead");
  life.site().pull(position.disk);
  life.site().conditions[position.disk].behind = true;
}

void lose_files(Life& life, Chosen position) {
  sim::SimDisk& disk = disk_of(life, position);
  life.site().conditions[position.disk].behind = true;
  for (std::uint64_t i = 1 + life.generator().below(6); i-- > 0;) {
    const std::string path = some_file(life, disk);
    if (path.empty()) return;
    switch (life.generator().below(3)) {
      case 0:
        disk.erase(path);
        break;
      case 1:
        disk.spoil(path);
        break;
      default: {
        Bytes bytes = *disk.contents(path);
        bytes.resize(life.generator().below(bytes.size() + 1));
        disk.plant(path, bytes);
      }
    }
    life.tell(disk.name() + ": " + path + " is gone, unreadable or cut short");
  }
}

void turn_read_only(Life& life, Chosen position) {
  sim::SimDisk& disk = disk_of(life, position);
  life.tell(disk.name() + " is read-only");
  disk.set_read_only(true);
  begin_on(life, position.disk, 1 + life.generator().below(10),
           [&disk] { disk.set_read_only(false); });
}

void go_back(Life& life, Chosen position) {
  sim::SimDisk& disk = disk_of(life, position);
  const sim::NodePointer image = disk.image();
  // Hurt from now on, so that nobody else hurts one more until then.
  begin_on(life, position.disk, 1 + life.generator().below(10), [&life, &disk, image] {
    life.tell(disk.name() + " is put back as it was days ago");
    disk.become(*image);
  });
}

void put_other(Life& life, Chosen position) {
  const std::size_t disk = position.disk;
  Site& site = life.site();
  const std::size_t other = site.buy_disk();
  site.pull(other);
  if (life.generator().coin()) site.disks[other]->plant("holiday.jpg", view_of("sun"));
  for (auto& [path, mounted] : site.mounts) {
    if (mounted == disk) mounted = other;
  }
  life.tell("an empty or foreign disk is in the place of " + name_of(life, disk));
  begin_on(life, disk, 1 + life.generator().below(10), [&site, disk, other] {
    site.pull(other);
    site.plug(disk);
  });
}

void fill_up(Life& life) {
  for (const Position& position : life.site().positions) {
    sim::SimDisk& disk = disk_of(life, position);
    if (life.generator().coin()) continue;
    std::uint64_t used = 0;
    for (const std::string& path : disk.files()) used += disk.contents(path)->size();
    disk.set_capacity(used + life.generator().below(20'000));
    life.tell(disk.name() + " is nearly full");
    life.later(1 + life.generator().below(10), [&disk] { disk.set_capacity(1ULL << 40); });
  }
}

void swap_bays(Life& life) {
  Site& site = life.site();
  const std::size_t first = site.positions.front().disk;
  const std::size_t second = site.positions.back().disk;
  if (!site.is_plugged(first) || !site.is_plugged(second)) return;
  life.tell(name_of(life, first) + " and " + name_of(life, second) + " are in each other's place");
  site.pull(first);
  site.pull(second);
  site.mounts[site.path_of(first)] = second;
  site.mounts[site.path_of(second)] = first;
}

void lose_home(Life& life) {
  life.tell("home is lost");
  life.site().lose_home();
}

void unplug_many(Life& life) {
  Site& site = life.site();
  std::vector<std::size_t> pulled;
  for (const Position& position : site.positions) {
    const bool is_away = position.coming || !site.is_plugged(position.disk);
    if (is_away || life.generator().below(3) == 0) continue;
    pulled.push_back(position.disk);
    site.pull(position.disk);
  }
  // Had too few disks been left to write, none of these would be behind.
  const bool may_write = site.positions.size() - pulled.size() > Site::kBears + 1;
  life.tell(std::to_string(pulled.size()) + " disks are away for a day");
  life.mark("many disks away");
  life.later(1, [&site, pulled, may_write] {
    for (const std::size_t disk : pulled) {
      site.plug(disk);
      site.conditions[disk].behind |= may_write;
    }
  });
}

// Two disks with one name, in the places of two.
void clone(Life& life) {
  Site& site = life.site();
  const std::size_t original = site.positions.front().disk;
  const std::size_t victim = site.positions.back().disk;
  if (site.missing() > 0 || site.positions.front().coming || site.positions.back().coming) return;
  const std::size_t copy = site.buy_disk();
  site.pull(copy);
  site.disks[copy]->become(*site.disks[original]->image());
  for (auto& [path, mounted] : site.mounts) {
    if (mounted == victim) mounted = copy;
  }
  life.tell("a clone of " + name_of(life, original) + " is in the place of " +
            name_of(life, victim));
  life.mark("clone");
  begin_on(life, original, 1, [] {});
  begin_on(life, victim, 1, [&site, copy, victim] {
    site.pull(copy);
    site.plug(victim);
  });
}

void hurt_catalogs(Life& life) {
  using enum Site::CatalogTrouble;
  const std::size_t way = life.generator().below(3);
  const auto trouble = std::array{gone, cut, older}[way];
  const std::string words =
      std::array{"catalogs gone", "catalogs cut short", "catalogs older"}[way];
  life.tell(words);
  life.mark(words);
  life.site().trouble_catalogs(kept);
  life.later(1 + life.generator().below(5),
             [&life, trouble] { life.site().trouble_catalogs(trouble); });
}

// The box itself goes back, disks do not: somebody put back an old image of it.
void set_home_back(Life& life) {
  if (!life.site().has_home) return;
  sim::SimDisk& home = life.site().home;
  const sim::NodePointer image = home.image();
  life.later(1 + life.generator().below(10), [&life, &home, image] {
    if (!life.site().has_home) return;
    life.tell("home is as it was days ago");
    home.become(*image);
  });
}

// Owners of files keep them from whoever reads, take them away, or write on while they are read.
void spoil_source(Life& life) {
  const auto items = life.site().source();
  if (items.empty()) return;
  auto chosen = items.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(life.generator().below(items.size())));
  const std::string path = "/calls/" + chosen->first;
  sim::SimFiles& files = life.site().files;
  const std::size_t way = life.generator().below(3);
  const std::string words = std::array{"cannot be read", "vanishes", "changes while read"}[way];
  life.tell(path + " " + words);
  life.mark("source " + words);
  if (way == 0) files.set_unreadable(path);
  if (way == 1) files.vanish_when_opened(path);
  if (way == 2) files.change_while_read(path, view_of(std::string_view("and one word more")));
  life.later(1 + life.generator().below(3), [&files, path, way] {
    if (!files.resolve(path)) return;
    if (way == 0) files.set_unreadable(path, false);
    if (way == 1) files.remove(path);
  });
}

// Each hurts one position; or none, but the whole site.
constexpr std::array kOnPositions = {pull,           die,     rot,      lose_files, do_wrong,
                                     turn_read_only, go_back, put_other};
constexpr std::array kOnSite = {fill_up,     swap_bays, set_clock,     lose_home,   set_home_back,
                                unplug_many, clone,     hurt_catalogs, spoil_source};

}  // namespace

void make_trouble(Life& life) {
  Site& site = life.site();
  const std::size_t kind = life.generator().below(kOnPositions.size() + kOnSite.size());
  if (kind >= kOnPositions.size()) return kOnSite[kind - kOnPositions.size()](life);
  const Position& position = site.positions[life.generator().below(site.positions.size())];
  if (!site.is_plugged(position.disk) || position.coming) return;
  if (!site.is_missing(position) && site.missing() >= life.hurt_max()) return;
  kOnPositions[kind](life, position);
  site.may_have_lost |= site.missing() > Site::kBears;
}

}  // namespace holdfast::worlds
