// SPDX-License-Identifier: Apache-2.0
// The note of proved packs: what comes back of it, and that no damage calls a pack proved.
#include "firmware/job/proved_packs.h"

#include <catch2/catch.hpp>

#include "hal/sim/disk.h"
#include "hal/sim/world.h"
#include "tests/support/every_damage.h"

namespace holdfast::job {
namespace {

TEST_CASE("What was proved comes back, and with any small damage nothing of that part does") {
  sim::World world{1};
  sim::SimDisk home{world, "/home"};
  const Digest pack{{0x31, 1}};
  const Digest next{{0x32, 2}};
  const std::vector<DiskId> disks{{{1}}, {{2}}, {{3}}};
  auto proved = ProvedPacks::load(home);
  proved.add(pack, disks);
  proved.add(next, std::span(disks).first(2));
  REQUIRE(proved.store(home));
  const Bytes right = *home.contents("proved/3");
  test::require_every_damage_seen(right, [&](ByteView bytes) {
    home.plant("proved/3", bytes);
    const auto back = ProvedPacks::load(home);
    return !back.disks_of(pack).empty() || !back.disks_of(next).empty();
  });
  home.plant("proved/3", right);
  CHECK(ProvedPacks::load(home).disks_of(pack) == disks);
  CHECK(ProvedPacks::load(home).disks_of(next).size() == 2);
  // Under another part's name it is damage.
  home.plant("proved/4", right);
  home.erase("proved/3");
  CHECK(ProvedPacks::load(home).disks_of(pack).empty());
}

}  // namespace
}  // namespace holdfast::job
