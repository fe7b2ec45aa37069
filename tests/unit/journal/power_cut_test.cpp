// SPDX-License-Identifier: Apache-2.0
// P4: the power goes at every operation of a run of the journal, from opening to the witness; what
// was not synced is decided by seed.
#include <catch2/catch.hpp>

#include "tests/unit/journal/fixture.h"

using namespace holdfast;
using namespace holdfast::journal;

namespace {

constexpr std::uint64_t kSeeds = 8;

// A state of the disks before the run, and what was acknowledged in it.
struct Scene {
  const char* name;
  std::vector<std::string> appended;  // with disk 2 away from `away_from` on
  std::size_t away_from;
};

const std::vector<Scene> kScenes{
    {"the first entry", {}, 9},
    {"an entry at the end of a segment", {"a"}, 9},
    {"an entry that opens a segment", {"a", "b", "c"}, 9},
    {"a disk that has to be caught up", {"a", "b", "c", "d"}, 1},
};

std::string arrange(Box& box, const Scene& scene) {
  std::string bodies;
  for (std::size_t i = 0; i < scene.appended.size(); ++i) {
    const bool away = i >= scene.away_from;
    REQUIRE(box.append(scene.appended[i], away ? std::vector<std::size_t>{0, 1} : box.all()));
    bodies += scene.appended[i] + " ";
  }
  return bodies;
}

void copy_directory(sim::SimDisk& from, sim::SimDisk& to, const std::string& directory) {
  const auto listed = from.list(directory);
  if (!listed) return;  // not made yet
  for (const ports::DirectoryEntry& entry : *listed) {
    const std::string path = directory + "/" + entry.name;
    to.plant(path, from.contents(path).value());
  }
}

// The disks of another box, which had the same keys.
void copy(Box& from, Box& to) {
  for (const std::size_t index : from.all()) {
    copy_directory(from.disk(index), to.disk(index), journal_directory(from.business));
  }
  copy_directory(from.home, to.home, "witness");
}

struct Outcome {
  bool was_cut = false;
  bool is_new = false;
};

// One run, cut at its operation `number`, and what the next one finds.
Outcome run_cut_at(Box& arranged, const Head& old_head, std::uint64_t number, std::uint64_t seed) {
  Box box(3, 2);
  copy(arranged, box);
  box.world.cut_at(box.world.operations() + number);
  const auto appended = box.append("new");
  const bool was_cut = box.world.is_cut();
  REQUIRE((appended || appended.error().code == ErrorCode::power_cut));
  box.world.crash({sim::CrashPolicy::random, seed});

  const Head found = box.prepare(box.all()).value();
  const bool is_new = found != old_head;
  if (appended) REQUIRE(found == *appended);
  if (is_new) REQUIRE(found.number == old_head.number + 1);
  const Head next = box.append("next").value();
  for (const std::size_t index : box.all()) REQUIRE(box.open({index}).value().head() == next);
  const std::string tail = is_new ? "new next" : "next";
  REQUIRE(box.bodies(box.open().value(), old_head.number + 1).value() == tail);
  REQUIRE(box.reported.empty());
  return {was_cut, is_new};
}

}  // namespace

TEST_CASE("A power cut at any operation leaves the old head or the new one") {
  for (const Scene& scene : kScenes) {
    Box arranged(3, 2);
    arrange(arranged, scene);
    const Head old_head = arranged.open().value().head();
    std::size_t left_old = 0;
    std::size_t left_new = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      for (std::uint64_t number = 1;; ++number) {
        CAPTURE(scene.name, seed, number);
        const Outcome outcome = run_cut_at(arranged, old_head, number, seed);
        if (!outcome.was_cut) break;
        ++(outcome.is_new ? left_new : left_old);
      }
    }
    CHECK(left_old > 0);
    CHECK(left_new > 0);
  }
}

TEST_CASE("A second power cut, while the first one is repaired, changes nothing of that") {
  Box arranged(3, 2);
  REQUIRE(arrange(arranged, kScenes[1]) == "a ");
  for (std::uint64_t first = 5; first < 40; first += 2) {
    for (std::uint64_t second = 1; second < 25; second += 2) {
      CAPTURE(first, second);
      Box box(3, 2);
      copy(arranged, box);
      box.world.cut_at(box.world.operations() + first);
      const auto appended = box.append("new");
      box.world.crash({sim::CrashPolicy::random, first});
      box.world.cut_at(box.world.operations() + second);
      const auto prepared = box.prepare(box.all());
      box.world.crash({sim::CrashPolicy::random, second});
      const Head found = box.prepare(box.all()).value();
      if (appended) REQUIRE(found == *appended);
      if (prepared) REQUIRE(found == *prepared);
      REQUIRE(box.append("next"));
    }
  }
}
