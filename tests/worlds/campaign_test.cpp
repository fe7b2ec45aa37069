// SPDX-License-Identifier: Apache-2.0
// Random worlds as a test: always the same seeds. tools/sim goes on from other ones.
#include "tests/worlds/campaign.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>

namespace holdfast::worlds {

namespace {

std::uint64_t worlds_in_a_campaign() {
  const bool is_long = std::getenv("HOLDFAST_LONG") != nullptr;
#ifdef HOLDFAST_SANITIZED
  return is_long ? 10 : 4;
#else
  return is_long ? 150 : 60;
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
    "prune: bytes went",
    "prune: frozen, disks_absent",
    "prune: packs written anew",
    "prune: power_cut",
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

}  // namespace

TEST_CASE("in random worlds all promises are kept, and rare things do happen") {
  const std::uint64_t worlds = worlds_in_a_campaign();
  const Campaign campaign =
      run_campaign(1, [&](const Campaign& sofar) { return sofar.worlds < worlds; });
  for (const std::string& line : campaign.story) UNSCOPED_INFO(line);
  INFO("seed " << campaign.failed_seed);
  CHECK(campaign.broken == "");
  if (worlds < 30) return;  // a sanitizer lets too few come by
  for (const char* mark : kMustBeSeen) {
    INFO(mark);
    CHECK(campaign.marks.contains(mark));
  }
}

TEST_CASE("the same seed gives the same world, call by call") {
  Life first(3);
  Life second(3);
  CHECK(first.run().empty());
  CHECK(second.run().empty());
  CHECK(first.trace() == second.trace());
  CHECK(first.story() == second.story());
}

}  // namespace holdfast::worlds
