// SPDX-License-Identifier: Apache-2.0
// P5, P3: what is missing or wrong in up to m shards is written anew, byte for byte as it was.
#include "tests/unit/pool/heal_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

enum class Harm { erased, rotten, headless, forged };

void harm(StoredPack& box, std::uint8_t index, Harm how) {
  switch (how) {
    case Harm::erased:
      box.erase(index);
      break;
    case Harm::rotten:
      box.flip(index, kShardHeaderSize + 10);
      break;
    case Harm::headless:
      box.flip(index, 9);
      box.flip(index, box.shape.file_size() - 9);
      break;
    case Harm::forged:
      box.forge(index);
      break;
  }
}

std::vector<std::optional<Bytes>> all_files(const StoredPack& box) {
  std::vector<std::optional<Bytes>> files;
  for (const auto& disk : box.disks) {
    for (std::uint8_t index = 0; index < box.shape.geometry.total(); ++index) {
      files.push_back(disk->contents(box.path(index)));
    }
  }
  return files;
}

// Gives back other bytes than it got, of files that have no name of their own yet.
class LyingDisk final : public BorrowedDisk {
 public:
  using BorrowedDisk::BorrowedDisk;
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open_fresh(
      std::string_view path) override {
    HF_TRY(auto file, BorrowedDisk::open_fresh(path));
    if (!path.ends_with(".tmp")) return file;
    return std::unique_ptr<ports::ReadFile>(std::make_unique<LyingFile>(std::move(file)));
  }

 private:
  class LyingFile final : public ports::ReadFile {
   public:
    explicit LyingFile(std::unique_ptr<ports::ReadFile> file) : file_(std::move(file)) {}
    [[nodiscard]] std::uint64_t size() const override { return file_->size(); }
    [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override {
      auto done = file_->read(offset, out);
      if (offset == kShardHeaderSize) out[77] ^= 1;
      return done;
    }

   private:
    std::unique_ptr<ports::ReadFile> file_;
  };
};

}  // namespace

TEST_CASE("any m shards that are missing or damaged in whatever way are healed") {
  for (const Harm first : {Harm::erased, Harm::rotten, Harm::headless, Harm::forged}) {
    for (const Harm second : {Harm::erased, Harm::rotten, Harm::headless, Harm::forged}) {
      for (std::uint8_t a = 0; a < 5; ++a) {
        for (std::uint8_t b = 0; b < 5; ++b) {
          if (a == b) continue;
          CAPTURE(int{a}, int{b}, static_cast<int>(first), static_cast<int>(second));
          StoredPack box;
          const DiskId place_a = box.id_of(a);
          harm(box, a, first);
          harm(box, b, second);
          const auto report = box.heal();
          REQUIRE(report);
          CHECK(report->healed());
          CHECK(!report->found.whole());
          CHECK(report->failures.empty());
          CHECK(!report->under_protected);
          REQUIRE(report->written.size() == 2);
          for (const HealedShard& shard : report->written) {
            const Harm how = shard.index == a ? first : second;
            CHECK(shard.replaced == (how != Harm::erased));
            if (shard.index == a && shard.replaced) CHECK(shard.disk == place_a);
          }
          box.require_whole();
        }
      }
    }
  }
}

TEST_CASE("what is healed is written once") {
  StoredPack box;
  harm(box, 0, Harm::erased);
  harm(box, 4, Harm::rotten);
  REQUIRE(box.heal()->healed());
  const auto files = all_files(box);
  const std::uint64_t stored = box.bytes_on_disks();
  const auto again = box.heal();
  REQUIRE(again);
  CHECK(again->healed());
  CHECK(again->found.whole());
  CHECK(again->written.empty());
  CHECK((all_files(box) == files));
  CHECK(box.bytes_on_disks() == stored);
}

