// SPDX-License-Identifier: Apache-2.0
// Writing packs while disks fail, fill up and lose power.
#include <thread>

#include "firmware/pool/geometry.h"
#include "tests/unit/pool/pool_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

std::size_t temporary_files(const sim::SimDisk& disk, const Digest& pack) {
  std::size_t count = 0;
  for (std::uint8_t index = 0; index < 5; ++index) {
    count += disk.contents(shard_path(pack, 0, index) + ".tmp") ? 1U : 0U;
  }
  return count;
}

std::uint64_t errors_of(const Pool& pool) {
  std::uint64_t errors = 0;
  for (const DiskStatus& status : pool.status()) errors += status.errors;
  return errors;
}

bool is_whole(Pool& pool, const pack::ClosedPack& pack, const PackHint& hint) {
  const auto read = pool.read_whole(pack.name, hint);
  return read && std::ranges::equal(read->view(), pack.bytes.view());
}

}  // namespace

TEST_CASE("a disk that fails at any step of a pack is replaced") {
  PoolFixture counted(6);
  const auto good = counted.create();
  auto first = counted.make_pack();
  const std::uint64_t begin = counted.world.operations();
  REQUIRE(good->write_pack(first));
  const std::uint64_t operations = counted.world.operations() - begin;

  for (std::uint64_t at = 1; at <= operations; ++at) {
    PoolFixture fixture(6);
    const auto pool = fixture.create();
    auto pack = fixture.make_pack();
    fixture.world.fail_at(fixture.world.operations() + at, ErrorCode::io);
    const auto written = pool->write_pack(pack);
    REQUIRE(written);
    CHECK(written->hint.geometry == erasure::Geometry{3, 2});
    CHECK(written->hint.generation == 0);
    CHECK(!written->under_protected);
    CHECK(errors_of(*pool) == 1);
    const auto reopened = fixture.open(fixture.all());
    CHECK(reopened->open_pack(pack.name, written->hint).value()->shards_present().value() == 5);
    CHECK(is_whole(*reopened, pack, written->hint));
    for (const auto& disk : fixture.disks) CHECK(temporary_files(*disk, pack.name) == 0);
  }
}

TEST_CASE("a disk that fails at any stripe of a pack is replaced by one with the same bytes") {
  constexpr std::size_t kSize = 900'000;  // three stripes a shard, the last one shorter
  const auto shards_of = [](const PoolFixture& fixture, const Digest& pack) {
    std::vector<Bytes> shards;
    for (std::uint8_t index = 0; index < 5; ++index) {
      const std::size_t disk = fixture.disk_of(pack, index);
      REQUIRE(disk < fixture.disks.size());
      shards.push_back(fixture.disks[disk]->contents(shard_path(pack, 0, index)).value());
    }
    return shards;
  };
  const auto write = [&](std::optional<std::uint64_t> fail_at, std::uint64_t& operations) {
    PoolFixture fixture(6);
    fixture.settings.leaf_size = 4096;
    const auto pool = fixture.create();
    auto pack = fixture.make_pack(kSize);
    const std::uint64_t begin = fixture.world.operations();
    if (fail_at) fixture.world.fail_at(begin + *fail_at, ErrorCode::io);
    const auto written = pool->write_pack(pack);
    operations = fixture.world.operations() - begin;
    REQUIRE(written);
    CHECK(written->hint.geometry == erasure::Geometry{3, 2});
    CHECK(errors_of(*pool) == (fail_at ? 1 : 0));
    CHECK(is_whole(*pool, pack, written->hint));
    return shards_of(fixture, pack.name);
  };
  std::uint64_t operations = 0;
  const std::vector<Bytes> good = write(std::nullopt, operations);
  std::uint64_t ignored = 0;
  for (std::uint64_t at = 1; at <= operations; ++at) CHECK((write(at, ignored) == good));
}

TEST_CASE("a disk that failed gets no more shards") {
  PoolFixture fixture(6);
  const auto pool = fixture.create();
  pool->report_error(pool->label().record.members[2].disk);
  pool->report_error(pool->label().record.members[4].disk);
  CHECK(pool->write_geometry() == erasure::Geometry{2, 2});
  for (int i = 0; i < 10; ++i) {
    auto pack = fixture.make_pack();
    const auto written = pool->write_pack(pack).value();
    CHECK(written.hint.geometry == erasure::Geometry{2, 2});
    CHECK_FALSE(written.under_protected);  // as many disks may go as ever
    for (std::uint8_t index = 0; index < 4; ++index) {
      const std::size_t disk = fixture.disk_of(pack.name, index);
      CHECK((disk != 2 && disk != 4));
    }
  }
}

