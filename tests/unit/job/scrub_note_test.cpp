// SPDX-License-Identifier: Apache-2.0
// The note of rounds of scrub: what comes back of it, and that rot in it is never taken for a
// round.
#include "firmware/job/scrub_note.h"

#include <catch2/catch.hpp>

#include "hal/sim/disk.h"
#include "hal/sim/world.h"
#include "tests/support/every_damage.h"

namespace holdfast::job {
namespace {

struct Home {
  sim::World world{1};
  sim::SimDisk disk{world, "/home"};
  ScrubNote note;

  Home() {
    ScrubRound last;
    last.heals = true;
    last.begun = Timestamp{100'000'000'000};
    last.ended = Timestamp{200'000'000'000};
    last.packs = 170;
    last.shards_bad = 3;
    last.copies_bad = 1;
    last.bytes_written = 8'000'000'000;
    last.work_ms = 100'000;
    ScrubRound current;
    current.begun = Timestamp{300'000'000'000};
    current.cursor = sha256(view_of("a pack"));
    current.packs = 41;
    current.packs_lost = 2;
    current.shards_missing = 5;
    current.entries_lost = 7;
    note = {last, current};
    REQUIRE(store_scrub_note(disk, note));
  }
};

TEST_CASE("The rounds come back as they were noted") {
  Home home;
  const ScrubNote back = load_scrub_note(home.disk);
  CHECK(back.last == home.note.last);
  CHECK(back.current == home.note.current);
}

TEST_CASE("Any flipped bit, cut or further byte leaves a round as it was, or none") {
  Home home;
  const Bytes right = *home.disk.contents("scrub");
  bool has_lost = false;
  test::for_every_damage(right, [&](ByteView bytes, const test::SmallDamage& /*damage*/) {
    home.disk.plant("scrub", bytes);
    const ScrubNote back = load_scrub_note(home.disk);
    has_lost = has_lost || !back.last || !back.current;
    return (!back.last || back.last == home.note.last) &&
           (!back.current || back.current == home.note.current);
  });
  CHECK(has_lost);
}

TEST_CASE("Lines from before they had checks are read") {
  Home home;
  home.disk.plant("scrub", view_of(std::string_view(
                               "scrub 2026-01-01T00:00:00Z 2026-01-02T00:00:00Z - 9 1 2 3\n"
                               "heal 2026-01-03T00:00:00Z - - 4 0 0 0 5 6\n")));
  const ScrubNote back = load_scrub_note(home.disk);
  REQUIRE(back.last);
  CHECK(back.last->packs == 9);
  CHECK(back.last->packs_lost == 3);
  REQUIRE(back.current);
  CHECK(back.current->heals);
  CHECK(back.current->copies_bad == 5);
  CHECK(back.current->entries_lost == 6);
  CHECK(back.current->bytes_written == 0);
}

}  // namespace
}  // namespace holdfast::job