TEST_CASE("with one more than m nothing is written, and what is wrong is told") {
  for (const Harm how : {Harm::erased, Harm::rotten, Harm::forged}) {
    StoredPack box;
    for (const std::uint8_t index : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{3}}) {
      harm(box, index, how);
    }
    const auto files = all_files(box);
    const std::uint64_t stored = box.bytes_on_disks();
    const auto report = box.heal();
    REQUIRE(report);
    CHECK(!report->healed());
    CHECK(!report->found.proved);
    CHECK(report->written.empty());
    // Of shards that lie nobody knows which they are.
    if (how != Harm::forged) CHECK(report->unhealed == std::vector<std::uint8_t>{0, 1, 3});
    CHECK((all_files(box) == files));
    CHECK(box.bytes_on_disks() == stored);
  }
}

TEST_CASE("rot in every shard is healed if no leaf is rotten in more than m") {
  StoredPack box;
  for (std::uint8_t index = 0; index < 5; ++index) {
    box.flip(index, kShardHeaderSize + 64 * std::uint64_t{index});
  }
  const auto report = box.heal();
  REQUIRE(report);
  CHECK(report->healed());
  CHECK(report->written.size() == 5);
  box.require_whole();
}

TEST_CASE("with a disk gone its shard goes to one that has none of the pack, if there is one") {
  StoredPack box;
  const std::size_t gone = box.disk_of(box.pack.name, 2);
  const std::size_t spare = box.unused();
  const DiskId spare_id = box.id_at(spare);
  box.pool = box.open(box.without({gone}));
  auto report = box.heal();
  REQUIRE(report);
  CHECK(report->healed());
  CHECK(report->written == std::vector<HealedShard>{{2, spare_id, false}});
  CHECK(box.disks[spare]->contents(box.path(2)) == box.right[2]);

  // Now every disk has one: the next loss finds no place, and that is no error.
  const std::size_t second = box.disk_of(box.pack.name, 0);
  box.pool = box.open(box.without({gone, second}));
  report = box.heal();
  REQUIRE(report);
  CHECK(report->found.proved);
  CHECK(!report->healed());
  CHECK(report->unhealed == std::vector<std::uint8_t>{0});
  CHECK(report->written.empty());
  CHECK(report->failures.empty());
}

TEST_CASE("a disk that comes back adds a second copy, which is kept and mended too") {
  StoredPack box;
  const std::size_t gone = box.disk_of(box.pack.name, 1);
  const DiskId gone_id = box.id_at(gone);
  box.pool = box.open(box.without({gone}));
  REQUIRE(box.heal()->healed());
  box.disks[gone]->flip_bit(box.path(1), kShardHeaderSize);
  box.reopen();
  auto report = box.heal();
  REQUIRE(report);
  CHECK(report->found.shards.size() == 6);
  CHECK(report->found.has(1));
  CHECK(report->written == std::vector<HealedShard>{{1, gone_id, true}});
  CHECK(box.disks[gone]->contents(box.path(1)) == box.right[1]);
  box.require_whole();

  // Damaged at two places, the two are as good as one.
  box.erase(0);
  box.erase(4);
  for (std::size_t number = 0; number < 6; ++number) {
    if (!box.disks[number]->contents(box.path(1))) continue;
    box.disks[number]->flip_bit(box.path(1), kShardHeaderSize + (number == gone ? 0 : 500));
  }
  report = box.heal();
  REQUIRE(report);
  CHECK(report->healed());
  box.require_whole();
}

