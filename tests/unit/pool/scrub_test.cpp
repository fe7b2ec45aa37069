// SPDX-License-Identifier: Apache-2.0
// P5: every byte of every shard is looked at, and what is wrong is named by disk, shard and offset.
#include "tests/unit/pool/heal_fixture.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

constexpr std::uint64_t kLength = 1024;  // L of the stored pack
constexpr std::uint64_t kLeaves = 16;
constexpr std::uint64_t kTable = kShardHeaderSize + kLength;
constexpr std::uint64_t kCopy = kTable + 4 * kLeaves;

// The part of a shard file that holds this byte, as scrub tells it.
ShardDamage part_of(std::uint64_t offset) {
  if (offset < kShardFieldsSize) return {DamageKind::checksum, 0, kShardFieldsSize};
  if (offset < kShardHeaderSize) {
    return {DamageKind::checksum, kShardFieldsSize, kShardHeaderSize - kShardFieldsSize};
  }
  if (offset < kTable) return {DamageKind::checksum, offset / 64 * 64, 64};
  if (offset < kCopy) return {DamageKind::checksum, offset / 4 * 4, 4};
  return {DamageKind::checksum, kCopy, kShardFieldsSize};
}

}  // namespace

TEST_CASE("a whole pack is proved, every byte read, and nothing written") {
  StoredPack box;
  const std::uint64_t stored = box.bytes_on_disks();
  for (const PackHint& hint : {box.hint, PackHint{}, PackHint{{9, 9}, 7}}) {
    const auto report = box.pool->scrub_pack(box.pack.name, hint);
    REQUIRE(report);
    CHECK(report->whole());
    CHECK(report->shape->geometry == erasure::Geometry{3, 2});
    REQUIRE(report->shards.size() == 5);
    for (std::uint8_t index = 0; index < 5; ++index) {
      const ShardState& shard = report->shards[index];
      CHECK(shard.index == index);
      CHECK(shard.disk == box.id_of(index));
      CHECK(shard.path == box.disk(index).name() + "/" + box.path(index));
    }
    CHECK(report->bytes_read == 5 * box.shape.file_size());
  }
  CHECK(box.bytes_on_disks() == stored);
}

TEST_CASE("one flipped bit in any byte of any shard is found where it is") {
  StoredPack box;
  REQUIRE(box.shape.shard_length() == kLength);
  REQUIRE(box.shape.leaf_count() == kLeaves);
  const std::uint64_t size = box.shape.file_size();
  REQUIRE(size == kCopy + kShardFieldsSize);
  for (std::uint8_t index = 0; index < 5; ++index) {
    // Of the padding, which is long, some.
    for (std::uint64_t at = 0; at < size; at += at >= 300 && at < 4000 ? 97 : 1) {
      box.flip(index, at);
      const auto report = box.scrub();
      REQUIRE(report);
      INFO("shard " << int{index} << ", byte " << at);
      CHECK(report->proved);
      CHECK(!report->whole());
      CHECK(damages_of(*report) == std::vector<FoundDamage>{{index, part_of(at)}});
      box.flip(index, at);
    }
  }
  CHECK(box.scrub()->whole());
}

TEST_CASE("missing shards are told, and with more than m of them that the pack is beyond repair") {
  StoredPack box;
  for (const std::uint8_t gone : {std::uint8_t{1}, std::uint8_t{4}}) box.erase(gone);
  auto report = box.scrub();
  REQUIRE(report);
  CHECK(report->proved);
  CHECK(report->missing == std::vector<std::uint8_t>{1, 4});
  CHECK(report->shards.size() == 3);
  box.erase(0);
  report = box.scrub();
  REQUIRE(report);
  CHECK(!report->proved);
  CHECK(report->missing == std::vector<std::uint8_t>{0, 1, 4});
  CHECK(damages_of(*report).empty());
  for (const std::uint8_t gone : {std::uint8_t{2}, std::uint8_t{3}}) box.erase(gone);
  CHECK(code_of(box.scrub()) == ErrorCode::not_found);
}

TEST_CASE("neighbouring leaves are told as one range, the others apart") {
  StoredPack box;
  for (const std::uint64_t leaf : {2U, 3U, 4U, 9U, 15U}) box.flip(3, kShardHeaderSize + 64 * leaf);
  box.flip(3, kTable);
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(damages_of(*report) ==
        std::vector<FoundDamage>{{3, {DamageKind::checksum, kShardHeaderSize + 128, 192}},
                                 {3, {DamageKind::checksum, kShardHeaderSize + 576, 64}},
                                 {3, {DamageKind::checksum, kTable - 64, 68}}});
}

