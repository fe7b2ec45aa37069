// SPDX-License-Identifier: Apache-2.0
// Anything happens to any file: scrub names it, heal mends it, and no read is ever wrong. One file
// of one disk, all files of two disks, of one disk too many, and each file of home.
#include "tests/sim/any_file_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

// Of all pairs of a file and a way. 12 ways: each stride takes all of them in turn.
constexpr Strides kDiskStrides{7, 1, 41, 13};
constexpr Strides kHomeStrides{5, 1, 29, 5};
constexpr Strides kSeeds{12, 60, 2, 12};  // how many, and not how far apart

std::string text_of(const job::ScrubSummary& summary) {
  std::string text;
  for (const auto& bad : summary.copies.kept) text += " copy " + bad.copy.path;
  for (const auto& found : summary.kept_damages) text += " damage " + found.path;
  for (const auto& file : summary.kept_strays) text += " stray " + file.path;
  for (const auto& problem : summary.problems.kept) text += " " + debug_text(problem.error);
  if (summary.ended) text += " ended " + debug_text(*summary.ended);
  return text + " missing " + std::to_string(summary.shards_missing) + ", lost packs " +
         std::to_string(summary.lost_packs.size());
}

// A disk's journal is told by what it lacks, and of two labels that name different disks nobody
// knows which is right.
bool is_of_same_kind(const Place& place, const std::string& told) {
  const FileKind kind = kind_of(place.path);
  if (kind != FileKind::label && kind != FileKind::segment) return false;
  return told.starts_with(place.text().substr(0, place.text().rfind('/')));
}

// Of two shards that share a disk one is named, by where it lies.
bool is_named(const job::MissingShard& shard, const Place& place) {
  const std::string name = pool::shard_path(shard.pack, shard.generation, shard.shard);
  const bool is_of_pack = place.path.starts_with(name.substr(0, name.rfind('-')));
  return shard.path.empty() ? name == place.path : is_of_pack;
}

bool is_named(const job::ScrubSummary& summary, const Place& place) {
  const std::string text = place.text();
  const auto is_copy = [&](const job::BadCopy& bad) {
    return bad.copy.path == text || is_of_same_kind(place, bad.copy.path);
  };
  const auto is_it = [&](const auto& found) { return found.path == text; };
  const auto is_missing = [&](const job::MissingShard& shard) { return is_named(shard, place); };
  return std::ranges::any_of(summary.copies.kept, is_copy) ||
         std::ranges::any_of(summary.kept_damages, is_it) ||
         std::ranges::any_of(summary.kept_strays, is_it) ||
         std::ranges::any_of(summary.kept_missing, is_missing);
}

// Entries can be read under either name of a segment, and a torn end is no part of it.
bool is_harmless(Way way, const Place& place) {
  const bool is_segment = kind_of(place.path) == FileKind::segment;
  return is_segment && (way == Way::extended || way == Way::renamed || way == Way::duplicated);
}

void check_restores(AnyFileBox& box) {
  for (const auto& [number, contents] : box.acknowledged) {
    CAPTURE(number);
    const auto restored = box.restore(number);
    INFO((restored ? "" : debug_text(restored.error())));
    REQUIRE(restored);
    CHECK((*restored == contents));
  }
}

void check_clean(AnyFileBox& box) {
  const auto found = box.scrub();
  REQUIRE(found);
  INFO(text_of(*found));
  CHECK_FALSE(found->found_differences());
}

void check_healed(AnyFileBox& box) {
  const auto healed = box.scrub(true);
  REQUIRE(healed);
  INFO(text_of(*healed));
  CHECK_FALSE(healed->is_not_mended());
  check_clean(box);
  check_restores(box);
}

void check_goes_on(AnyFileBox& box) {
  box.write("later.wav", box.noise(700));
  const auto report = box.backup();
  INFO((report ? "" : debug_text(report.error())));
  REQUIRE(report);
  CHECK(*box.restore() == box.source());
  check_restores(box);
}

