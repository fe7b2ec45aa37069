// SPDX-License-Identifier: Apache-2.0
// Random worlds as a test: always the same seeds. tools/sim goes on from other ones.
#include "tests/worlds/campaign.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <span>

namespace holdfast::worlds {

namespace {

// From here on so few worlds have all that must be seen.
constexpr std::uint64_t kFirstSeed = 20;
constexpr std::uint64_t kFirstSeedOfMonths = 44;

std::uint64_t worlds_in_a_campaign() {
  const bool is_long = std::getenv("HOLDFAST_LONG") != nullptr;
#ifdef HOLDFAST_SANITIZED
  return is_long ? 10 : 4;
#else
  return is_long ? 150 : 36;
#endif
}

std::uint64_t worlds_of_months() {
  const bool is_long = std::getenv("HOLDFAST_LONG") != nullptr;
#ifdef HOLDFAST_SANITIZED
  return is_long ? 4 : 1;
#else
  return is_long ? 72 : 10;
#endif
}

// Rare things without which a campaign has not looked where it hurts.
constexpr std::array kMustBeSeen = {
    "add: done",
    "add: power_cut",
    "backup: home_not_newest",
    "backup: pool_full",
    "backup: power_cut",
    "backup: too_few_disks",
    "beyond: all that the source has is there again",
    "beyond: names_lost",
    "catalogs cut short",
    "catalogs gone",
    "catalogs older",
    "clone",
    "heal: power_cut",
    "hold: power_cut",
    "key add: done",
    "key remove: done",
    "key remove: power_cut",
    "many disks away",
    "old box: home_not_newest",
    "prune: a lock on a snapshot",
    "prune: a lock on an item",
    "prune: bytes went",
    "prune: frozen, disks_absent",
    "prune: packs written anew",
    "prune: power_cut",
    "prune: small packs put together",
    "prune: something went",
    "recover: done",
    "recover: power_cut",
    "replace: done",
    "replace: power_cut",
    "retire: done",
    "retire: power_cut",
    "scrub: power_cut",
    "source cannot be read",
    "source changes while read",
    "source vanishes",
    "tend: done",
    "tend: gave a disk up and had its shards made anew",
    "tend: power_cut",
};

// The same of worlds that somebody visits once a month: each state of a disk, and each check.
constexpr std::array kMustBeSeenInMonths = {
    "alone: made up for, and as many again may go",
    "away: back in time",
    "away: back when all of it was made anew",
    "backup: pool_full",
    "beyond: all that the source has is there again",
    "bits turn",
    "clock set",
    "dead in its bay",
    "dead in mid-heal",
    "drill: done",
    "failing now and then",
    "full to 99 %",
    "gone for good",
    "green by hands",
    "green by timers alone",
    "hold in mid-prune",
    "hold on a snapshot in mid-prune",
    "lost: items, each by its name",
    "lost: names",
    "named: a broken disk",
    "prune: a lock on a snapshot",
    "prune: a lock on an item",
    "prune: bytes went",
    "prune: frozen, disks_absent",
    "prune: packs written anew",
    "prune: power_cut",
    "prune: small packs put together",
    "read-only",
    "replace: power_cut",
    "rot",
    "slow",
    "stranger in a bay",
    "tend: gave a disk up and had its shards made anew",
    "tend: power_cut",
    "visit: a disk more",
    "wrong by itself",
};

// What comes by in long campaigns alone.
constexpr std::array kMustBeSeenInManyMonths = {
    "as it was before something was deleted", "former member in a bay", "heal: power_cut",
    "named: a disk of which nobody knew",     "retire: done",           "visit: a disk less",
};

void check_kept(const Campaign& campaign) {
  for (const std::string& line : campaign.story) UNSCOPED_INFO(line);
  INFO("seed " << campaign.failed_seed);
  CHECK(campaign.broken == "");
}

void check_seen(const Campaign& campaign, std::span<const char* const> marks) {
  for (const char* mark : marks) {
    INFO(mark);
    CHECK(campaign.marks.contains(mark));
  }
}

}  // namespace

TEST_CASE("in random worlds all promises are kept, and rare things do happen") {
  const std::uint64_t worlds = worlds_in_a_campaign();
  const Campaign campaign = run_campaign(
      Pace::days, kFirstSeed, [&](const Campaign& sofar) { return sofar.worlds < worlds; });
  check_kept(campaign);
  if (worlds < 30) return;  // a sanitizer lets too few come by
  check_seen(campaign, kMustBeSeen);
}

TEST_CASE(
    "in months with a visit in each all promises are kept, and every state of a disk is met") {
  const std::uint64_t worlds = worlds_of_months();
  const Campaign campaign =
      run_campaign(Pace::months, kFirstSeedOfMonths,
                   [&](const Campaign& sofar) { return sofar.worlds < worlds; });
  check_kept(campaign);
  if (worlds < 10) return;
  check_seen(campaign, kMustBeSeenInMonths);
  if (worlds >= 60) check_seen(campaign, kMustBeSeenInManyMonths);
}

TEST_CASE("the same seed gives the same world, call by call") {
  const Pace pace = GENERATE(Pace::days, Pace::months);
  Life first(3);
  Life second(3);
  CHECK(live(first, pace).empty());
  CHECK(live(second, pace).empty());
  CHECK(first.trace() == second.trace());
  CHECK(first.story() == second.story());
}

}  // namespace holdfast::worlds
