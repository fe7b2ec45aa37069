// SPDX-License-Identifier: Apache-2.0
// What is told of packs, all of them and a sample.
#include "firmware/status/pool_facts.h"

#include <catch2/catch.hpp>

#include "firmware/job/scrub.h"
#include "firmware/job/scrub_note.h"
#include "firmware/status/pool_outlook.h"
#include "tests/sim/sim_box.h"

namespace holdfast::status {
namespace {

const job::StopFlag kNoStop = false;

struct Site : test::SimBox {
  enum class Stored : std::uint8_t { nothing, calls };

  explicit Site(Stored stored = Stored::calls) {
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    const int calls = stored == Stored::nothing ? 0 : 60;
    for (int i = 0; i < calls; ++i) {
      Bytes bytes(4000);
      random.fill(bytes);
      files.write_file("/calls/" + std::to_string(i), bytes);
    }
    if (calls > 0) REQUIRE(backup());
    reopen();
  }
  pool::Pool& pool() {
    const auto opened = box->pool();
    REQUIRE(opened);
    return **opened;
  }
  // The box anew, with the disks as they are now.
  void reopen() {
    businesses.clear();
    auto opened = open();
    REQUIRE(opened);
    box = std::move(*opened);
    auto business = box->open_business("calls", vault::Access::read);
    REQUIRE(business);
    businesses.push_back(std::move(*business));
  }
  Result<job::ScrubSummary> scrub(bool heals) {
    reopen();
    job::ScrubRequest request;
    request.heal = heals;
    return job::run_scrub(*box, request);
  }
  PackFacts facts() {
    const auto facts =
        count_packs(pool(), businesses, load_noted_damage(home, businesses), kNoStop);
    REQUIRE(facts);
    return *facts;
  }
  PackFacts sample(std::uint64_t packs_max) {
    PackMemory memory;
    return sample(packs_max, memory);
  }
  PackFacts sample(std::uint64_t packs_max, PackMemory& memory) {
    const auto facts = sample_packs(pool(), businesses, load_noted_damage(home, businesses), random,
                                    kNoStop, memory, packs_max);
    REQUIRE(facts);
    return *facts;
  }
  // Takes the shards of one pack from that many disks.
  void lose_shards(int count) {
    for_shards_of_one_pack(count,
                           [](sim::SimDisk& disk, const std::string& path) { disk.erase(path); });
  }
  // Each in another leaf, so that the pack can still be read.
  void damage_shards(int count) {
    std::uint64_t place = pool::kShardHeaderSize;
    for_shards_of_one_pack(count, [&](sim::SimDisk& disk, const std::string& path) {
      disk.flip_bit(path, place, 1);
      place += settings.pool.leaf_size;
    });
  }
  void for_shards_of_one_pack(int count,
                              const std::function<void(sim::SimDisk&, const std::string&)>& act) {
    Digest victim;
    for (const auto& disk : disks) {
      const auto folders = disk->list("packs");
      REQUIRE(folders);
      for (const auto& folder : *folders) {
        const auto shards = disk->list("packs/" + folder.name);
        REQUIRE(shards);
        for (const auto& shard : *shards) {
          const auto name = pool::parse_shard_file_name(shard.name);
          if (!name || count == 0) continue;
          if (victim == Digest{}) victim = name->pack;
          if (name->pack != victim) continue;
          act(*disk, "packs/" + folder.name + "/" + shard.name);
          --count;
        }
      }
    }
    REQUIRE(count == 0);
  }
  std::unique_ptr<vault::Box> box;
  job::Businesses businesses;
  const NotedDamage none{job::DamagedShards::load(home, false), {}};
};

TEST_CASE("every pack is looked at, and what is missing is counted") {
  Site site;
  const auto whole = count_packs(site.pool(), site.businesses, site.none, kNoStop);
  REQUIRE(whole);
  CHECK(whole->packs > 50);
  CHECK(whole->looked_at == whole->packs);
  CHECK(whole->shards_missing == 0);
  CHECK(whole->lost == 0);
  CHECK(whole->may_lose == 2);
  site.lose_shards(3);
  const auto thin = count_packs(site.pool(), site.businesses, site.none, kNoStop);
  REQUIRE(thin);
  CHECK(thin->shards_missing == 3);
  CHECK(thin->lost == 1);
  CHECK(thin->may_lose == 2);  // of what is left
}

TEST_CASE("shards that a disk brought back beside those written anew are counted as there twice") {
  Site site;
  CHECK(site.facts().shards_twice == 0);
  site.missing["/disk2"] = true;
  const auto healed = site.scrub(true);
  REQUIRE(healed);
  CHECK(healed->shards_written > 0);
  site.reopen();
  CHECK(site.facts().shards_twice == 0);
  site.missing.clear();
  site.reopen();
  const PackFacts back = site.facts();
  CHECK(back.shards_twice == healed->shards_written);
  CHECK(back.shards_missing == 0);
}

TEST_CASE("a sample looks at few of many packs, others each time, and finds a loss in the end") {
  Site site;
  site.lose_shards(3);
  constexpr std::uint64_t kFew = 10;
  bool found = false;
  for (int i = 0; i < 1000 && !found; ++i) {
    const PackFacts facts = site.sample(kFew);
    CHECK(facts.looked_at < facts.packs);
    found = facts.lost == 1;
  }
  CHECK(found);
  // Few enough: all of them.
  const PackFacts all = site.sample(kSampledMax);
  CHECK(all.looked_at == all.packs);
}

TEST_CASE("who remembers needs a few folders each time, and knows all after a round") {
  Site site;
  PackMemory memory;
  const PackFacts first = site.sample(kSampledMax, memory);
  CHECK(first.looked_at == first.packs);
  site.lose_shards(3);
  // The listings of a call that follows: of eight folders on six disks at most.
  const std::uint64_t before = site.world.operations();
  CHECK(site.sample(kSampledMax, memory).lost == 0);
  CHECK(site.world.operations() - before < 8 * 6 * 2);
  int calls = 1;
  while (site.sample(kSampledMax, memory).lost == 0) REQUIRE(++calls < 32);
  for (int i = 0; i < 40; ++i) CHECK(site.sample(kSampledMax, memory).lost == 1);
  CHECK(site.sample(kSampledMax, memory).looked_at == first.packs);
}

TEST_CASE("of many packs more are known with each call, and what was found stays told") {
  Site site;
  site.lose_shards(3);
  PackMemory memory;
  constexpr std::uint64_t kFew = 10;
  std::uint64_t known = 0;
  bool found = false;
  for (int i = 0; i < 256; ++i) {
    const PackFacts facts = site.sample(kFew, memory);
    CHECK(facts.looked_at >= known);
    known = facts.looked_at;
    CHECK(facts.lost >= (found ? 1U : 0U));
    found = facts.lost > 0;
  }
  CHECK(found);
  CHECK(site.sample(kFew, memory).looked_at == known);
}

TEST_CASE("what was found with other disks, or before a scrub, counts no more") {
  Site site;
  PackMemory memory;
  CHECK(site.sample(kSampledMax, memory).may_lose == 2);
  site.missing["/disk3"] = true;
  site.reopen();
  CHECK(site.sample(kSampledMax, memory).may_lose == 1);
  CHECK(site.sample(kSampledMax, memory).shards_missing > 0);
  site.missing.clear();
  site.reopen();
  CHECK(site.sample(kSampledMax, memory).may_lose == 2);
  CHECK(site.sample(kSampledMax, memory).shards_missing == 0);
  site.damage_shards(1);
  CHECK(site.sample(kSampledMax, memory).may_lose == 2);
  REQUIRE(site.scrub(false));
  CHECK(site.sample(kSampledMax, memory).may_lose == 1);
}

// Shreds every shard on that disk.
void shred(sim::SimDisk& disk) {
  const auto folders = disk.list("packs");
  REQUIRE(folders);
  for (const auto& folder : *folders) {
    const auto shards = disk.list("packs/" + folder.name);
    REQUIRE(shards);
    for (const auto& shard : *shards) {
      const std::string path = "packs/" + folder.name + "/" + shard.name;
      disk.plant(path, Bytes(disk.contents(path)->size(), 0xee));
    }
  }
}

TEST_CASE("what a scrub found damaged may not be counted on, until it is healed") {
  Site site;
  site.missing["/disk1"] = true;
  shred(*site.disks[3]);
  site.reopen();
  CHECK(site.facts().may_lose == 1);  // nobody has looked
  REQUIRE(site.scrub(false));
  CHECK(site.facts().may_lose == 0);
  CHECK(site.facts().lost == 0);
  CHECK(site.facts().shards_missing < site.facts().packs);  // missing are those of one disk alone
  // A sample finds them wherever they are.
  for (int i = 0; i < 20; ++i) CHECK(site.sample(1).may_lose == 0);
  site.missing.clear();
  site.reopen();
  CHECK(site.facts().may_lose == 1);
  REQUIRE(site.scrub(true));
  CHECK(site.facts().may_lose == 2);
  CHECK(site.sample(1).may_lose == 2);
}

TEST_CASE("one damaged pack among many is enough, and a note that is lost is no good news") {
  Site site;
  site.damage_shards(3);
  REQUIRE(site.scrub(false));
  CHECK(site.facts().may_lose == 0);
  CHECK(site.facts().lost == 0);
  for (int i = 0; i < 20; ++i) CHECK(site.sample(1).may_lose == 0);
  site.home.erase("damaged");
  CHECK(site.facts().may_lose == 0);
  CHECK(site.sample(1).may_lose == 0);
  // Whoever looks at all of them knows again.
  REQUIRE(site.scrub(true));
  CHECK(site.facts().may_lose == 2);
}

TEST_CASE("a pack that a scrub found beyond repair is told as lost, and the others count on") {
  Site site;
  site.for_shards_of_one_pack(3, [](sim::SimDisk& disk, const std::string& path) {
    disk.plant(path, Bytes(disk.contents(path)->size(), 0xee));
  });
  CHECK(site.facts().may_lose == 2);  // nobody has looked
  REQUIRE(site.scrub(false));
  CHECK(load_noted_damage(site.home, site.businesses).lost.size() == 1);
  CHECK(site.facts().may_lose == 2);
  site.missing["/disk0"] = true;
  site.reopen();
  CHECK(site.facts().may_lose == 1);
}

TEST_CASE("a disk that is away takes nothing from packs that are whole without it") {
  Site site;
  site.missing["/disk1"] = true;
  site.reopen();
  const auto expect = [&] {
    return outlook_of(site.pool().label().record, site.pool().status(), site.facts().may_lose, {},
                      site.clock.now(), 30);
  };
  CHECK(site.facts().may_lose == 1);
  CHECK(site.sample(1).may_lose == 1);
  const PoolOutlook thin = expect();
  REQUIRE(site.scrub(true));
  CHECK(site.facts().shards_missing == 0);
  CHECK(site.facts().may_lose == 2);
  CHECK(site.sample(kSampledMax).may_lose == 2);
  CHECK(site.sample(1).may_lose == 1);  // what nobody looked at may need it
  const PoolOutlook healed = expect();
  CHECK(healed.durability.nines() > thin.durability.nines());
  CHECK(healed.spare == 0);  // it is used up
}

TEST_CASE("where nothing is stored yet, a disk that is away is one that may not be lost any more") {
  Site site{Site::Stored::nothing};
  CHECK(site.facts().may_lose == 2);
  site.missing["/disk1"] = true;
  site.reopen();
  CHECK(site.facts().may_lose == 1);
  CHECK(site.sample(kSampledMax).may_lose == 1);
}

TEST_CASE("counting stops when it is asked to") {
  Site site;
  const job::StopFlag stop = true;
  const auto facts = count_packs(site.pool(), site.businesses, site.none, stop);
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == ErrorCode::interrupted);
}

}  // namespace
}  // namespace holdfast::status