// What lay on the disks and was not touched is as it was. A journal may have got new segments.
void check_untouched(AnyFileBox& box, const std::vector<Image>& good,
                     const std::vector<Place>& touched) {
  for (std::size_t i = 0; i < box.disks.size(); ++i) {
    for (const auto& [path, bytes] : good[i]) {
      const bool is_exempt = std::ranges::any_of(touched, [&](const Place& place) {
        return place.disk == box.disks[i].get() &&
               (place.path == path || is_of_same_kind(place, place.disk->name() + "/" + path));
      });
      if (is_exempt) continue;
      INFO("disk " << i << ": " << path);
      CHECK(box.disks[i]->contents(path) == bytes);
    }
  }
}

// Nobody but a person takes a folder away; it is told, and stops nothing else.
void take_folder_away(AnyFileBox& box, const Place& place) {
  const auto healed = box.scrub(true);
  REQUIRE(healed);
  CHECK(healed->is_not_mended());
  CHECK(is_named(*healed, place));
  check_restores(box);
  REQUIRE(place.disk->remove(place.path));
}

void check_one(AnyFileBox& box, Way way, const std::vector<Image>& good,
               const std::vector<Place>& touched) {
  check_restores(box);
  const auto found = box.scrub();
  REQUIRE(found);
  for (const Place& place : touched) {
    INFO(place.text() << ";" << text_of(*found));
    CHECK((is_named(*found, place) || is_harmless(way, place)));
  }
  if (way == Way::folder) take_folder_away(box, touched.front());
  check_healed(box);
  check_untouched(box, good, touched);
  check_goes_on(box);
}

// Every file of these disks, in any way; one label of each stays, for without one it is no member.
void damage_all(AnyFileBox& box, const DiskNumbers& chosen, sim::Generator& dice) {
  for (const std::size_t number : chosen) {
    sim::SimDisk& disk = *box.disks[number];
    for (const auto& [path, bytes] : image_of(disk)) {
      if (path == "label.b" || !disk.contents(path)) continue;
      const Image now = image_of(disk);
      const auto way = static_cast<Way>(dice.below(kWays));
      // A disk with a segment under a name that is not its own gets nothing until a person has
      // looked (journal_test), and a folder stays where it is.
      const bool is_renamed = way == Way::renamed || way == Way::duplicated;
      if (way == Way::folder || (is_renamed && kind_of(path) == FileKind::segment)) continue;
      Damage damage({&disk, path}, now, box.day_before[number], nullptr, dice.next());
      static_cast<void>(damage.apply(way));
    }
  }
}

DiskNumbers choose_disks(std::size_t count, sim::Generator& dice) {
  DiskNumbers chosen;
  while (chosen.size() < count) chosen.insert(dice.below(SimBox::kDisks));
  return chosen;
}

// What a restore brings back is right, and what it does not bring back is in its report: by name,
// or, where the names themselves are lost, counted. True if it brought back all.
bool restores_exactly(AnyFileBox& box, std::uint64_t number, const Contents& contents) {
  const auto opened = box.open();
  REQUIRE(opened);
  const auto business = (*opened)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  job::RestoreRequest request;
  request.selection.snapshot = (*business)->find_snapshot({number, {}, {}}).value();
  request.target = "/partly" + std::to_string(number);
  box.files.add_folder(request.target);
  const auto report = job::run_restore(**business, box.files, request);
  REQUIRE(report);
  REQUIRE_FALSE(report->ended);
  CHECK(report->failed.count == 0);
  std::set<std::string> lost;
  std::size_t names_lost = 0;
  for (const job::Problem& problem : report->lost.kept) {
    if (problem.error.code == ErrorCode::names_lost) {
      names_lost += std::stoul(std::string(problem.error.argument("items")));
    } else {
      lost.insert(problem.path);
    }
  }
  const auto back = box.read_tree(request.target);
  std::size_t unnamed = 0;
  for (const auto& [name, bytes] : contents) {
    const std::string path = "calls/" + name;
    INFO(number << ": " << path);
    const auto found = back.find(path);
    if (found != back.end()) CHECK((found->second == bytes));
    CHECK((found == back.end() || !lost.contains(path)));
    if (found == back.end() && !lost.contains(path)) ++unnamed;
  }
  CHECK(back.size() <= contents.size());
  CHECK(unnamed <= names_lost);
  return back.size() == contents.size();
}

