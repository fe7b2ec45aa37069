// SPDX-License-Identifier: Apache-2.0
// What is told of packs, all of them and a sample.
#include "firmware/app/pool_facts.h"

#include <catch2/catch.hpp>

#include "tests/sim/sim_box.h"

namespace holdfast::app {
namespace {

const job::StopFlag kNoStop = false;

struct Site : test::SimBox {
  Site() {
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    for (int i = 0; i < 60; ++i) {
      Bytes bytes(4000);
      random.fill(bytes);
      files.write_file("/calls/" + std::to_string(i), bytes);
    }
    REQUIRE(backup());
    auto opened = open();
    REQUIRE(opened);
    box = std::move(*opened);
    auto business = box->open_business("calls", vault::Access::read);
    REQUIRE(business);
    businesses.push_back(std::move(*business));
  }
  pool::Pool& pool() {
    const auto opened = box->pool();
    REQUIRE(opened);
    return **opened;
  }
  // Takes the shards of one pack from that many disks.
  void lose_shards(int count) {
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
          disk->erase("packs/" + folder.name + "/" + shard.name);
          --count;
        }
      }
    }
    REQUIRE(count == 0);
  }
  std::unique_ptr<vault::Box> box;
  Businesses businesses;
};

TEST_CASE("every pack is looked at, and what is missing is counted") {
  Site site;
  const auto whole = count_packs(site.pool(), site.businesses, kNoStop);
  REQUIRE(whole);
  CHECK(whole->packs > 50);
  CHECK(whole->looked_at == whole->packs);
  CHECK(whole->shards_missing == 0);
  CHECK(whole->lost == 0);
  CHECK(whole->may_lose == 2);
  site.lose_shards(3);
  const auto thin = count_packs(site.pool(), site.businesses, kNoStop);
  REQUIRE(thin);
  CHECK(thin->shards_missing == 3);
  CHECK(thin->lost == 1);
  CHECK(thin->may_lose == 0);
}

TEST_CASE("a sample looks at few of many packs, others each time, and finds a loss in the end") {
  Site site;
  site.lose_shards(3);
  constexpr std::uint64_t kFew = 10;
  bool found = false;
  for (int i = 0; i < 1000 && !found; ++i) {
    const auto facts = sample_packs(site.pool(), site.businesses, site.random, kNoStop, kFew);
    REQUIRE(facts);
    CHECK(facts->looked_at < facts->packs);
    found = facts->lost == 1;
  }
  CHECK(found);
  // Few enough: all of them.
  const auto all = sample_packs(site.pool(), site.businesses, site.random, kNoStop);
  REQUIRE(all);
  CHECK(all->looked_at == all->packs);
}

TEST_CASE("counting stops when it is asked to") {
  Site site;
  const job::StopFlag stop = true;
  const auto facts = count_packs(site.pool(), site.businesses, stop);
  REQUIRE_FALSE(facts);
  CHECK(facts.error().code == ErrorCode::interrupted);
}

}  // namespace
}  // namespace holdfast::app
