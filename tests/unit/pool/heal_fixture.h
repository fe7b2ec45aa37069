// SPDX-License-Identifier: Apache-2.0
// One pack on simulated disks, and what can happen to its shards.
#pragma once

#include "tests/unit/pool/pool_fixture.h"

namespace holdfast::pool {

// A pack of 3000 bytes; with six disks it is 3 + 2 with L = 1024: 16 leaves of 64 bytes.
struct StoredPack : PoolFixture {
  explicit StoredPack(std::size_t disk_count = 6, std::size_t size = 3000)
      : PoolFixture(disk_count), pool(create_limited()), pack(make_pack(size)) {
    hint = pool->write_pack(pack)->hint;
    shape = pool->open_pack(pack.name, hint).value()->shape();
    for (std::uint8_t index = 0; index < shape.geometry.total(); ++index) {
      right.push_back(shard_on(index).value());
      proved_on.push_back(id_of(index));
    }
  }

  // A simulated disk counts what it holds only if that has a limit.
  std::unique_ptr<Pool> create_limited() {
    for (const auto& each : disks) each->set_capacity(kMiB);
    return create();
  }
  void reopen() {
    pool.reset();
    pool = open(all());
  }
  [[nodiscard]] std::string path(std::uint8_t index) const {
    return shard_path(pack.name, shape.generation, index);
  }
  [[nodiscard]] sim::SimDisk& disk(std::uint8_t index) {
    const std::size_t number = disk_of(pack.name, index, shape.generation);
    REQUIRE(number < disks.size());
    return *disks[number];
  }
  [[nodiscard]] DiskId id_of(std::uint8_t index) {
    return id_at(disk_of(pack.name, index, shape.generation));
  }
  [[nodiscard]] DiskId id_at(std::size_t number) {
    return pool->label().record.members.at(number).disk;
  }
  // The disk without a shard, if there is one.
  [[nodiscard]] std::size_t unused() const {
    for (std::size_t number = 0; number < disks.size(); ++number) {
      bool has = false;
      for (std::uint8_t i = 0; i < shape.geometry.total(); ++i) {
        has = has || disks[number]->contents(path(i));
      }
      if (!has) return number;
    }
    return disks.size();
  }
  // Bytes of the first disk that has it.
  [[nodiscard]] std::optional<Bytes> shard_on(std::uint8_t index) const {
    for (const auto& each : disks) {
      if (auto bytes = each->contents(path(index))) return bytes;
    }
    return std::nullopt;
  }
  void flip(std::uint8_t index, std::uint64_t offset) {
    disk(index).flip_bit(path(index), offset, 2);
  }
  void erase(std::uint8_t index) { disk(index).erase(path(index)); }
  // Other data under CRCs that agree with them.
  void forge(std::uint8_t index) {
    Bytes bytes = shard_on(index).value();
    const auto length = static_cast<std::size_t>(shape.shard_length());
    for (std::size_t i = 0; i < length; i += 100) bytes[kShardHeaderSize + i] ^= 0x55;
    Bytes crcs;
    append_crcs(ByteView(bytes).subspan(kShardHeaderSize, length), shape.leaf_size, crcs);
    std::ranges::copy(crcs, bytes.begin() + static_cast<std::ptrdiff_t>(kShardHeaderSize + length));
    disk(index).plant(path(index), bytes);
  }
  // Shards of which some disk has every byte right.
  [[nodiscard]] int right_shards() const {
    int count = 0;
    for (std::uint8_t index = 0; index < right.size(); ++index) {
      count += std::ranges::any_of(
          disks, [&](const auto& each) { return each->contents(path(index)) == right[index]; });
    }
    return count;
  }
  [[nodiscard]] std::uint64_t bytes_on_disks() const {
    std::uint64_t bytes = 0;
    for (const auto& each : disks) {
      const auto space = each->space();
      if (space) bytes += space->total - space->free;
    }
    return bytes;
  }
  [[nodiscard]] Result<ScrubReport> scrub() { return pool->scrub_pack(pack.name, hint); }
  [[nodiscard]] Result<std::optional<ScrubReport>> sum() {
    PackMemory memory;
    return pool->sum_pack(pack.name, hint, proved_on, memory);
  }
  [[nodiscard]] Result<HealReport> heal() { return pool->heal_pack(pack.name, hint); }
  // Bit for bit as written, found without hints, with nothing left to do.
  void require_whole() {
    reopen();
    const auto report = pool->scrub_pack(pack.name, {});
    REQUIRE(report);
    CHECK(report->whole());
    CHECK(right_shards() == shape.geometry.total());
    const auto bytes = pool->read_whole(pack.name, {});
    REQUIRE(bytes);
    CHECK(std::ranges::equal(bytes->view(), pack.bytes.view()));
  }

  std::unique_ptr<Pool> pool;
  pack::ClosedPack pack;
  PackHint hint;
  ShardHeader shape;
  std::vector<Bytes> right;       // the shard files as they were written, by index
  std::vector<DiskId> proved_on;  // where they lie
};

// All damages of all files, as (index, damage).
struct FoundDamage {
  std::uint8_t index = 0;
  ShardDamage damage;
  bool operator==(const FoundDamage&) const = default;
};
inline std::vector<FoundDamage> damages_of(const ScrubReport& report) {
  std::vector<FoundDamage> all;
  for (const ShardState& shard : report.shards) {
    for (const ShardDamage& damage : shard.damages) all.push_back({shard.index, damage});
  }
  return all;
}

}  // namespace holdfast::pool