struct Case {
  sim::SimDisk* disk;
  std::size_t number;  // of the disk
  std::string path;
  Way way;
  std::uint64_t seed;
};

std::vector<Case> cases_of(sim::SimDisk& disk, std::size_t number, std::uint64_t& seed,
                           const Sweep& sweep) {
  std::vector<Case> cases;
  for (const auto& [path, bytes] : image_of(disk)) {
    for (int way = 0; way < kWays; ++way) {
      if (sweep.takes(++seed)) cases.push_back({&disk, number, path, static_cast<Way>(way), seed});
    }
  }
  return cases;
}

// Says where a person should look.
bool is_placed(const Error& error) {
  return !error.where.empty();
}

}  // namespace

TEST_CASE(
    "Whatever happens to any file of a disk, scrub names it, heal mends it, and all is read") {
  AnyFileBox box;
  const auto good = box.images();
  const Sweep sweep{stride_of(kDiskStrides)};
  std::vector<Case> cases;
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < box.disks.size(); ++i) {
    const auto more = cases_of(*box.disks[i], i, seed, sweep);
    cases.insert(cases.end(), more.begin(), more.end());
  }
  Tally done;
  Branches branches;
  branches.run([&] {
    for (const Case& each : cases) {
      const Place place{each.disk, each.path};
      if (!branches.split(place.text() + ": " + text_of(each.way))) continue;
      const std::size_t next = (each.number + 1) % box.disks.size();
      Damage damage(place, good[each.number], box.day_before[each.number], box.disks[next].get(),
                    each.seed);
      const auto touched = damage.apply(each.way);
      if (touched.empty()) return;
      done.add(1);
      check_one(box, each.way, good, touched);
      return;
    }
  });
  // Some ways are none for some files: copies that are alike are not swapped.
  CHECK(done.sum() * 2 > cases.size());
}

TEST_CASE("What belongs on a disk, and what is unfinished on it, is no stray") {
  AnyFileBox box;
  sim::SimDisk& disk = *box.disks[1];
  disk.plant("lost+found/1234", view_of("what fsck found"));
  std::vector<std::string> unfinished;
  for (const auto& [path, bytes] : image_of(disk)) {
    if (kind_of(path) != FileKind::other) unfinished.push_back(path + ".tmp");
  }
  for (const std::string& path : unfinished) disk.plant(path, Bytes(100));
  // Packs that no journal names yet.
  box.write("later.wav", box.noise(9000));
  Tally packs;
  Branches branches;
  const std::size_t before = image_of(disk).size();
  const auto choose = [&](const sim::Moment& now) -> std::optional<ErrorCode> {
    const bool is_cut = now.touch != sim::Touch::look && now.change % 19 == 0 &&
                        branches.split("the power goes at change " + std::to_string(now.change));
    return is_cut ? std::optional(ErrorCode::power_cut) : std::nullopt;
  };
  branches.run([&] {
    box.world.ask(choose);
    static_cast<void>(box.backup());
    box.world.ask({});
    box.world.crash({sim::CrashPolicy::keep_all, 1});
    packs.add(image_of(disk).size() > before ? 1 : 0);
    const auto found = box.scrub();
    REQUIRE(found);
    INFO(text_of(*found));
    CHECK(found->strays == 0);
  });
  if (!branches.is_copy()) CHECK(packs.sum() > 3);
}

