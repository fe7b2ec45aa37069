// SPDX-License-Identifier: Apache-2.0
// Packs come back bit for bit with any m disks gone, and never wrong.
#include "tests/unit/pool/pool_fixture.h"

#include "firmware/erasure/crc32c.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

// A shard file with other data and CRCs that agree with them.
void forge(sim::SimDisk& disk, const std::string& path, std::uint32_t leaf_size) {
  Bytes bytes = disk.contents(path).value();
  const auto header = parse_shard_header(ByteView(bytes).first(kShardFieldsSize)).value();
  const auto length = static_cast<std::size_t>(header.shard_length());
  for (std::size_t i = 0; i < length; i += 100) bytes[kShardHeaderSize + i] ^= 0x55;
  Bytes crcs;
  ByteWriter writer(crcs);
  for (std::size_t at = 0; at < length; at += leaf_size) {
    const std::size_t size = std::min<std::size_t>(leaf_size, length - at);
    writer.u32(erasure::crc32c(ByteView(bytes).subspan(kShardHeaderSize + at, size)));
  }
  std::ranges::copy(crcs, bytes.begin() + static_cast<std::ptrdiff_t>(kShardHeaderSize + length));
  disk.plant(path, bytes);
}

}  // namespace

TEST_CASE("a pack comes back whole, in pieces and by any hint") {
  PoolFixture fixture(6);
  const auto pool = fixture.create();
  auto pack = fixture.make_pack();
  const auto written = pool->write_pack(pack).value();
  CHECK(written.hint.geometry == erasure::Geometry{3, 2});
  CHECK(!written.under_protected);
  CHECK(pack.bytes.size() == 3000);

  const PackHint wrong{{9, 9}, 7};
  const PackHint invalid{{200, 200}, 0};
  for (const PackHint& hint : {written.hint, PackHint{}, wrong, invalid}) {
    const auto handle = pool->open_pack(pack.name, hint).value();
    CHECK(handle->shape().pack_size == 3000);
    CHECK(handle->shape().pack_header == pack.header);
    CHECK(handle->shards_present().value() == 5);
    CHECK(read_in_steps(*handle, 700).value() == bytes_of(pack));
    CHECK(pool->read_whole(pack.name, hint)->view().size() == 3000);
  }
  const auto handle = pool->open_pack(pack.name, written.hint).value();
  Bytes too_much(2);
  CHECK(code_of(handle->read(2999, too_much)) == ErrorCode::truncated);
  CHECK(code_of(pool->open_pack(fixture.make_pack().name, {})) == ErrorCode::not_found);
}

TEST_CASE("a healthy read opens the data shards that it needs and nothing else") {
  PoolFixture fixture(6);
  const auto pool = fixture.create();
  auto pack = fixture.make_pack();
  const auto written = pool->write_pack(pack).value();
  fixture.counters.opened = 0;
  const auto handle = pool->open_pack(pack.name, written.hint).value();
  Bytes part(100);
  REQUIRE(handle->read(1100, part));  // in the second data shard
  CHECK(fixture.counters.opened == 2);
}

TEST_CASE("any m disks may go") {
  for (const std::size_t count : {std::size_t{6}, std::size_t{4}}) {
    PoolFixture fixture(count);
    auto pack = fixture.make_pack(5000);
    const auto hint = fixture.create()->write_pack(pack)->hint;
    CHECK(hint.geometry.m == 2);
    for (std::size_t a = 0; a < count; ++a) {
      for (std::size_t b = a + 1; b < count; ++b) {
        const auto pool = fixture.open(fixture.without({a, b}));
        const auto handle = pool->open_pack(pack.name, hint).value();
        CHECK(read_in_steps(*handle, 150).value() == bytes_of(pack));
        const auto fresh = pool->open_pack(pack.name, PackHint{}).value();
        Bytes part(1500);
        REQUIRE(fresh->read_checked(3333, part));
        CHECK(std::ranges::equal(part, pack.bytes.view().subspan(3333, 1500)));
        CHECK(std::ranges::equal(pool->read_whole(pack.name, {})->view(), pack.bytes.view()));
      }
    }
  }
}

