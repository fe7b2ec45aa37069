// SPDX-License-Identifier: Apache-2.0
// The history of drills: what comes back of it, that it stays small, and the months made of it.
#include "firmware/job/drill_history.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "hal/sim/disk.h"
#include "hal/sim/world.h"
#include "tests/support/every_damage.h"

namespace holdfast::job {
namespace {

const BusinessId kBusiness{{7}};

PastDrill drill_at(const char* time) {
  return {*Timestamp::parse(time), 1200, 62, 49, 1'000'004, 7'000'000, 31, 2, 1, 1, 0, false};
}

struct Home {
  sim::World world{1};
  sim::SimDisk disk{world, "/home"};
  const std::string path = "proofs/" + kBusiness.hex() + ".drills";
};

std::vector<std::string> names_of(const std::vector<DrillDay>& days) {
  std::vector<std::string> names;
  for (const DrillDay& day : days) names.push_back(day.day);
  return names;
}

}  // namespace

TEST_CASE("Drills come back in the order in which they were noted, each business its own") {
  Home home;
  const auto none = load_drills(home.disk, kBusiness);
  REQUIRE(none);
  CHECK(none->drills.empty());
  PastDrill good = drill_at("2026-11-02T03:00:01Z");
  good.good = true;
  REQUIRE(note_drill(home.disk, kBusiness, drill_at("2026-11-01T03:00:00Z")));
  REQUIRE(note_drill(home.disk, kBusiness, good));
  REQUIRE(note_drill(home.disk, BusinessId{{8}}, good));
  const auto history = load_drills(home.disk, kBusiness);
  REQUIRE(history);
  CHECK(history->drills == std::vector<PastDrill>{drill_at("2026-11-01T03:00:00Z"), good});
  CHECK(history->unreadable == 0);
}

TEST_CASE("Any flipped bit, cut or further byte of a line makes it none, and the others stay") {
  Home home;
  REQUIRE(note_drill(home.disk, kBusiness, drill_at("2026-11-01T03:00:00Z")));
  const Bytes right = *home.disk.contents(home.path);
  test::require_every_damage_seen(right, [&](ByteView bytes) {
    home.disk.plant(home.path, bytes);
    const auto history = load_drills(home.disk, kBusiness);
    return history && history->drills.size() == 1 && history->unreadable == 0;
  });
  Bytes wrong = right;
  wrong[3] ^= 1;
  home.disk.plant(home.path, wrong);
  REQUIRE(note_drill(home.disk, kBusiness, drill_at("2026-11-02T03:00:00Z")));
  const auto history = load_drills(home.disk, kBusiness);
  REQUIRE(history);
  CHECK(history->unreadable == 1);
  CHECK(history->drills == std::vector<PastDrill>{drill_at("2026-11-02T03:00:00Z")});
}

TEST_CASE("Of more lines than are kept the first ones go, whatever the clock says") {
  Home home;
  constexpr std::size_t kMore = 3;
  Bytes lines;
  PastDrill drill = drill_at("2026-11-01T03:00:00Z");
  REQUIRE(note_drill(home.disk, kBusiness, drill));
  const Bytes one = *home.disk.contents(home.path);
  for (std::size_t i = 0; i < DrillHistory::kLinesMax; ++i) {
    lines.insert(lines.end(), one.begin(), one.end());
  }
  home.disk.plant(home.path, lines);
  for (std::size_t i = 0; i < kMore; ++i) {
    drill.time.ns = static_cast<std::int64_t>(i);  // long before
    REQUIRE(note_drill(home.disk, kBusiness, drill));
  }
  const auto history = load_drills(home.disk, kBusiness);
  REQUIRE(history);
  CHECK(history->drills.size() == DrillHistory::kLinesMax);
  CHECK(history->drills.back().time.ns == kMore - 1);
}

TEST_CASE("A file that is none of ours is begun anew, and one that cannot be read is left") {
  Home home;
  home.disk.plant(home.path, Bytes(2 * kMiB, 'x'));
  REQUIRE(note_drill(home.disk, kBusiness, drill_at("2026-11-01T03:00:00Z")));
  CHECK(load_drills(home.disk, kBusiness)->drills.size() == 1);
  home.disk.spoil(home.path);
  CHECK_FALSE(load_drills(home.disk, kBusiness));
  CHECK_FALSE(note_drill(home.disk, kBusiness, drill_at("2026-11-02T03:00:00Z")));
}

TEST_CASE("A month is four digits, a dash, and 01 to 12") {
  const auto month = Month::parse("2026-02");
  REQUIRE(month);
  CHECK(month->year == 2026);
  CHECK(month->month == 2);
  CHECK(month->text() == "2026-02");
  CHECK(Month::parse("2026-12")->text() == "2026-12");
  for (const char* text : {"", "2026", "2026-", "2026-00", "2026-13", "2026-1", "26-01", "2026/01",
                           "2026-01-01", "x026-01", "2026-x1", "1969-12", "-026-01"}) {
    CHECK_FALSE(Month::parse(text));
  }
}

TEST_CASE("The days of a month are those that count, and those that had a drill all the same") {
  DrillHistory history;
  for (const char* time : {"2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", "2026-02-01T10:00:00Z",
                           "2026-02-28T23:59:59.999999999Z", "2026-03-01T00:00:00Z"}) {
    history.drills.push_back(drill_at(time));
  }
  const auto at = [](const char* time) { return *Timestamp::parse(time); };
  const auto all = days_of(*Month::parse("2026-02"), history, at("2025-01-01"), at("2027-01-01"));
  REQUIRE(all.size() == 28);
  CHECK(all.front().day == "2026-02-01");
  CHECK(all.front().drills.size() == 2);
  CHECK(all.back().drills.size() == 1);
  CHECK(std::ranges::count_if(all, [](const auto& day) { return day.drills.empty(); }) == 26);
  CHECK(days_of(*Month::parse("2028-02"), history, {}, at("2030-01-01")).size() == 29);
  // From the first day that could have had one, up to today.
  const auto some =
      days_of(*Month::parse("2026-02"), history, at("2026-02-03T12:00"), at("2026-02-05T01:00"));
  CHECK(names_of(some) == std::vector<std::string>{"2026-02-01", "2026-02-03", "2026-02-04",
                                                   "2026-02-05", "2026-02-28"});
}

}  // namespace holdfast::job
