// SPDX-License-Identifier: Apache-2.0
// Shards that are read back past the system's cache before their pack counts.
#include "firmware/pool/read_back.h"

#include <set>

#include "tests/unit/pool/pool_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

struct ReadingBack : PoolFixture {
  explicit ReadingBack(std::size_t disk_count, std::uint32_t percent = 100)
      : PoolFixture(disk_count) {
    settings.read_back_percent = percent;
    settings.random = &random;
  }
  // Once the system has forgotten what was written, as after a power cut.
  void forget() {
    for (const auto& disk : disks) {
      for (const std::string& path : disk->files()) REQUIRE(disk->open_fresh(path));
    }
  }
  std::uint64_t errors_of(const Pool& pool, std::size_t disk) const {
    for (const DiskStatus& status : pool.status()) {
      if (status.path == disks[disk]->name()) return status.errors;
    }
    return 0;
  }
  std::size_t shards_on(std::size_t disk) const {
    const auto paths = disks[disk]->files();
    return static_cast<std::size_t>(std::ranges::count_if(
        paths, [](const std::string& path) { return path.ends_with(".shard"); }));
  }
};

// Gives back one byte of each file that is not as it was written.
class OneByteOff final : public BorrowedDisk {
 public:
  OneByteOff(sim::SimDisk& disk, ReadCounters& counters, std::uint64_t at)
      : BorrowedDisk(disk, counters), at_(at) {}
  [[nodiscard]] Result<std::unique_ptr<ports::ReadFile>> open_fresh(
      std::string_view path) override {
    HF_TRY(auto file, BorrowedDisk::open_fresh(path));
    return std::unique_ptr<ports::ReadFile>(std::make_unique<File>(std::move(file), at_));
  }

 private:
  class File final : public ports::ReadFile {
   public:
    File(std::unique_ptr<ports::ReadFile> file, std::uint64_t at)
        : file_(std::move(file)), at_(at) {}
    [[nodiscard]] std::uint64_t size() const override { return file_->size(); }
    [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override {
      auto done = file_->read(offset, out);
      if (offset <= at_ && at_ < offset + out.size()) out[at_ - offset] ^= 1;
      return done;
    }

   private:
    std::unique_ptr<ports::ReadFile> file_;
    std::uint64_t at_;
  };
  std::uint64_t at_;
};

}  // namespace

TEST_CASE("all of a shard is compared, from its last byte to its header") {
  ShardHeader header;
  header.geometry = {3, 2};
  header.leaf_size = 64;
  header.pack_size = 3000;
  for (std::uint64_t back = 0; back < header.file_size(); back += 61) {
    ReadingBack box(6);
    REQUIRE(box.create());
    auto lent = box.lend(box.all());
    const std::uint64_t at = header.file_size() - 1 - back;
    lent[2] = std::make_unique<OneByteOff>(*box.disks[2], box.counters, at);
    const auto pool =
        Pool::open(std::move(lent), box.id, box.settings, box.trusted(), box.witness).value();
    // Until it is that disk's turn.
    for (int i = 0; i < 8 && box.errors_of(*pool, 2) == 0; ++i) {
      auto pack = box.make_pack(header.pack_size);
      REQUIRE(pool->write_pack(pack));
    }
    CHECK(box.errors_of(*pool, 2) == 1);
    CHECK(box.shards_on(2) == 0);
  }
}