TEST_CASE("with m + 1 shards gone the pack is lost and nothing else is said") {
  PoolFixture fixture(6);
  auto pack = fixture.make_pack();
  const auto hint = fixture.create()->write_pack(pack)->hint;
  const auto gone = {fixture.disk_of(pack.name, 0), fixture.disk_of(pack.name, 2),
                     fixture.disk_of(pack.name, 4)};
  const auto pool = fixture.open(fixture.without(gone));
  const auto handle = pool->open_pack(pack.name, hint).value();
  CHECK(handle->shards_present().value() == 2);
  Bytes all(3000);
  const auto read = handle->read(0, all);
  CHECK(code_of(read) == ErrorCode::data_lost);
  CHECK(read.error().data_loss);
  CHECK(code_of(handle->read_checked(0, all)) == ErrorCode::data_lost);
  CHECK(code_of(pool->read_whole(pack.name, hint)) == ErrorCode::data_lost);
  // What lies in the shard that is there is still given.
  Bytes part(100);
  CHECK(handle->read(1100, part));
}

TEST_CASE("rot in one shard is seen by its CRC while another shard is gone") {
  PoolFixture fixture(6);
  auto pack = fixture.make_pack();
  const auto hint = fixture.create()->write_pack(pack)->hint;
  fixture.disks[fixture.disk_of(pack.name, 1)]->flip_bit(shard_path(pack.name, 0, 1),
                                                         kShardHeaderSize + 200, 3);
  const auto pool = fixture.open(fixture.without({fixture.disk_of(pack.name, 0)}));
  const auto handle = pool->open_pack(pack.name, hint).value();
  CHECK(read_in_steps(*handle, 700).value() != bytes_of(pack));
  Bytes all(3000);
  REQUIRE(handle->read_checked(0, all));
  CHECK(all == bytes_of(pack));
  CHECK(std::ranges::equal(pool->read_whole(pack.name, hint)->view(), pack.bytes.view()));
}

TEST_CASE("more shards than m may be rotten if no leaf is so in more than m") {
  PoolFixture fixture(6);
  auto pack = fixture.make_pack();
  const auto pool = fixture.create();
  const auto hint = pool->write_pack(pack)->hint;
  for (std::uint8_t index = 0; index < 5; ++index) {
    fixture.disks[fixture.disk_of(pack.name, index)]->flip_bit(
        shard_path(pack.name, 0, index), kShardHeaderSize + 64 * std::uint64_t{index});
  }
  CHECK(std::ranges::equal(pool->read_whole(pack.name, hint)->view(), pack.bytes.view()));
}

TEST_CASE("a shard that is wrong with right CRCs is found by trying choices of k") {
  PoolFixture fixture(6);
  auto pack = fixture.make_pack();
  const auto pool = fixture.create();
  const auto hint = pool->write_pack(pack)->hint;
  for (const std::uint8_t index : {std::uint8_t{0}, std::uint8_t{3}}) {
    forge(*fixture.disks[fixture.disk_of(pack.name, index)], shard_path(pack.name, 0, index), 64);
  }
  CHECK(std::ranges::equal(pool->read_whole(pack.name, hint)->view(), pack.bytes.view()));
  forge(*fixture.disks[fixture.disk_of(pack.name, 4)], shard_path(pack.name, 0, 4), 64);
  CHECK(code_of(pool->read_whole(pack.name, hint)) == ErrorCode::data_lost);
}

