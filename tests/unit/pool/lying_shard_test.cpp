// SPDX-License-Identifier: Apache-2.0
// One shard may say anything under right CRCs: it costs time, and never a pack that the others
// still hold.
#include "tests/unit/pool/pool_fixture.h"

#include "firmware/erasure/crc32c.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

// A whole shard file that agrees with itself. `data` is cut or continued with zeros.
void plant(sim::SimDisk& disk, const ShardHeader& header, Bytes data) {
  data.resize(header.shard_length());
  const ShardFieldsBytes fields = encode(header);
  Bytes file(fields.begin(), fields.end());
  file.resize(kShardHeaderSize);
  ByteWriter writer(file);
  writer.raw(data);
  for (std::size_t at = 0; at < data.size(); at += header.leaf_size) {
    const std::size_t size = std::min<std::size_t>(header.leaf_size, data.size() - at);
    writer.u32(erasure::crc32c(ByteView(data).subspan(at, size)));
  }
  writer.raw(fields);
  disk.plant(shard_path(header.pack, header.generation, header.index), file);
}

// A pack as 3 + 2 on five of six disks, and the header of its shard 0.
struct OnePack : PoolFixture {
  OnePack() : PoolFixture(6), pool(create()), pack(make_pack()) {
    hint = pool->write_pack(pack)->hint;
    header = pool->open_pack(pack.name, hint).value()->shape();
    header.index = 0;
    unused = without_shard();
  }

  std::size_t without_shard() {
    std::size_t number = 0;
    while (number == disk_of(pack.name, 0) || number == disk_of(pack.name, 1) ||
           number == disk_of(pack.name, 2) || number == disk_of(pack.name, 3) ||
           number == disk_of(pack.name, 4)) {
      ++number;
    }
    return number;
  }
  void erase(std::uint8_t index) {
    disks[disk_of(pack.name, index)]->erase(shard_path(pack.name, 0, index));
  }
  std::vector<PackHint> hints() const {
    return {hint, PackHint{}, {hint.geometry, hint.generation, 3000}, {{0, 0}, 0, 3000}};
  }
  void require_whole() {
    for (const PackHint& some : hints()) {
      const auto handle = pool->open_pack(pack.name, some).value();
      const int present = handle->shards_present().value();
      CHECK(present >= handle->shape().geometry.k);
      const auto whole = handle->read_whole();
      REQUIRE(whole);
      CHECK(std::ranges::equal(whole->view(), pack.bytes.view()));
      // From then on the right shards are in use.
      CHECK(handle->shape().is_sibling_of(header));
      CHECK(read_in_steps(*handle, 700).value() == bytes_of(pack));
    }
  }
  PackHint best() {
    PackHint found_hint;
    REQUIRE(pool->list_packs([&](const FoundPack& found) -> Result<void> {
      found_hint = found.hint;
      CHECK(found.header == pack.header);
      return {};
    }));
    return found_hint;
  }

  std::unique_ptr<Pool> pool;
  pack::ClosedPack pack;
  PackHint hint;
  ShardHeader header;
  std::size_t unused = 0;
};

}  // namespace

TEST_CASE("a shard that lies about its pack does not hide the others, with m - 1 of them gone") {
  OnePack box;
  ShardHeader lie = box.header;
  SECTION("about k and m") {
    lie.geometry = {1, 4};
  }
  SECTION("about k and m, so that it would be enough alone") {
    lie.geometry = {1, 0};
  }
  SECTION("about the pack's size") {
    lie.pack_size = 2000;
  }
  SECTION("about the size of leaves") {
    lie.leaf_size = 128;
  }
  SECTION("about the pack's header") {
    lie.pack_header[50] ^= 1;
  }
  box.erase(4);
  plant(*box.disks[box.disk_of(box.pack.name, 0)], lie, Bytes(100, 7));
  box.require_whole();
}

TEST_CASE("a shard that lies beside a complete pack is not even looked at twice") {
  OnePack box;
  ShardHeader lie = box.header;
  lie.pack_size = 2000;
  plant(*box.disks[box.unused], lie, Bytes(100, 7));
  for (const PackHint& hint : box.hints()) {
    const auto handle = box.pool->open_pack(box.pack.name, hint).value();
    CHECK(handle->shape().is_sibling_of(box.header));
    CHECK(read_in_steps(*handle, 700).value() == bytes_of(box.pack));
  }
}

TEST_CASE("a high generation does not win when its siblings name another pack") {
  OnePack box;
  ShardHeader lie = box.header;
  lie.generation = 9;
  lie.geometry = {1, 0};
  SECTION("another size") {
    lie.pack_size = 2000;
  }
  SECTION("another header") {
    lie.pack_header[50] ^= 1;
  }
  plant(*box.disks[box.unused], lie, Bytes(100, 7));
  CHECK(box.best().generation == 0);
  for (const PackHint& hint : box.hints()) {
    CHECK(box.pool->open_pack(box.pack.name, hint).value()->shape().generation == 0);
  }
  box.require_whole();
}

TEST_CASE("a high generation that is enough alone is left when it does not prove") {
  OnePack box;
  ShardHeader lie = box.header;
  lie.generation = 9;
  lie.geometry = {1, 0};
  plant(*box.disks[box.unused], lie, Bytes(100, 7));
  box.require_whole();
}

TEST_CASE("the journal's size decides where the shards are evenly split") {
  OnePack box;
  for (std::uint8_t index = 0; index < 5; ++index) box.erase(index);
  for (const std::uint64_t size : {std::uint64_t{2000}, std::uint64_t{3000}}) {
    ShardHeader lone = box.header;
    lone.geometry = {1, 0};
    lone.generation = size == 2000 ? 1 : 0;
    lone.pack_size = size;
    plant(*box.disks[size == 2000 ? 1 : 0], lone, bytes_of(box.pack));
  }
  const PackHint hint{{0, 0}, 0, 3000};
  CHECK(box.pool->open_pack(box.pack.name, hint).value()->shape().pack_size == 3000);
  CHECK(box.pool->open_pack(box.pack.name, {}).value()->shape().pack_size == 2000);
}

TEST_CASE("whatever up to m shards say, the pack comes back") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    OnePack box;
    sim::SimRandom random(seed);
    const auto byte = [&](unsigned below) { return random.array<1>()[0] % below; };
    for (const std::uint8_t index : {std::uint8_t{0}, std::uint8_t{3}}) {
      ShardHeader lie = box.header;
      lie.geometry = {static_cast<std::uint8_t>(1 + byte(16)), static_cast<std::uint8_t>(byte(16))};
      lie.index = static_cast<std::uint8_t>(byte(static_cast<unsigned>(lie.geometry.total())));
      lie.generation = static_cast<std::uint16_t>(byte(3));
      lie.leaf_size = 64 * (1 + byte(8));
      if (byte(2) == 0) lie.pack_size = 1 + random.array<1>()[0] * std::uint64_t{40};
      if (byte(2) == 0) lie.pack_header[5] ^= 1;
      const std::size_t disk = box.disk_of(box.pack.name, index);
      box.disks[disk]->erase(shard_path(box.pack.name, 0, index));
      plant(*box.disks[disk], lie, Bytes(4000, 7));
    }
    box.require_whole();
  }
}