TEST_CASE("the list of damages has an end") {
  StoredPack box(6, 30'000);
  const std::uint64_t leaves = box.shape.leaf_count();
  REQUIRE(leaves > 2 * kDamagesMax);
  for (std::uint64_t leaf = 0; leaf < leaves; leaf += 2) box.flip(0, kShardHeaderSize + 64 * leaf);
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(report->proved);
  CHECK(report->shards[0].damages.size() == kDamagesMax);
  CHECK(report->shards[0].damages_more == (leaves + 1) / 2 - kDamagesMax);
}

TEST_CASE("a shard that is wrong under right CRCs is named, be it data or parity") {
  for (std::uint8_t index = 0; index < 5; ++index) {
    StoredPack box;
    box.forge(index);
    const auto report = box.scrub();
    REQUIRE(report);
    CHECK(report->proved);
    const auto damages = damages_of(*report);
    REQUIRE(!damages.empty());
    for (const FoundDamage& found : damages) {
      CHECK(found.index == index);
      if (found.damage.offset < kTable) {
        CHECK(found.damage.kind == DamageKind::content);
      } else {
        CHECK(found.damage.kind == DamageKind::checksum);  // of the wrong bytes
      }
    }
  }
}

TEST_CASE("when all CRCs are right and no choice of shards has the name, that is what is said") {
  StoredPack box;
  for (const std::uint8_t index : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{4}}) {
    box.forge(index);
  }
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(!report->proved);
  CHECK(!report->whole());
  CHECK(report->missing.empty());
  CHECK(damages_of(*report).empty());
}

TEST_CASE("beyond repair, what checksums tell is still told") {
  StoredPack box;
  for (std::uint8_t index = 0; index < 3; ++index) box.flip(index, kShardHeaderSize + 70);
  box.flip(4, kShardHeaderSize - 1);
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(!report->proved);
  const ShardDamage leaf = {DamageKind::checksum, kShardHeaderSize + 64, 64};
  CHECK(damages_of(*report) ==
        std::vector<FoundDamage>{
            {0, leaf}, {1, leaf}, {2, leaf}, {4, part_of(kShardHeaderSize - 1)}});
}

TEST_CASE("zeros behind the pack's end are looked at although the name says nothing of them") {
  StoredPack box;
  Bytes bytes = box.right[2];
  bytes[kTable - 1] = 1;  // the pack ends 72 bytes before
  Bytes crcs;
  append_crcs(ByteView(bytes).subspan(kShardHeaderSize, kLength), 64, crcs);
  std::ranges::copy(crcs, bytes.begin() + static_cast<std::ptrdiff_t>(kTable));
  box.disk(2).plant(box.path(2), bytes);
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(report->proved);
  CHECK(damages_of(*report) == std::vector<FoundDamage>{{2, {DamageKind::content, kTable - 64, 64}},
                                                        {2, {DamageKind::checksum, kCopy - 4, 4}}});
}

TEST_CASE("a file of the wrong size is damaged as a whole; other generations are told and left") {
  StoredPack box;
  Bytes longer = box.right[1];
  longer.push_back(0);
  box.disk(1).plant(box.path(1), longer);
  box.disk(3).plant(box.path(3), Bytes());
  const std::string other = shard_path(box.pack.name, 7, 0);
  box.disks[box.unused()]->plant(other, Bytes(10));
  const std::string where = box.disks[box.disk_of(box.pack.name, 0, 7)]->name() + "/" + other;
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(report->proved);
  CHECK(damages_of(*report) ==
        std::vector<FoundDamage>{{1, {DamageKind::checksum, 0, longer.size()}},
                                 {3, {DamageKind::checksum, 0, 0}}});
  CHECK(report->other_files == std::vector<std::string>{where});
}

TEST_CASE("shards of which no header is intact are told, and no pack is made of them") {
  StoredPack box(1);
  box.flip(0, 9);
  box.flip(0, box.shape.file_size() - 9);
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(!report->proved);
  CHECK(!report->shape);
  CHECK(report->other_files.size() == 1);
}

TEST_CASE("a shard counts for its leaves although both its headers are gone") {
  StoredPack box;
  box.erase(0);
  box.erase(1);
  box.flip(2, 9);
  box.flip(2, kCopy);
  const auto report = box.scrub();
  REQUIRE(report);
  CHECK(report->proved);
  CHECK(damages_of(*report) == std::vector<FoundDamage>{{2, part_of(9)}, {2, part_of(kCopy)}});
}

TEST_CASE("whatever one read fails, only that range is damage, and the disk is blamed") {
  std::uint64_t operations = 0;
  {
    StoredPack box;
    const std::uint64_t begin = box.world.operations();
    REQUIRE(box.scrub());
    operations = box.world.operations() - begin;
  }
  std::size_t unreadable_ranges = 0;
  std::size_t silent_disks = 0;
  for (std::uint64_t at = 1; at <= operations; ++at) {
    INFO("operation " << at);
    StoredPack box;
    box.world.fail_at(box.world.operations() + at, ErrorCode::io);
    const auto report = box.scrub();
    REQUIRE(report);
    CHECK(report->proved);
    std::uint64_t errors = 0;
    for (const DiskStatus& status : box.pool->status()) errors += status.errors;
    CHECK(errors == 1);
    for (const FoundDamage& found : damages_of(*report)) {
      CHECK(found.damage.kind == DamageKind::unreadable);
      ++unreadable_ranges;
    }
    silent_disks += report->unreadable_disks.size();
    CHECK(damages_of(*report).size() + report->unreadable_disks.size() <= 1);
    CHECK(report->missing.size() <= report->unreadable_disks.size());
  }
  // Of each shard the open, header, table and copy; data that fail once are read leaf by leaf.
  CHECK(unreadable_ranges == 5 * 4);
  CHECK(silent_disks == 6);
}