TEST_CASE("A file in the place of any folder of a disk is told, and mended once it is gone") {
  AnyFileBox box;
  sim::SimDisk& disk = *box.disks[2];
  std::set<std::string> folders;
  for (const auto& [path, bytes] : image_of(disk)) {
    for (std::string_view folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
      folders.emplace(folder);
    }
  }
  REQUIRE(folders.size() > 6);
  Branches branches;
  branches.run([&] {
    for (const std::string& folder : folders) {
      if (!branches.split(folder)) continue;
      disk.plant(folder, view_of("a file"));
      check_restores(box);
      const auto found = box.scrub();
      REQUIRE(found);
      INFO(text_of(*found));
      CHECK(is_named(*found, {&disk, folder}));
      CHECK(found->found_differences());
      const auto healed = box.scrub(true);
      REQUIRE(healed);
      check_restores(box);
      disk.erase(folder);
      check_healed(box);
      check_goes_on(box);
      return;
    }
  });
}

TEST_CASE("Whatever happens to all files of two disks, all is read, and healed") {
  AnyFileBox box;
  Branches branches;
  branches.run([&] {
    for (std::uint64_t seed = 1; seed <= stride_of(kSeeds); ++seed) {
      if (!branches.split("seed " + std::to_string(seed))) continue;
      sim::Generator dice(seed);
      damage_all(box, choose_disks(2, dice), dice);
      check_restores(box);
      const auto found = box.scrub();
      REQUIRE(found);
      CHECK(found->found_differences());
      CHECK_FALSE(found->has_lost());
      check_healed(box);
      check_goes_on(box);
      return;
    }
  });
}

TEST_CASE("With all files of one disk too many damaged, what is lost is told, exactly") {
  AnyFileBox box;
  const auto good = box.images();
  Tally lossy;
  Branches branches;
  branches.run([&] {
    for (std::uint64_t seed = 1; seed <= stride_of(kSeeds); ++seed) {
      if (!branches.split("seed " + std::to_string(seed))) continue;
      sim::Generator dice(seed);
      damage_all(box, choose_disks(3, dice), dice);
      bool is_whole = true;
      for (const auto& [number, contents] : box.acknowledged) {
        is_whole = restores_exactly(box, number, contents) && is_whole;
      }
      for (const bool heals : {false, true}) {
        const auto found = box.scrub(heals);
        REQUIRE(found);
        INFO(text_of(*found));
        // A pack may be lost, and nothing with it: what is damaged in it no item needs.
        if (is_whole) CHECK(found->lost.count == 0);
        if (!is_whole) CHECK(found->has_lost());
      }
      lossy.add(is_whole ? 0 : 1);
      // Nothing was thrown away meanwhile.
      for (std::size_t i = 0; i < good.size(); ++i) {
        for (const auto& [path, bytes] : good[i]) box.disks[i]->plant(path, bytes);
      }
      check_healed(box);
      return;
    }
  });
  CHECK(lossy.sum() > 0);
}

TEST_CASE(
    "Whatever happens to any file of home is mended or told, and takes nothing from the disks") {
  AnyFileBox box;
  const Image good = image_of(box.home);
  std::uint64_t seed = 0;
  const auto cases = cases_of(box.home, 0, seed, Sweep{stride_of(kHomeStrides)});
  REQUIRE_FALSE(cases.empty());
  Branches branches;
  branches.run([&] {
    for (const Case& each : cases) {
      if (!branches.split("/home/" + each.path + ": " + text_of(each.way))) continue;
      Damage damage({&box.home, each.path}, good, box.home_before, nullptr, each.seed);
      if (damage.apply(each.way).empty()) return;
      for (const auto& [number, contents] : box.acknowledged) {
        const auto restored = box.restore(number);
        if (restored) CHECK((*restored == contents));
        // With disks that a list of fewer lines does not name, names are what is lost.
        if (!restored)
          CHECK((restored.error().code == ErrorCode::names_lost || is_placed(restored.error())));
      }
      box.write("later.wav", box.noise(700));
      const auto report = box.backup();
      if (report) box.acknowledged.emplace_back(report->snapshot.number, box.source());
      if (!report) CHECK(is_placed(report.error()));
      // The right file is put back; what was done without it stays.
      if (each.way == Way::folder) static_cast<void>(box.home.remove(each.path));
      for (const auto& [path, bytes] : good) box.home.plant(path, bytes);
      check_healed(box);
      check_goes_on(box);
      return;
    }
  });
}

}  // namespace holdfast::test