TEST_CASE("a shard's header may be lost once, its size never") {
  PoolFixture fixture(3);
  auto pack = fixture.make_pack();
  const auto pool = fixture.create();
  const auto hint = pool->write_pack(pack)->hint;
  const std::string path = shard_path(pack.name, 0, 0);
  sim::SimDisk& disk = *fixture.disks[fixture.disk_of(pack.name, 0)];
  disk.flip_bit(path, 30);
  CHECK(pool->open_pack(pack.name, hint).value()->shards_present().value() == 3);
  Bytes bytes = disk.contents(path).value();
  bytes.insert(bytes.end() - kShardFieldsSize, 0);
  disk.plant(path, bytes);
  const auto handle = pool->open_pack(pack.name, hint).value();
  CHECK(handle->shards_present().value() == 2);
  CHECK(read_in_steps(*handle, 700).value() == bytes_of(pack));
  disk.flip_bit(path, bytes.size() - 20);
  CHECK(pool->open_pack(pack.name, hint).value()->shards_present().value() == 2);
}

TEST_CASE("shards of which none can be read are lost, not absent") {
  PoolFixture fixture(1);
  auto pack = fixture.make_pack();
  const auto pool = fixture.create();
  const auto hint = pool->write_pack(pack)->hint;
  fixture.disks[0]->plant(shard_path(pack.name, 0, 0), Bytes(10));
  CHECK(code_of(pool->open_pack(pack.name, hint)) == ErrorCode::data_lost);
  CHECK(code_of(pool->open_pack(pack.name, {})) == ErrorCode::data_lost);
}

TEST_CASE("reading in order with two data shards gone costs about k shards of reads") {
  PoolFixture fixture(6);
  fixture.settings.leaf_size = 65536;
  const std::size_t size = 12 * kMiB;
  auto pack = fixture.make_pack(size);
  const auto hint = fixture.create()->write_pack(pack)->hint;
  const auto pool =
      fixture.open(fixture.without({fixture.disk_of(pack.name, 0), fixture.disk_of(pack.name, 1)}));
  fixture.counters.bytes = 0;
  const auto handle = pool->open_pack(pack.name, hint).value();
  CHECK(read_in_steps(*handle, kMiB).value() == bytes_of(pack));
  // k shards to decode by, the present one once more for itself, and the first window twice.
  CHECK(fixture.counters.bytes < size + size / 3 + 4 * kMiB);
}

TEST_CASE("a process at its own limit is told so, and not that data are lost") {
  PoolFixture good(6);
  auto good_pack = good.make_pack();
  const auto good_hint = good.create()->write_pack(good_pack)->hint;
  const auto gone = {good.disk_of(good_pack.name, 0), good.disk_of(good_pack.name, 1)};
  const auto pool = good.open(good.without(gone));
  const auto read = [&]() -> Result<void> {
    HF_TRY(const auto handle, pool->open_pack(good_pack.name, good_hint));
    Bytes part(1500);
    HF_TRY(handle->read(0, part));
    HF_TRY(handle->read_checked(0, part));
    HF_TRY(const Buffer whole, handle->read_whole());
    return {};
  };
  std::uint64_t operations = good.world.operations();
  REQUIRE(read());
  operations = good.world.operations() - operations;
  REQUIRE(operations > 10);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    CAPTURE(at);
    good.world.fail_at(good.world.operations() + at, ErrorCode::out_of_memory);
    CHECK(code_of(read()) == ErrorCode::out_of_memory);
  }
  for (const DiskStatus& disk : pool->status()) CHECK(disk.errors == 0);
}