TEST_CASE("a leaf that a disk does not give is told alone") {
  const ShardDamage leaf = {DamageKind::unreadable, kShardHeaderSize + 3 * 64, 64};
  int told = 0;
  for (std::uint64_t at = 1; at <= 60; ++at) {
    StoredPack box;
    // If this is the read of a shard's data, its leaves come next, and the fourth of them fails.
    const std::uint64_t begin = box.world.operations();
    box.world.fail_at(begin + at, ErrorCode::io);
    box.world.fail_at(begin + at + 4, ErrorCode::io);
    const auto report = box.scrub();
    REQUIRE(report);
    if (damages_of(*report) == std::vector<FoundDamage>{{0, leaf}}) ++told;
  }
  CHECK(told == 1);
}

TEST_CASE("a process at its own limit ends a scrub, and blames no disk") {
  StoredPack box;
  std::uint64_t operations = box.world.operations();
  REQUIRE(box.scrub());
  operations = box.world.operations() - operations;
  for (std::uint64_t at = 1; at <= operations; ++at) {
    CAPTURE(at);
    box.world.fail_at(box.world.operations() + at, ErrorCode::out_of_memory);
    CHECK(code_of(box.scrub()) == ErrorCode::out_of_memory);
  }
  for (const DiskStatus& disk : box.pool->status()) CHECK(disk.errors == 0);
}

TEST_CASE("of a pack that was proved the checksums tell whether every byte is as it was") {
  StoredPack box;
  const auto as_it_was = box.sum();
  REQUIRE(as_it_was);
  REQUIRE(*as_it_was);
  CHECK((*as_it_was)->whole());
  CHECK((*as_it_was)->shards.size() == 5);
  CHECK((*as_it_was)->bytes_read == 5 * box.shape.file_size());
  for (std::uint8_t index = 0; index < 5; ++index) {
    for (std::uint64_t at = 0; at < box.shape.file_size(); at += at >= 300 && at < 4000 ? 97 : 1) {
      INFO("shard " << int{index} << ", byte " << at);
      box.flip(index, at);
      CHECK(!*box.sum());
      box.flip(index, at);
    }
  }
}

TEST_CASE("checksums alone do for a pack that lacks shards, as long as k are left") {
  StoredPack box;
  for (const std::uint8_t gone : {std::uint8_t{1}, std::uint8_t{4}}) box.erase(gone);
  const auto report = box.sum();
  REQUIRE(report);
  REQUIRE(*report);
  CHECK((*report)->missing == std::vector<std::uint8_t>{1, 4});
  CHECK(!(*report)->whole());
  box.erase(0);
  CHECK(!*box.sum());
}

TEST_CASE("checksums alone do not do for a file that the pack was not proved with") {
  StoredPack box;
  SECTION("on another disk") {
    box.proved_on.pop_back();
  }
  SECTION("of another generation") {
    box.disks[box.unused()]->plant(shard_path(box.pack.name, 7, 0), Bytes(10));
    for (std::size_t number = 0; number < 6; ++number) box.proved_on.push_back(box.id_at(number));
  }
  SECTION("longer or shorter than it was") {
    const Bytes right = box.right[1];
    box.disk(1).plant(box.path(1), Bytes(right.begin(), right.end() - 1));
  }
  SECTION("that says it is of another shape") {
    ShardHeader lie = box.shape;
    lie.index = 2;
    lie.under_protected = !lie.under_protected;
    const auto fields = encode(lie);
    Bytes bytes = box.right[2];
    std::ranges::copy(fields, bytes.begin());
    std::ranges::copy(fields, bytes.end() - kShardFieldsSize);
    box.disk(2).plant(box.path(2), bytes);
  }
  const auto report = box.sum();
  REQUIRE(report);
  CHECK(!*report);
}

TEST_CASE("whatever read fails, checksums alone call nothing right that was not read") {
  std::uint64_t operations = 0;
  {
    StoredPack box;
    const std::uint64_t begin = box.world.operations();
    REQUIRE(*box.sum());
    operations = box.world.operations() - begin;
  }
  REQUIRE(operations > 25);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    CAPTURE(at);
    StoredPack box;
    box.world.fail_at(box.world.operations() + at, ErrorCode::io);
    const auto report = box.sum();
    REQUIRE(report);
    // A header that is there at the second reading is the header.
    if (*report) CHECK((*report)->bytes_read == 5 * box.shape.file_size());
    std::uint64_t errors = 0;
    for (const DiskStatus& status : box.pool->status()) errors += status.errors;
    CHECK(errors == 1);
    box.world.fail_at(box.world.operations() + at, ErrorCode::out_of_memory);
    CHECK(code_of(box.sum()) == ErrorCode::out_of_memory);
  }
}