TEST_CASE("disks pulled in mid-pack make it thinner, and it says so") {
  PoolFixture fixture(4);
  const auto pool = fixture.create();
  auto pack = fixture.make_pack();
  REQUIRE(pool->write_pack(pack));
  std::vector<erasure::Geometry> geometries;
  std::vector<int> generations;
  for (const std::size_t gone : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    pack = fixture.make_pack();
    fixture.disks[gone]->vanish();
    const auto written = pool->write_pack(pack).value();
    const bool thin = written.hint.geometry.m < 2;
    CHECK(written.under_protected == thin);
    CHECK(is_whole(*pool, pack, written.hint));
    CHECK(pool->open_pack(pack.name, written.hint).value()->shape().under_protected == thin);
    geometries.push_back(written.hint.geometry);
    generations.push_back(written.hint.generation);
  }
  CHECK(geometries == std::vector<erasure::Geometry>{{1, 2}, {1, 1}, {1, 0}});
  // Begun as 2 + 2, then anew; a pool that is thin already asks its disks before it begins.
  CHECK(generations == std::vector<int>{1, 0, 0});
  fixture.disks[3]->vanish();
  CHECK(code_of(pool->write_pack(pack)) == ErrorCode::too_few_disks);
}

TEST_CASE("a full disk is passed over, and full disks never make a pack thinner") {
  PoolFixture fixture(6);
  fixture.settings.disk_reserve = 1000;
  // Without a spare, which would end with the first disk that is full.
  CreateOptions options;
  options.same_device_allowed = true;
  auto made = fixture.try_create(options);
  REQUIRE(made);
  const auto& pool = *made;
  for (const auto& disk : fixture.disks) disk->set_capacity(200'000);
  fixture.disks[5]->set_capacity(400'000);
  // Says that there is room and has none when it comes to it.
  fixture.disks[0]->set_capacity(20'000);
  auto pack = fixture.make_pack();
  const auto written = pool->write_pack(pack).value();
  CHECK(written.hint.geometry == erasure::Geometry{3, 2});

  std::uint64_t stored = written.bytes_stored;
  std::vector<std::pair<pack::ClosedPack, PackHint>> packs;
  while (true) {
    auto next = fixture.make_pack(20'000);
    const auto more = pool->write_pack(next);
    if (!more) {
      CHECK(more.error().code == ErrorCode::pool_full);
      CHECK(next.bytes.size() == 20'000);
      break;
    }
    CHECK(more->hint.geometry == erasure::Geometry{3, 2});
    CHECK_FALSE(more->under_protected);
    stored += more->bytes_stored;
    packs.emplace_back(std::move(next), more->hint);
  }
  // All but the reserve and less than a shard of the five that are not full.
  CHECK(stored > 900'000);
  CHECK(errors_of(*pool) == 0);
  for (const auto& [kept, hint] : packs) CHECK(is_whole(*pool, kept, hint));
  for (std::size_t i = 1; i < 6; ++i) CHECK(fixture.disks[i]->space()->free >= 1000);
}

namespace {

constexpr std::uint64_t kSmallDisk = 400'000;
constexpr std::size_t kSmallPack = 20'000;

struct SmallPool : PoolFixture {
  explicit SmallPool(const std::vector<std::uint64_t>& sizes = std::vector(6, kSmallDisk))
      : PoolFixture(sizes.size()) {
    for (std::size_t i = 0; i < sizes.size(); ++i) disks[i]->set_capacity(sizes[i]);
    pool = create();
  }
  // Bytes of shards; until it is full.
  std::uint64_t fill() {
    std::uint64_t stored = 0;
    while (true) {
      packs.push_back(make_pack(kSmallPack));
      const auto written = pool->write_pack(packs.back());
      if (!written) {
        CHECK(written.error().code == ErrorCode::pool_full);
        packs.pop_back();
        return stored;
      }
      CHECK_FALSE(written->under_protected);
      hints.push_back(written->hint);
      stored += written->bytes_stored;
    }
  }
  void add() {
    packs.push_back(make_pack(kSmallPack));
    const auto written = pool->write_pack(packs.back());
    REQUIRE(written);
    hints.push_back(written->hint);
  }
  // All of it, with a place for every shard. How many it wrote.
  std::size_t heal() {
    std::size_t written = 0;
    for (std::size_t i = 0; i < packs.size(); ++i) {
      const auto healed = pool->heal_pack(packs[i].name, hints[i]);
      REQUIRE(healed);
      written += healed->written.size();
      CHECK(healed->unhealed.empty());
    }
    return written;
  }
  std::uint64_t room_left() {
    std::uint64_t sum = 0;
    for (const DiskStatus& disk : pool->status()) {
      sum += disk.bytes_free - std::min(disk.bytes_free, settings.disk_reserve);
    }
    return sum;
  }

  std::unique_ptr<Pool> pool;
  std::vector<pack::ClosedPack> packs;
  std::vector<PackHint> hints;
};

}  // namespace

TEST_CASE("backups leave the spare free, and store what was shown as free") {
  SmallPool box;
  const std::uint64_t shown = box.pool->free_bytes().value();
  CHECK(shown <= box.pool->usable_bytes());
  CHECK(shown > box.pool->usable_bytes() - 10'000);  // the labels
  const std::uint64_t stored = box.fill();
  // In bytes of packs; a shard file has its header and its CRCs besides.
  const std::uint64_t one_pack = 5 * (stored / box.packs.size() / 5);
  CHECK(stored * 3 / 5 <= shown);
  CHECK(stored * 3 / 5 + one_pack > shown);
  CHECK(box.room_left() >= kSmallDisk);
  CHECK(box.room_left() < kSmallDisk + one_pack);
  CHECK(box.pool->free_bytes().value() < kSmallPack + 3 * 5000);
  // The next process says the same.
  box.pool = box.open(box.all());
  CHECK(box.fill() == 0);
}

TEST_CASE("heal writes into the spare") {
  SmallPool box;
  box.fill();
  box.disks[2]->vanish();
  box.pool = box.open(box.without({2}));
  std::size_t written = 0;
  std::size_t unhealed = 0;
  for (std::size_t i = 0; i < box.packs.size(); ++i) {
    const auto healed = box.pool->heal_pack(box.packs[i].name, box.hints[i]);
    REQUIRE(healed);
    written += healed->written.size();
    unhealed += healed->unhealed.size();
  }
  CHECK(written > 10);
  CHECK(unhealed == 0);
  CHECK(box.room_left() < kSmallDisk / 4);
}

// Until it is healed the room that is left is for that; and then a call that nobody stores would be
// lost for sure.
TEST_CASE("with a disk gone backups leave the room that its heal needs, and take it once healed") {
  SmallPool box;
  const DiskId gone = box.pool->present_members()[2].id;
  for (int pack = 0; pack < 20; ++pack) box.add();
  box.disks[2]->vanish();
  box.pool = box.open(box.without({2}));
  CHECK(box.pool->plain_members_away() == std::vector{gone});
  const std::uint64_t shown = box.pool->free_bytes().value();
  const std::uint64_t stored = box.fill() * 3 / 5;
  CHECK(stored <= shown);
  CHECK(stored > shown * 9 / 10);
  CHECK(box.pool->free_bytes().value() < kSmallPack + 3 * 5000);
  auto refused = box.make_pack(kSmallPack);
  CHECK(box.pool->write_pack(refused).error().arguments.at(0).value == "1");  // is away
  CHECK(box.heal() > 10);
  box.pool = box.open(box.without({2}));
  box.pool->set_healed(gone);
  const std::uint64_t free = box.pool->free_bytes().value();
  CHECK(free > 0);
  const std::uint64_t more = box.fill() * 3 / 5;
  CHECK(more <= free);
  CHECK(more > free / 2);
}

// Heal moves nothing from it as long as it can be read: what were kept for that would be kept for
// ever. And who has not met the error yet shows no other figures.
TEST_CASE("a disk that is here and takes no writes leaves to backups what was free before") {
  SmallPool box;
  for (int pack = 0; pack < 20; ++pack) box.add();
  box.disks[2]->set_read_only(true);
  const std::uint64_t shown = box.pool->free_bytes().value();
  CHECK(shown > 3 * kSmallPack);
  const std::uint64_t stored = box.fill() * 3 / 5;
  CHECK(errors_of(*box.pool) > 0);
  CHECK(stored <= shown);
  CHECK(stored > shown - 2 * kSmallPack);
  CHECK(box.pool->heal_due().away == 0);
  const std::uint64_t left = box.pool->free_bytes().value();
  CHECK(left < kSmallPack + 3 * 5000);
  CHECK(box.room_left() > kSmallDisk);  // the spare
  box.pool = box.open(box.all());
  CHECK(box.pool->free_bytes().value() == left);
  CHECK(box.fill() == 0);
}

// As many packs as the smallest disk has room for shards: on any five of the six each has its
// place.
TEST_CASE("a pool of unequal disks, filled until it refuses, heals whichever one goes") {
  constexpr std::size_t kSmallest = 4;
  for (std::size_t gone = 0; gone < 6; ++gone) {
    CAPTURE(gone);
    SmallPool box({800'000, 700'000, 300'000, 300'000, 200'000, 300'000});
    const std::uint64_t stored = box.fill();
    CHECK(stored / 5 <= 200'000);
    CHECK(stored / 5 > 180'000);
    box.disks[gone]->vanish();
    box.pool = box.open(box.without({gone}));
    std::size_t written = 0;
    for (std::size_t i = 0; i < box.packs.size(); ++i) {
      const auto healed = box.pool->heal_pack(box.packs[i].name, box.hints[i]);
      REQUIRE(healed);
      written += healed->written.size();
      CHECK(healed->unhealed.empty());
    }
    CHECK((written > 0 || gone == kSmallest));
  }
}

TEST_CASE("a small disk that is away keeps no more room than it had") {
  SmallPool box({400'000, 400'000, 400'000, 400'000, 400'000, 100'000});
  const DiskId gone = box.pool->present_members()[5].id;
  box.fill();
  CHECK(box.room_left() > 1'400'000);
  box.disks[5]->vanish();
  box.pool = box.open(box.without({5}));
  CHECK(box.fill() > 700'000);
  box.heal();
  box.pool = box.open(box.without({5}));
  box.pool->set_healed(gone);
  box.fill();
  CHECK(box.room_left() < 5 * 12'000);
}

TEST_CASE("with more disks gone than are left over room is kept for what can be healed") {
  SmallPool box(std::vector<std::uint64_t>(5, kSmallDisk));  // 2 + 2
  for (int pack = 0; pack < 10; ++pack) box.add();
  for (const std::size_t gone : {0U, 3U}) box.disks[gone]->vanish();
  box.pool = box.open(box.without({0, 3}));
  std::size_t thin = 0;
  for (;; ++thin) {
    auto pack = box.make_pack(kSmallPack);
    if (!box.pool->write_pack(pack)) break;
  }
  CHECK(thin > 3);
  for (std::size_t i = 0; i < box.packs.size(); ++i) {
    const auto healed = box.pool->heal_pack(box.packs[i].name, box.hints[i]);
    REQUIRE(healed);
    CHECK(healed->unhealed.size() == 1);  // of four shards on three disks
  }
}

TEST_CASE("folders that share a device have no spare: their figures say nothing") {
  PoolFixture fixture(6);
  for (const auto& disk : fixture.disks) disk->set_capacity(400'000);
  CreateOptions options;
  options.same_device_allowed = true;
  auto made = fixture.try_create(options);
  REQUIRE(made);
  const std::uint64_t shown = (*made)->free_bytes().value();
  CHECK(shown <= (*made)->usable_bytes());
  CHECK(shown > (*made)->usable_bytes() - 10'000);  // the labels
  std::uint64_t stored = 0;
  while (true) {
    auto pack = fixture.make_pack(20'000);
    const auto written = (*made)->write_pack(pack);
    if (!written) break;
    stored += written->bytes_stored;
  }
  CHECK(stored > 6 * 400'000 - 400'000);
}

TEST_CASE("full disks are no missing disks: room for less than the geometry is no room") {
  PoolFixture fixture(6);
  const auto pool = fixture.create();
  auto pack = fixture.make_pack(20'000);
  const auto code = [&] { return code_of(pool->write_pack(pack)); };
  SECTION("known before") {
    for (const std::size_t full : {0U, 1U, 2U}) fixture.disks[full]->set_capacity(5000);
    CHECK(code() == ErrorCode::pool_full);
  }
  SECTION("found out on the way") {
    REQUIRE(pool->write_pack(pack));
    pack = fixture.make_pack(20'000);
    for (const std::size_t full : {0U, 1U, 2U, 3U, 4U, 5U}) {
      fixture.disks[full]->set_capacity(5000);
    }
    CHECK(code() == ErrorCode::pool_full);
  }
  SECTION("with two disks gone, of which the other four make 2 + 2") {
    for (const std::size_t gone : {0U, 1U}) fixture.disks[gone]->vanish();
    const auto written = pool->write_pack(pack).value();
    CHECK(written.hint.geometry == erasure::Geometry{2, 2});
    pack = fixture.make_pack(20'000);
    fixture.disks[2]->set_capacity(5000);
    CHECK(code() == ErrorCode::pool_full);
    // Room for nothing: still not gone.
    for (const std::size_t full : {3U, 4U, 5U}) fixture.disks[full]->set_capacity(5000);
    CHECK(code() == ErrorCode::pool_full);
  }
  CHECK(errors_of(*pool) <= 2);
}

TEST_CASE("a full disk takes shards again when something was deleted") {
  PoolFixture fixture(2);
  const auto pool = fixture.create();
  for (const auto& disk : fixture.disks) disk->set_capacity(1000);
  auto pack = fixture.make_pack();
  CHECK(code_of(pool->write_pack(pack)) == ErrorCode::pool_full);
  for (const auto& disk : fixture.disks) disk->set_capacity(1'000'000);
  CHECK(pool->write_pack(pack));
}

TEST_CASE("a process at its own limit gives up the pack, and blames and spares no disk") {
  PoolFixture good(6);
  const auto good_pool = good.create();
  auto good_pack = good.make_pack();
  const std::uint64_t begin = good.world.operations() + 1;
  REQUIRE(good_pool->write_pack(good_pack));
  const std::uint64_t end = good.world.operations();
  for (std::uint64_t at = begin; at <= end; ++at) {
    CAPTURE(at);
    PoolFixture fixture(6);
    const auto pool = fixture.create();
    auto pack = fixture.make_pack();
    fixture.world.fail_at(at, ErrorCode::out_of_memory);
    const auto written = pool->write_pack(pack);
    if (!written) CHECK(written.error().code == ErrorCode::out_of_memory);
    if (written) CHECK(!written->under_protected);
    for (const DiskStatus& disk : pool->status()) CHECK(disk.errors == 0);
    const auto again = pool->write_pack(pack);
    REQUIRE(again);
    CHECK(!again->under_protected);
  }
}

TEST_CASE("power goes at every step of a pack: it is whole or it does not count") {
  for (std::uint64_t at = 1, cut = true; cut; ++at) {
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
      PoolFixture fixture(4);
      auto pool = fixture.create();
      auto before = fixture.make_pack(700);
      const auto hint = pool->write_pack(before)->hint;
      auto pack = fixture.make_pack(900);
      fixture.world.cut_at(fixture.world.operations() + at);
      const auto written = pool->write_pack(pack);
      if (!written) CHECK(written.error().code == ErrorCode::power_cut);
      cut = !written;
      pool.reset();
      fixture.world.crash({.seed = seed});

      pool = fixture.open(fixture.all());
      REQUIRE(pool->writable());
      CHECK(is_whole(*pool, before, hint));
      const auto read = pool->read_whole(pack.name, {});
      if (written) CHECK(read);
      if (read) {
        CHECK(std::ranges::equal(read->view(), pack.bytes.view()));
      } else {
        CHECK((read.error().code == ErrorCode::not_found ||
               read.error().code == ErrorCode::data_lost));
      }
      // What the cut left is in nobody's way.
      const auto again = pool->write_pack(pack);
      REQUIRE(again);
      CHECK(is_whole(*pool, pack, again->hint));
    }
  }
}

TEST_CASE("a pack that was acknowledged survives the power cut that follows") {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
    PoolFixture fixture(6);
    auto pool = fixture.create();
    auto pack = fixture.make_pack();
    const auto hint = pool->write_pack(pack)->hint;
    pool.reset();
    fixture.world.crash(
        {.policy = seed == 1 ? sim::CrashPolicy::drop_unsynced : sim::CrashPolicy::random,
         .seed = seed});
    pool = fixture.open(fixture.all());
    CHECK(pool->open_pack(pack.name, hint).value()->shards_present().value() == 5);
    CHECK(is_whole(*pool, pack, hint));
  }
}

TEST_CASE("a directory that a killed process made is made durable by the next one") {
  PoolFixture fixture(1);
  auto pool = fixture.create();
  auto pack = fixture.make_pack();
  REQUIRE(fixture.disks[0]->make_directory(shard_directory(pack.name)));
  const auto hint = pool->write_pack(pack)->hint;
  pool.reset();
  fixture.world.crash({.policy = sim::CrashPolicy::drop_unsynced});
  CHECK(is_whole(*fixture.open({0}), pack, hint));
}

TEST_CASE("several threads write and read packs at once") {
  PoolFixture fixture(6);
  const auto pool = fixture.create();
  std::vector<pack::ClosedPack> packs;
  for (int i = 0; i < 40; ++i) packs.push_back(fixture.make_pack(2000));
  std::atomic<std::size_t> next = 0;
  std::atomic<int> right = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < packs.size(); i = next++) {
      const auto written = pool->write_pack(packs[i]);
      if (written && is_whole(*pool, packs[i], written->hint)) ++right;
    }
  };
  std::thread other(work);
  std::thread third(work);
  work();
  other.join();
  third.join();
  CHECK(right == 40);
}