TEST_CASE("a handle tells how much it keeps decoded: windows, at most the missing shards") {
  PoolFixture fixture(6);
  fixture.settings.leaf_size = 65536;
  const std::size_t shard = 5 * kMiB / 2;
  auto pack = fixture.make_pack(3 * shard);
  const auto pool = fixture.create();
  const auto hint = pool->write_pack(pack)->hint;
  const auto whole = pool->open_pack(pack.name, hint).value();
  REQUIRE(read_in_steps(*whole, kMiB));
  CHECK(whole->decoded_bytes() == 0);

  const auto thin =
      fixture.open(fixture.without({fixture.disk_of(pack.name, 0), fixture.disk_of(pack.name, 1)}));
  const auto handle = thin->open_pack(pack.name, hint).value();
  CHECK(handle->decoded_bytes() == 0);
  Bytes some(3);
  REQUIRE(handle->read(kMiB - 4, some));
  CHECK(handle->decoded_bytes() == kMiB);
  REQUIRE(handle->read(shard + 2 * kMiB, some));
  CHECK(handle->decoded_bytes() == kMiB + kMiB / 2);
  CHECK(read_in_steps(*handle, 700'000).value() == bytes_of(pack));
  CHECK(handle->decoded_bytes() == 2 * shard);
}

TEST_CASE("packs are listed once each, in order, with their best generation") {
  PoolFixture fixture(4);
  const auto pool = fixture.create();
  std::vector<pack::ClosedPack> packs;
  for (int i = 0; i < 20; ++i) packs.push_back(fixture.make_pack(500));
  for (auto& pack : packs) REQUIRE(pool->write_pack(pack));
  std::ranges::sort(packs, {}, &pack::ClosedPack::name);
  fixture.disks[0]->plant("packs/" + packs[0].name.hex().substr(0, 2) + "/rubbish", Bytes(3));

  std::vector<Digest> found;
  REQUIRE(fixture.open({1, 3})->list_packs([&](const FoundPack& pack) -> Result<void> {
    CHECK(pack.hint.geometry == erasure::Geometry{2, 2});
    CHECK(pack.size == 500);
    CHECK(pack.header == packs[found.size()].header);
    found.push_back(pack.name);
    return {};
  }));
  REQUIRE(found.size() == packs.size());
  CHECK(std::ranges::equal(found, packs, {}, {}, &pack::ClosedPack::name));
  const auto stopped = pool->list_packs(
      [](const FoundPack&) -> Result<void> { return make_error(ErrorCode::interrupted); });
  CHECK(code_of(stopped) == ErrorCode::interrupted);
}

TEST_CASE("a complete higher generation wins, an incomplete one does not") {
  PoolFixture fixture(4);
  const auto pool = fixture.create();
  auto pack = fixture.make_pack();
  REQUIRE(pool->write_pack(pack));
  const auto best = [&] {
    PackHint hint;
    REQUIRE(pool->list_packs([&](const FoundPack& found) -> Result<void> {
      hint = found.hint;
      return {};
    }));
    return hint;
  };
  // The same pack as 1 + 1 of generation 1, shard by shard.
  ShardHeader header = pool->open_pack(pack.name, {}).value()->shape();
  header.geometry = {1, 1};
  header.generation = 1;
  for (const std::uint8_t index : {std::uint8_t{0}, std::uint8_t{1}}) {
    CHECK(best().generation == 0);
    header.index = index;
    const auto fields = encode(header);
    Bytes file(fields.begin(), fields.end());
    file.resize(kShardHeaderSize);
    const Bytes data = bytes_of(pack);
    file.insert(file.end(), data.begin(), data.end());  // with m = 1 over k = 1 parity is the data
    file.resize(kShardHeaderSize + header.shard_length());
    Bytes padded(file.begin() + kShardHeaderSize, file.end());
    ByteWriter writer(file);
    for (std::size_t at = 0; at < padded.size(); at += 64) {
      writer.u32(erasure::crc32c(ByteView(padded).subspan(at, 64)));
    }
    writer.raw(fields);
    fixture.disks[index]->plant(shard_path(pack.name, 1, index), file);
  }
  CHECK(best().generation == 1);
  CHECK(best().geometry == erasure::Geometry{1, 1});
  // Both shards of it rot away: the older generation still gives the pack.
  for (const std::uint8_t index : {std::uint8_t{0}, std::uint8_t{1}}) {
    fixture.disks[index]->flip_bit(shard_path(pack.name, 1, index), kShardHeaderSize + 5);
  }
  CHECK(std::ranges::equal(pool->read_whole(pack.name, best())->view(), pack.bytes.view()));
}
