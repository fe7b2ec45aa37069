// SPDX-License-Identifier: Apache-2.0
// Small objects on every member.
#include "tests/unit/pool/pool_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

const std::string kPath = "wraps/00ff/00000001-meta";

Result<Bytes> load(Pool& pool, ByteView wanted) {
  Bytes loaded;
  HF_TRY(pool.load_copies(kPath, 1000, [&](ByteView bytes) {
    loaded.assign(bytes.begin(), bytes.end());
    return std::ranges::equal(bytes, wanted);
  }));
  return loaded;
}

}  // namespace

TEST_CASE("a copy is stored on every member and read from any") {
  PoolFixture fixture(4);
  const auto pool = fixture.create();
  const Bytes bytes = {1, 2, 3};
  CHECK(code_of(load(*pool, bytes)) == ErrorCode::not_found);
  CHECK(pool->list_copies("wraps/00ff")->empty());
  REQUIRE(pool->store_copies(kPath, bytes));
  for (const auto& disk : fixture.disks) CHECK(disk->contents(kPath) == bytes);
  fixture.disks[0]->flip_bit(kPath, 1);
  fixture.disks[1]->erase(kPath);
  fixture.disks[2]->plant("wraps/00ff/other", bytes);
  fixture.disks[2]->plant("wraps/00ff/half.tmp", bytes);
  CHECK(load(*pool, bytes).value() == bytes);
  CHECK(pool->list_copies("wraps/00ff").value() ==
        std::vector<std::string>{"00000001-meta", "other"});
  CHECK(code_of(load(*pool, Bytes{9})) == ErrorCode::damaged);
}

TEST_CASE("a copy counts on m + 1 members") {
  PoolFixture fixture(4);
  const auto pool = fixture.create();
  const Bytes bytes = {1, 2, 3};
  fixture.disks[2]->vanish();
  CHECK(pool->store_copies(kPath, bytes));
  fixture.disks[3]->vanish();
  CHECK(code_of(pool->store_copies(kPath, bytes)) == ErrorCode::io);
  CHECK(load(*pool, bytes).value() == bytes);
  CHECK(pool->status()[2].errors == 2);
  fixture.disks[0]->vanish();
  fixture.disks[1]->vanish();
  CHECK(code_of(load(*pool, bytes)) == ErrorCode::damaged);
  CHECK(code_of(pool->list_copies("wraps/00ff")) == ErrorCode::io);
}

TEST_CASE("power goes at every step of storing copies") {
  PoolFixture counted(3);
  const auto good = counted.create();
  const std::uint64_t begin = counted.world.operations();
  REQUIRE(good->store_copies(kPath, Bytes{2, 2}));
  const std::uint64_t operations = counted.world.operations() - begin;
  for (std::uint64_t at = 1; at <= operations; ++at) {
    PoolFixture fixture(3);
    auto pool = fixture.create();
    REQUIRE(pool->store_copies(kPath, Bytes{1}));
    fixture.world.cut_at(fixture.world.operations() + at);
    const auto stored = pool->store_copies(kPath, Bytes{2, 2});
    pool.reset();
    fixture.world.crash({.seed = at});
    pool = fixture.open(fixture.all());
    if (stored) CHECK(load(*pool, Bytes{2, 2}));
    CHECK((load(*pool, Bytes{1}) || load(*pool, Bytes{2, 2})));
    for (const auto& disk : fixture.disks) {
      const auto bytes = disk->contents(kPath);
      CHECK((bytes == Bytes{1} || bytes == Bytes{2, 2}));
    }
  }
}
