// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/disk_watch.h"

#include <catch2/catch.hpp>
#include <random>

namespace holdfast::policy {
namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
constexpr std::int64_t kDay_ns = 24 * kHour_ns;
constexpr Timestamp kStart{1'767'225'600'000'000'000};  // 2026-01-01

DiskId disk_id(std::uint8_t number) {
  DiskId id;
  id.bytes.fill(number);
  return id;
}

Timestamp after(std::int64_t ns) {
  return {kStart.ns + ns};
}

struct Watching {
  WatchRules rules;
  std::vector<WatchedDisk> disks;

  const WatchedDisk& look(Timestamp now, bool is_here, bool has_failed = false) {
    const DiskSight sight{disk_id(1), is_here, has_failed};
    disks = watch(disks, {&sight, 1}, now, rules);
    REQUIRE(disks.size() == 1);
    return disks.front();
  }
};

TEST_CASE("A disk is given up when it has been away for a day without a break") {
  Watching watching;
  CHECK_FALSE(watching.look(kStart, true).away_since);
  CHECK(watching.look(after(kHour_ns), false).away_since == after(kHour_ns));
  CHECK_FALSE(is_given_up(watching.disks[0], after(kDay_ns), watching.rules));
  watching.look(after(20 * kHour_ns), false);
  CHECK(is_given_up(watching.disks[0], after(25 * kHour_ns), watching.rules));
  CHECK_FALSE(watching.look(after(25 * kHour_ns), true).away_since);
  CHECK_FALSE(is_given_up(watching.disks[0], after(50 * kHour_ns), watching.rules));
  watching.look(after(26 * kHour_ns), false);
  CHECK_FALSE(is_given_up(watching.disks[0], after(49 * kHour_ns), watching.rules));
}

TEST_CASE("A clock that was set back lets the waiting begin anew, and ends it") {
  Watching watching;
  watching.look(after(400 * kDay_ns), false);
  CHECK(watching.look(kStart, false).away_since == kStart);
  CHECK(is_given_up(watching.disks[0], after(kDay_ns), watching.rules));
}

TEST_CASE("That a disk was slow is forgotten when its reads are quick, and by nothing else") {
  Watching watching;
  watching.look(kStart, true, true);
  note_pace(watching.disks[0], true, after(kHour_ns));
  CHECK(watching.disks[0].slow == after(kHour_ns));
  note_pace(watching.disks[0], true, after(2 * kHour_ns));
  CHECK(watching.disks[0].slow == after(2 * kHour_ns));
  CHECK(watching.disks[0].strikes == 1);
  // Good looks take strikes off; away and back it is still slow.
  for (int day = 1; day < 6; ++day) watching.look(after(day * kDay_ns), true);
  CHECK(watching.disks[0].strikes == 0);
  watching.look(after(6 * kDay_ns), false);
  watching.look(after(7 * kDay_ns), true);
  CHECK(watching.disks[0].slow == after(2 * kHour_ns));
  note_pace(watching.disks[0], false, after(8 * kDay_ns));
  CHECK(watching.disks[0] == WatchedDisk{.disk = disk_id(1), .well_since = after(7 * kDay_ns)});
}

TEST_CASE("That a disk was read-only is forgotten by a write that went well, and by nothing else") {
  std::vector<WatchedDisk> disks;
  const auto look = [&](Timestamp now, std::optional<bool> is_read_only) {
    const DiskSight sight{.disk = disk_id(1), .is_here = true, .is_read_only = is_read_only};
    disks = watch(disks, {&sight, 1}, now, {});
    return disks.front().read_only;
  };
  CHECK_FALSE(look(kStart, std::nullopt));
  CHECK(look(after(kHour_ns), true) == after(kHour_ns));
  strike(disks[0], after(kHour_ns));
  CHECK(look(after(kDay_ns), true) == after(kHour_ns));
  for (int day = 2; day < 9; ++day) CHECK(look(after(day * kDay_ns), std::nullopt));
  CHECK(disks[0].strikes == 0);
  CHECK_FALSE(look(after(9 * kDay_ns), false));
}

TEST_CASE("A strike is of late for a day, also by a clock that was set back") {
  WatchedDisk disk{.disk = disk_id(1)};
  CHECK_FALSE(is_struck_lately(disk, kStart));
  strike(disk, kStart);
  CHECK(is_struck_lately(disk, kStart));
  CHECK(is_struck_lately(disk, after(kDay_ns - 1)));
  CHECK_FALSE(is_struck_lately(disk, after(kDay_ns)));
  CHECK(is_struck_lately(disk, after(-kHour_ns)));
  CHECK_FALSE(is_struck_lately(disk, after(-kDay_ns)));
  disk.struck = Timestamp{INT64_MIN};
  CHECK_FALSE(is_struck_lately(disk, kStart));
}

TEST_CASE("A disk fails by strikes of several days, and comes back by good looks over days") {
  Watching watching;
  watching.look(kStart, true, true);
  for (int hour = 1; hour < 24; ++hour) watching.look(after(hour * kHour_ns), true, true);
  CHECK(watching.disks[0].strikes == 1);
  watching.look(after(kDay_ns), true, true);
  CHECK_FALSE(is_failing(watching.disks[0], watching.rules));
  const std::int64_t third = 2 * kDay_ns;
  watching.look(after(third), true, true);
  CHECK(is_failing(watching.disks[0], watching.rules));
  SECTION("many good looks on one day are no proof, and one after days is none") {
    for (int hour = 1; hour < 24; ++hour) watching.look(after(third + hour * kHour_ns), true);
    CHECK(is_failing(watching.disks[0], watching.rules));
    watching.look(after(third + 3 * kDay_ns + kHour_ns), true);
    CHECK(watching.disks[0] ==
          WatchedDisk{.disk = disk_id(1), .well_since = after(third + kHour_ns)});
  }
  SECTION("time alone proves nothing") {
    watching.look(after(third + kHour_ns), true);
    watching.look(after(third + 10 * kDay_ns), true);
    CHECK(is_failing(watching.disks[0], watching.rules));
    watching.look(after(third + 10 * kDay_ns + kHour_ns), true);
    CHECK_FALSE(is_failing(watching.disks[0], watching.rules));
  }
  SECTION("a failure in between begins them anew, also one of the same day") {
    watching.look(after(third + kHour_ns), true);
    watching.look(after(third + 2 * kHour_ns), true, true);
    CHECK(watching.disks[0].strikes == 3);
    watching.look(after(third + 3 * kDay_ns + kHour_ns), true);
    watching.look(after(third + 4 * kDay_ns), true);
    CHECK(is_failing(watching.disks[0], watching.rules));
  }
  SECTION("while it is away nothing is proved") {
    for (int day = 1; day < 9; ++day) watching.look(after(third + day * kDay_ns), false);
    CHECK(is_failing(watching.disks[0], watching.rules));
    CHECK(watching.disks[0].clean_looks == 0);
  }
}

TEST_CASE("A clock that goes to and fro gives no strike more than days that pass on it") {
  WatchedDisk disk{.disk = disk_id(1)};
  strike(disk, after(400 * kDay_ns));
  strike(disk, kStart);
  strike(disk, after(kHour_ns));
  CHECK(disk.strikes == 1);
  strike(disk, after(kDay_ns));
  CHECK(disk.strikes == 2);
}

TEST_CASE("A disk that did not keep what it called durable is failing at once, until it is well") {
  Watching watching;
  watching.look(kStart, true);
  strike_out(watching.disks[0], after(kHour_ns), watching.rules);
  CHECK(is_failing(watching.disks[0], watching.rules));
  strike_out(watching.disks[0], after(2 * kHour_ns), watching.rules);
  CHECK(watching.disks[0].strikes == watching.rules.strikes_max);
  for (int day = 1; day <= 3; ++day) {
    watching.look(after(day * kDay_ns), true);
    CHECK(is_failing(watching.disks[0], watching.rules));
  }
  watching.look(after(4 * kDay_ns), true);
  CHECK_FALSE(is_failing(watching.disks[0], watching.rules));
}

TEST_CASE("A note that tells of times nobody can have seen begins anew") {
  Watching watching;
  watching.disks = {{.disk = disk_id(1), .away_since = Timestamp{INT64_MIN}}};
  CHECK_FALSE(is_given_up(watching.disks[0], kStart, watching.rules));
  CHECK(watching.look(kStart, false).away_since == kStart);
}

TEST_CASE("Who went lately is waited for beside one that is given up, but not for ever") {
  const WatchRules rules;
  const std::vector<WatchedDisk> disks = {{.disk = disk_id(1), .away_since = kStart},
                                          {.disk = disk_id(2), .away_since = after(kDay_ns)}};
  CHECK_FALSE(is_waiting_over(disks, after(3 * kDay_ns - 1), rules));
  CHECK(is_waiting_over(disks, after(3 * kDay_ns), rules));
  CHECK_FALSE(is_waiting_over({}, after(3 * kDay_ns), rules));
}

TEST_CASE("That what it had is healed holds while a disk is away, and no longer") {
  Watching watching;
  const std::vector away = {disk_id(1)};
  watching.look(kStart, true);
  note_healed(watching.disks, watching.disks, {}, kStart);
  CHECK_FALSE(watching.disks[0].healed);
  watching.look(kStart, false);
  note_healed(watching.disks, watching.disks, away, after(kHour_ns));
  note_healed(watching.disks, watching.disks, away, after(2 * kHour_ns));
  CHECK(watching.look(after(3 * kHour_ns), false).healed == after(kHour_ns));
  CHECK_FALSE(watching.look(after(4 * kHour_ns), true).healed);
}

TEST_CASE("Who was here while others were healed is not, also if it is away again") {
  Watching watching;
  const std::vector gone = {disk_id(1)};
  const std::vector<WatchedDisk> before = {watching.look(kStart, false)};
  CHECK(note_here(watching.disks, gone, {}));
  note_healed(watching.disks, before, gone, after(kHour_ns));
  CHECK_FALSE(watching.disks[0].healed);
  watching.look(after(2 * kHour_ns), false);
  note_healed(watching.disks, before, gone, after(3 * kHour_ns));
  CHECK_FALSE(watching.disks[0].healed);
}

TEST_CASE(
    "A disk that takes no writes is given up as one that is away, and the mark holds so long") {
  Watching watching;
  const std::vector gone = {disk_id(1)};
  const auto look = [&](Timestamp now, bool is_here, std::optional<bool> is_read_only) {
    const DiskSight sight{.disk = disk_id(1), .is_here = is_here, .is_read_only = is_read_only};
    watching.disks = watch(watching.disks, {&sight, 1}, now, watching.rules);
    return watching.disks.front();
  };
  CHECK_FALSE(is_given_up(look(kStart, true, true), after(kDay_ns - 1), watching.rules));
  CHECK(is_given_up(watching.disks[0], after(kDay_ns), watching.rules));
  note_healed(watching.disks, watching.disks, gone, after(kDay_ns));
  CHECK(look(after(kDay_ns), true, true).healed);
  CHECK_FALSE(note_here(watching.disks, gone, {}));
  CHECK(watching.disks[0].healed);
  std::vector<WatchedDisk> again = watching.disks;
  CHECK(note_here(again, gone, gone));
  CHECK(again[0] ==
        WatchedDisk{
            .disk = disk_id(1), .read_only = kStart, .visits = 1, .given_up = after(kDay_ns)});
  // It dies then: nothing is waited for anew.
  CHECK(look(after(2 * kDay_ns), false, std::nullopt).healed);
  CHECK(is_given_up(watching.disks[0], after(2 * kDay_ns), watching.rules));
  CHECK_FALSE(look(after(3 * kDay_ns), true, false).healed);
  CHECK_FALSE(is_given_up(watching.disks[0], after(9 * kDay_ns), watching.rules));
}

TEST_CASE("Disks are settled once all have been well for days by each look") {
  Watching watching;
  watching.look(kStart, true);
  CHECK_FALSE(are_settled(watching.disks, after(3 * kDay_ns - 1), watching.rules));
  CHECK(are_settled(watching.disks, after(3 * kDay_ns), watching.rules));
  CHECK_FALSE(are_settled(watching.disks, after(-kHour_ns), watching.rules));
  watching.look(after(3 * kDay_ns), true, true);
  CHECK_FALSE(are_settled(watching.disks, after(9 * kDay_ns), watching.rules));
  for (int day = 4; day < 8; ++day) watching.look(after(day * kDay_ns), true);
  CHECK(are_settled(watching.disks, after(7 * kDay_ns), watching.rules));
  watching.look(after(8 * kDay_ns), false);
  CHECK_FALSE(are_settled(watching.disks, after(20 * kDay_ns), watching.rules));
  watching.look(after(20 * kDay_ns), true);
  CHECK_FALSE(are_settled(watching.disks, after(21 * kDay_ns), watching.rules));
}

TEST_CASE("Whoever was given up more often is waited for longer before it counts as settled") {
  Watching watching;
  std::int64_t day = 0;
  for (const int due : {3, 3, 6, 12, 24, 48, 96, 96}) {
    watching.look(after(day * kDay_ns), true);
    CHECK_FALSE(are_settled(watching.disks, after((day + due) * kDay_ns - 1), watching.rules));
    CHECK(are_settled(watching.disks, after((day + due) * kDay_ns), watching.rules));
    day += due;
    watching.look(after(day * kDay_ns), false);
    watching.look(after((day + 1) * kDay_ns), false);
    day += 2;
  }
}

TEST_CASE("Whom one look missed, and the next one found a day later, was not given up") {
  Watching watching;
  for (int day = 0; day < 12; day += 2) {
    watching.look(after(day * kDay_ns), true);
    watching.look(after((day + 1) * kDay_ns), false);
  }
  CHECK(watching.look(after(12 * kDay_ns), true).returns == 0);
}

TEST_CASE("A disk that writers can write on, and no look, is given up even so") {
  const bool is_away = GENERATE(true, false);
  const std::vector gone = {disk_id(1)};
  std::vector<WatchedDisk> disks;
  const auto look = [&](Timestamp now, bool is_closed) {
    const DiskSight sight{.disk = disk_id(1),
                          .is_here = !is_away || !is_closed,
                          .is_read_only = is_away ? std::nullopt : std::optional(is_closed)};
    disks = watch(disks, {&sight, 1}, now, {});
    return disks.front();
  };
  for (std::uint32_t half_day = 0; half_day < 2; ++half_day) {
    CHECK(look(after(half_day * kDay_ns / 2), true).visits == half_day);
    const std::vector<WatchedDisk> before = disks;
    note_healed(disks, before, gone, kStart);
    CHECK(disks[0].healed);
    CHECK(note_here(disks, gone, gone));
    CHECK_FALSE(disks[0].healed);
    note_healed(disks, before, gone, kStart);
    CHECK_FALSE(disks[0].healed);
  }
  CHECK(is_given_up(look(after(kDay_ns), true), after(kDay_ns), {}));
  const WatchedDisk back = look(after(kDay_ns), false);
  CHECK(back.visits == 0);
  CHECK_FALSE(back.given_up);
  CHECK(back.returns == 1);
  CHECK_FALSE(note_here(disks, gone, gone));
}

TEST_CASE("What a disk had may be healed before any look has missed it") {
  Watching watching;
  const std::vector away = {disk_id(1)};
  note_away(watching.disks, away, kStart);
  REQUIRE(watching.disks.size() == 1);
  CHECK(watching.disks[0].away_since == kStart);
  note_healed(watching.disks, watching.disks, away, kStart);
  CHECK(watching.look(after(kHour_ns), false).healed == kStart);
  CHECK(watching.disks[0].away_since == kStart);
}

TEST_CASE("Disks are told apart, new ones are clean and former ones are forgotten") {
  const WatchRules rules;
  std::vector<DiskSight> sights = {{disk_id(1), false, false}, {disk_id(2), true, true}};
  auto disks = watch({}, sights, kStart, rules);
  sights = {{disk_id(2), true, false}, {disk_id(3), true, false}};
  disks = watch(disks, sights, after(kHour_ns), rules);
  REQUIRE(disks.size() == 2);
  CHECK(disks[0].disk == disk_id(2));
  CHECK(disks[0].strikes == 1);
  CHECK(disks[0].clean_looks == 1);
  CHECK(disks[1] == WatchedDisk{.disk = disk_id(3), .well_since = after(kHour_ns)});
}

TEST_CASE("Whatever the clock says, who is away long enough after its last jump is given up") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::minstd_rand random(seed + 1);
    Watching watching;
    for (int jump = 0; jump < 8; ++jump) {
      watching.look(after(static_cast<std::int64_t>(random() % 4000) * kHour_ns), false);
    }
    const Timestamp settled = after(static_cast<std::int64_t>(random() % 4000) * kHour_ns);
    watching.look(settled, false);
    REQUIRE(watching.disks[0].away_since <= settled);
    REQUIRE(is_given_up(watching.disks[0], {settled.ns + kDay_ns}, watching.rules));
  }
}

}  // namespace
}  // namespace holdfast::policy