TEST_CASE("a disk that has lost what it said was durable is found before the pack counts") {
  for (const sim::OneIn one_in : {1U, 2U, 3U}) {
    ReadingBack box(6);
    box.settings.leaf_size = 4096;
    const auto pool = box.create();
    box.disks[2]->set_faults({.hidden_append = one_in});
    std::vector<pack::ClosedPack> packs;
    for (int i = 0; i < 12; ++i) {
      packs.push_back(box.make_pack(900'000));  // three stripes a shard
      const auto written = pool->write_pack(packs.back());
      REQUIRE(written);
      CHECK(written->hint.geometry == erasure::Geometry{3, 2});
      CHECK_FALSE(written->under_protected);
    }
    CHECK(box.errors_of(*pool, 2) == 1);  // and nothing was written there again
    box.forget();
    for (const pack::ClosedPack& pack : packs) {
      const auto report = pool->scrub_pack(pack.name, {});
      REQUIRE(report);
      CHECK(report->whole());
    }
  }
}

TEST_CASE("what is not read back counts, and the next scrub finds it") {
  ReadingBack box(6, 0);
  const auto pool = box.create();
  box.disks[2]->set_faults({.hidden_append = 1});
  std::size_t not_whole = 0;
  for (int i = 0; i < 12; ++i) {
    auto pack = box.make_pack();
    REQUIRE(pool->write_pack(pack));
    not_whole += pool->scrub_pack(pack.name, {})->whole() ? 0 : 1;
  }
  CHECK(box.errors_of(*pool, 2) == 0);
  CHECK(not_whole == box.shards_on(2));
  CHECK(not_whole > 0);
}

TEST_CASE(
    "with no disk left to take its place the pack is thinner, or refused, as if a sync failed") {
  ReadingBack box(4);
  const auto pool = box.create();
  std::vector<erasure::Geometry> geometries;
  for (const std::size_t lying : {0U, 1U, 2U}) {
    box.disks[lying]->set_faults({.hidden_append = 1});
    auto pack = box.make_pack();
    const auto written = pool->write_pack(pack);
    REQUIRE(written);
    geometries.push_back(written->hint.geometry);
    box.forget();
    CHECK(pool->scrub_pack(pack.name, written->hint)->whole());
  }
  CHECK(geometries == std::vector<erasure::Geometry>{{1, 2}, {1, 1}, {1, 0}});
  box.disks[3]->set_faults({.hidden_append = 1});
  auto pack = box.make_pack();
  CHECK(code_of(pool->write_pack(pack)) == ErrorCode::too_few_disks);
}

TEST_CASE("a disk that fails at any step of writing and reading back is replaced") {
  std::uint64_t operations = 0;
  {
    ReadingBack counted(6);
    const auto pool = counted.create();
    auto pack = counted.make_pack();
    const std::uint64_t begin = counted.world.operations();
    REQUIRE(pool->write_pack(pack));
    operations = counted.world.operations() - begin;
  }
  for (std::uint64_t at = 1; at <= operations; ++at) {
    ReadingBack box(6);
    const auto pool = box.create();
    auto pack = box.make_pack();
    box.world.fail_at(box.world.operations() + at, ErrorCode::io);
    const auto written = pool->write_pack(pack);
    REQUIRE(written);
    CHECK(written->hint.geometry == erasure::Geometry{3, 2});
    CHECK(pool->scrub_pack(pack.name, written->hint)->whole());
  }
}

TEST_CASE("so many of a hundred shards are read back, and which ones is chance") {
  constexpr int kPacks = 400;  // of five shards
  for (const std::uint32_t percent : {0U, 5U, 50U, 100U}) {
    ReadingBack box(6, percent);
    const auto pool = box.create();
    const std::uint64_t before = box.counters.opened_fresh;
    std::set<std::uint64_t> of_a_pack;
    for (int i = 0; i < kPacks; ++i) {
      auto pack = box.make_pack(300);
      const std::uint64_t begun = box.counters.opened_fresh;
      REQUIRE(pool->write_pack(pack));
      of_a_pack.insert(box.counters.opened_fresh - begun);
    }
    const double share = static_cast<double>(box.counters.opened_fresh - before) / (5.0 * kPacks);
    CHECK(share == Approx(percent / 100.0).margin(percent % 100 == 0 ? 0 : 0.04));
    CHECK((of_a_pack.size() > 1) == (percent % 100 != 0));
  }
}

TEST_CASE("what heal writes is read back past the cache, whatever the setting") {
  ReadingBack box(6, 0);
  const auto pool = box.create();
  auto pack = box.make_pack();
  const auto written = pool->write_pack(pack);
  REQUIRE(written);
  const std::size_t disk = box.disk_of(pack.name, 1);
  box.disks[disk]->erase(shard_path(pack.name, 0, 1));
  std::size_t spare = 0;
  while (box.shards_on(spare) > 0 || spare == disk) ++spare;
  box.disks[disk]->set_faults({.hidden_append = 1});
  box.disks[spare]->set_faults({.hidden_append = 1});
  const auto healed = pool->heal_pack(pack.name, written->hint);
  REQUIRE(healed);
  CHECK(healed->written.empty());
  box.forget();
  CHECK(box.disk_of(pack.name, 1) == box.disks.size());
}