TEST_CASE("disks of two sizes: the emptiest takes the shard, a full one none, the reserve stays") {
  StoredPack box(7);
  REQUIRE(box.shape.geometry == erasure::Geometry{4, 2});
  const std::uint64_t file = box.shape.file_size();
  const std::size_t spare = box.unused();
  const std::size_t gone = box.disk_of(box.pack.name, 0);
  const auto used = [&](std::size_t number) {
    const auto space = box.disks[number]->space();
    return space->total - space->free;
  };
  for (const auto& disk : box.disks) disk->plant("filler", Bytes(20'000));
  SECTION("no room above the reserve") {
    box.disks[spare]->set_capacity(used(spare) + file + 1023);
    box.pool = box.open(box.without({gone}));
    const auto report = box.heal();
    REQUIRE(report);
    CHECK(report->unhealed == std::vector<std::uint8_t>{0});
    CHECK(report->failures.empty());
    CHECK(!box.disks[spare]->contents(box.path(0)));
  }
  SECTION("just enough room above it") {
    box.disks[spare]->set_capacity(used(spare) + file + 1024);
    box.pool = box.open(box.without({gone}));
    REQUIRE(box.heal()->healed());
    CHECK(box.disks[spare]->space()->free == 1024);
  }
  SECTION("two to choose from") {
    box.disks[gone]->erase(box.path(0));
    box.disks[spare]->set_capacity(used(spare) + 10 * file);
    box.disks[gone]->set_capacity(used(gone) + 12 * file);
    box.reopen();
    REQUIRE(box.heal()->healed());
    CHECK(box.disks[gone]->contents(box.path(0)) == box.right[0]);
    CHECK(!box.disks[spare]->contents(box.path(0)));
  }
  SECTION("a shard in its place may take from the reserve") {
    box.flip(3, kShardHeaderSize);
    const std::size_t number = box.disk_of(box.pack.name, 3);
    box.disks[number]->set_capacity(used(number) + file);
    box.reopen();
    const auto report = box.heal();
    REQUIRE(report);
    CHECK(report->healed());
    CHECK(report->written == std::vector<HealedShard>{{3, box.id_at(number), true}});
  }
  SECTION("a disk too full for that: the shard goes elsewhere, and the disk is no bad one") {
    box.flip(3, kShardHeaderSize);
    const std::size_t number = box.disk_of(box.pack.name, 3);
    box.disks[number]->set_capacity(used(number) + file - 1);
    box.reopen();
    const auto report = box.heal();
    REQUIRE(report);
    CHECK(report->healed());
    CHECK(report->written == std::vector<HealedShard>{{3, box.id_at(spare), false}});
    REQUIRE(report->failures.size() == 1);
    CHECK(report->failures[0].disk == box.id_at(number));
    CHECK(report->failures[0].error.code == ErrorCode::no_space);
    for (const DiskStatus& status : box.pool->status()) CHECK(status.errors == 0);
    CHECK(!box.disks[number]->contents(box.path(3) + ".tmp"));
  }
}

TEST_CASE("no disk gets a second shard of a pack, not even where a damaged one lies") {
  StoredPack box;
  const std::size_t number = box.disk_of(box.pack.name, 1);
  Bytes rotten = box.right[3];
  rotten[kShardHeaderSize] ^= 1;
  box.erase(3);
  box.disks[number]->plant(box.path(3), rotten);
  const auto report = box.heal();
  REQUIRE(report);
  CHECK(report->healed());
  REQUIRE(report->written.size() == 1);
  CHECK(report->written[0].index == 3);
  CHECK(report->written[0].disk != box.id_at(number));
  CHECK(box.disks[number]->contents(box.path(3)) == rotten);
}

TEST_CASE("a disk that has failed at writing gets no shard, not even its own") {
  StoredPack box;
  const DiskId bad = box.id_of(2);
  const DiskId spare = box.id_at(box.unused());
  box.flip(2, kShardHeaderSize);
  box.pool->report_error(bad);
  const auto report = box.heal();
  REQUIRE(report);
  CHECK(report->healed());
  CHECK(report->written == std::vector<HealedShard>{{2, spare, false}});
}

TEST_CASE("a disk that gives back other bytes than it got is left, and its old shard stands") {
  StoredPack box;
  const std::size_t number = box.disk_of(box.pack.name, 3);
  const DiskId bad = box.id_at(number);
  const DiskId spare = box.id_at(box.unused());
  box.flip(3, kShardHeaderSize);
  const auto old = box.disks[number]->contents(box.path(3));
  auto lent = box.lend(box.all());
  lent[number] = std::make_unique<LyingDisk>(*box.disks[number], box.counters);
  box.pool = Pool::open(std::move(lent), box.id, box.settings, box.trusted(), box.witness).value();
  const auto report = box.heal();
  REQUIRE(report);
  CHECK(report->healed());
  CHECK(report->written == std::vector<HealedShard>{{3, spare, false}});
  REQUIRE(report->failures.size() == 1);
  CHECK(report->failures[0].disk == bad);
  CHECK(report->failures[0].error.code == ErrorCode::damaged);
  CHECK(box.disks[number]->contents(box.path(3)) == old);
  CHECK(!box.disks[number]->contents(box.path(3) + ".tmp"));
}

namespace {

// A pack that was written while four of six disks were away.
class ThinPack {
 public:
  ThinPack() : pool(fixture.create()) {
    for (std::size_t gone = 2; gone < 6; ++gone) fixture.disks[gone]->vanish();
    pack = fixture.make_pack();
    hint = pool->write_pack(pack)->hint;
    REQUIRE(hint.geometry == erasure::Geometry{1, 1});
  }
  void bring_back(std::size_t disks) {
    for (std::size_t back = 2; back < disks; ++back) fixture.disks[back]->return_();
    pool = fixture.open(fixture.all());
  }

  PoolFixture fixture{6};
  std::unique_ptr<Pool> pool;
  pack::ClosedPack pack;
  PackHint hint;
};

}  // namespace

TEST_CASE("a thin pack is healed as it is while too few disks are here, and said to be thin") {
  ThinPack thin;
  thin.bring_back(2);
  auto& disks = thin.fixture.disks;
  disks[thin.fixture.disk_of(thin.pack.name, 1)]->erase(
      shard_path(thin.pack.name, thin.hint.generation, 1));
  const auto report = thin.pool->heal_pack(thin.pack.name, thin.hint);
  REQUIRE(report);
  CHECK(report->healed());
  CHECK(report->under_protected);
  CHECK_FALSE(report->recoded);
  CHECK(report->written.size() == 1);
  CHECK(report->found.shape->geometry == erasure::Geometry{1, 1});
}

TEST_CASE("a thin pack is written anew once the disks are back, and stays as it was beside") {
  ThinPack thin;
  thin.bring_back(6);
  const auto report = thin.pool->heal_pack(thin.pack.name, thin.hint);
  REQUIRE(report);
  CHECK(report->healed());
  CHECK_FALSE(report->under_protected);
  REQUIRE(report->recoded);
  CHECK(report->recoded->geometry == thin.pool->write_geometry());
  CHECK(report->recoded->geometry.m == 2);
  CHECK(report->recoded->generation == thin.hint.generation + 1);
  // Whatever is known of it, the new shards are found, and nothing is left to do.
  for (const PackHint& hint : {thin.hint, PackHint{}}) {
    const auto again = thin.pool->heal_pack(thin.pack.name, hint);
    REQUIRE(again);
    CHECK(again->found.whole());
    CHECK(again->found.shape->generation == report->recoded->generation);
    CHECK_FALSE(again->recoded);
    CHECK(again->written.empty());
  }
  // Any two disks may go, also the two that have the thin one.
  for (std::size_t a = 0; a < 6; ++a) {
    for (std::size_t b = a + 1; b < 6; ++b) {
      CAPTURE(a, b);
      const auto pool = thin.fixture.open(thin.fixture.without({a, b}));
      const auto bytes = pool->read_whole(thin.pack.name, thin.hint);
      REQUIRE(bytes);
      CHECK(std::ranges::equal(bytes->view(), thin.pack.bytes.view()));
    }
  }
}

TEST_CASE("a new shape of a thin pack that lacks shards is completed, not made once more") {
  ThinPack thin;
  thin.bring_back(6);
  REQUIRE(thin.pool->heal_pack(thin.pack.name, thin.hint)->recoded);
  const auto generation = static_cast<std::uint16_t>(thin.hint.generation + 1);
  for (const std::uint8_t index : {std::uint8_t{0}, std::uint8_t{3}}) {
    for (const auto& disk : thin.fixture.disks) {
      const std::string path = shard_path(thin.pack.name, generation, index);
      if (disk->contents(path)) disk->erase(path);
    }
  }
  const auto report = thin.pool->heal_pack(thin.pack.name, thin.hint);
  REQUIRE(report);
  CHECK(report->healed());
  CHECK_FALSE(report->recoded);
  CHECK(report->found.shape->generation == generation);
  CHECK(report->written.size() == 2);
}

TEST_CASE("power goes, or a disk fails, at every step of writing a thin pack anew") {
  std::uint64_t operations = 0;
  {
    ThinPack thin;
    thin.bring_back(6);
    const std::uint64_t before = thin.fixture.world.operations();
    REQUIRE(thin.pool->heal_pack(thin.pack.name, thin.hint)->recoded);
    operations = thin.fixture.world.operations() - before;
  }
  REQUIRE(operations > 50);
  std::size_t told = 0;
  for (std::uint64_t step = 1; step <= operations; ++step) {
    for (const bool power : {true, false}) {
      CAPTURE(step, power);
      ThinPack thin;
      thin.bring_back(6);
      sim::World& world = thin.fixture.world;
      if (power) {
        world.cut_at(world.operations() + step);
      } else {
        world.fail_at(world.operations() + step, ErrorCode::io);
      }
      const auto report = thin.pool->heal_pack(thin.pack.name, thin.hint);
      if (power) {
        CHECK_FALSE(report);
        world.crash({sim::CrashPolicy::random, step});
      } else {
        REQUIRE(report);
        CHECK(report->found.proved);
        CHECK(report->recoded.has_value() != report->under_protected);
        told += report->failures.size();
      }
      thin.pool = thin.fixture.open(thin.fixture.all());
      CHECK(thin.pool->read_whole(thin.pack.name, thin.hint));
      const auto again = thin.pool->heal_pack(thin.pack.name, {});
      REQUIRE(again);
      CHECK(again->healed());
      CHECK_FALSE(again->under_protected);
      const auto last = thin.pool->heal_pack(thin.pack.name, {});
      CHECK(last->found.whole());
      CHECK_FALSE(last->found.shape->under_protected);
    }
  }
  CHECK(told > 10);  // a disk that failed is named
}

TEST_CASE("a shard that lies about the pack's header is mended, and spreads nothing") {
  for (const std::uint8_t liar : {std::uint8_t{0}, std::uint8_t{1}}) {
    StoredPack box(2);
    REQUIRE(box.shape.geometry == erasure::Geometry{1, 1});
    ShardHeader lie = box.shape;
    lie.index = liar;
    lie.pack_header[50] ^= 1;
    const ShardFieldsBytes fields = encode(lie);
    Bytes bytes = box.right[liar];
    std::ranges::copy(fields, bytes.begin());
    std::ranges::copy(fields, bytes.end() - kShardFieldsSize);
    box.disk(liar).plant(box.path(liar), bytes);
    const auto report = box.heal();
    REQUIRE(report);
    CHECK(report->healed());
    REQUIRE(report->written.size() == 1);
    CHECK(report->written[0].index == liar);
    box.require_whole();
  }
}

TEST_CASE("a pack that is not there, or a pool that may not be written, is not healed") {
  StoredPack box;
  CHECK(code_of(box.pool->heal_pack(sha256({}), {})) == ErrorCode::not_found);
  box.erase(0);
  const auto readable = box.try_open({0, 1, 2}, {});
  REQUIRE(readable);
  REQUIRE(!(*readable)->writable());
  CHECK(code_of((*readable)->heal_pack(box.pack.name, {})) == (*readable)->writable().error().code);
  CHECK((*readable)->scrub_pack(box.pack.name, {}));
}

TEST_CASE("a disk that was away while its shard was made anew is free for another") {
  StoredPack box;
  const std::size_t away = box.disk_of(box.pack.name, 2, box.shape.generation);
  box.disks[away]->vanish();
  REQUIRE(box.pool->heal_pack(box.pack.name, box.hint)->healed());
  box.disks[away]->return_();
  box.reopen();
  // Every disk has a shard of the pack now, two of them the same.
  REQUIRE(box.unused() == box.disks.size());
  const std::size_t gone = box.disk_of(box.pack.name, 4, box.shape.generation);
  box.disks[gone]->vanish();
  box.reopen();
  const auto report = box.heal();
  REQUIRE(report);
  CHECK(report->healed());
  CHECK(report->written.size() == 1);
  CHECK(report->written.front().index == 4);
  CHECK(box.heal()->written.empty());
}

TEST_CASE("two shards on one disk are one too few") {
  StoredPack box;
  const std::size_t crowded = box.disk_of(box.pack.name, 1, box.shape.generation);
  box.erase(3);
  box.disks[crowded]->plant(box.path(3), box.right[3]);
  const auto report = box.heal();
  REQUIRE(report);
  CHECK(report->healed());
  REQUIRE(report->written.size() == 1);
  CHECK(report->written.front().disk != box.id_at(crowded));
  CHECK(box.heal()->written.empty());
}

TEST_CASE("shards that share a disk are told, and one of them gets a disk of its own") {
  StoredPack box(5);
  REQUIRE(box.shape.geometry.total() == 4);
  const std::size_t spare = box.unused();
  const std::size_t from = box.disk_of(box.pack.name, 1);
  const std::size_t to = box.disk_of(box.pack.name, 3);
  box.disks[from]->erase(box.path(1));
  box.disks[to]->plant(box.path(1), box.right[1]);
  const auto found = box.scrub();
  REQUIRE(found);
  CHECK(found->proved);
  CHECK(found->missing.empty());
  CHECK(damages_of(*found).empty());
  REQUIRE(found->crowded.size() == 1);
  const std::uint8_t moved = found->crowded.front();
  CHECK((moved == 1 || moved == 3));
  CHECK_FALSE(found->whole());
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->healed());
  REQUIRE(healed->written.size() == 1);
  CHECK(healed->written[0].index == moved);
  CHECK(
      (healed->written[0].disk == box.id_at(spare) || healed->written[0].disk == box.id_at(from)));
  box.require_whole();
}

TEST_CASE("a damaged file beside an intact shard, whose own lies elsewhere, is needed by nobody") {
  StoredPack box;
  const std::size_t number = box.disk_of(box.pack.name, 1);
  Bytes rotten = box.right[3];
  rotten[kShardHeaderSize] ^= 1;
  box.disks[number]->plant(box.path(3), rotten);
  for (const bool heals : {false, true}) {
    const auto report = heals ? box.heal()->found : *box.scrub();
    CHECK(report.proved);
    CHECK(report.whole());
    const auto told = std::ranges::find_if(report.shards, &ShardState::needless);
    REQUIRE(told != report.shards.end());
    CHECK(told->index == 3);
    CHECK(told->disk == box.id_at(number));
    CHECK_FALSE(told->intact());
  }
  CHECK(box.disks[number]->contents(box.path(3)) == rotten);
  // Once the right one is gone it is needed.
  for (std::size_t i = 0; i < box.disks.size(); ++i) {
    if (i != number && box.disks[i]->contents(box.path(3))) box.disks[i]->erase(box.path(3));
  }
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK_FALSE(report->whole());
  CHECK(std::ranges::none_of(report->shards, &ShardState::needless));
}

TEST_CASE("of files of another generation those are strays that are not what they are called") {
  StoredPack box;
  const std::string other = shard_path(box.pack.name, 1, 0);
  box.disks[box.unused()]->plant(other, box.right[0]);
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(report->other_files.size() == 1);
  REQUIRE(report->strays.size() == 1);
  CHECK(report->strays[0].path == box.disks[box.unused()]->name() + "/" + other);
  CHECK(report->strays[0].disk == box.id_at(box.unused()));
}
