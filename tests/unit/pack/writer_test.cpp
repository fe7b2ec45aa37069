// SPDX-License-Identifier: Apache-2.0
#include "firmware/pack/writer.h"

#include <catch2/catch.hpp>

#include "tests/unit/pack/pack_fixture.h"

using namespace holdfast;
using namespace holdfast::pack;

TEST_CASE("What was put in a pack comes out of it, chunk by chunk") {
  TinyPack pack;
  PackReader reader = reader_of(pack.bytes).value();
  CHECK(reader.header().identity == kIdentity);
  const auto index = index_of(reader, pack.bytes).value();
  CHECK(index == pack.closed.index);
  REQUIRE(index.size() == pack.maker.plains.size());
  for (std::size_t i = 0; i < index.size(); ++i) {
    const Bytes& plain = pack.maker.plains[i];
    CHECK(chunk_of(reader, pack.bytes, index[i]).value() == plain);
    CHECK(index[i].name == name_of(plain));
  }
  CHECK(index[2].compression == codec::Compression::zstd);
  CHECK(index[2].stored_length < index[2].plain_length);
}

TEST_CASE("A pack's name is the digest of its bytes, and its header stands beside it") {
  const TinyPack pack;
  CHECK(pack.closed.name == sha256(pack.bytes));
  CHECK(std::ranges::equal(pack.closed.header, ByteView(pack.bytes).first(kHeaderSize)));
}

// Guards every byte of version 1: packs with this layout lie on disks. Never change the digest.
TEST_CASE("The same input makes the same pack, for ever") {
  PackMaker maker;
  maker.add(copy_of(view_of("the first recording")));
  maker.add({});
  // Not made by zstd, whose next version may make others.
  const ByteView stored = view_of("compressed");
  maker.writer.append(name_of(stored), codec::Compression::zstd, stored, 300);
  CHECK(maker.writer.close().name.hex() ==
        "4002a5b58ae7e5a2e83aee018a9372a50a6fbb8029985213736eca91a73b2f16");
}

TEST_CASE("A pack without chunks can be closed and read") {
  const ClosedPack closed = PackMaker().writer.close();
  PackReader reader = reader_of(closed.bytes.view()).value();
  CHECK(index_of(reader, closed.bytes.view()).value().empty());
}

TEST_CASE("Room that is not kept goes to the next chunk, and only what is kept is sealed") {
  PackMaker maker;
  const ByteSpan dropped = maker.writer.prepare(500);
  std::ranges::fill(dropped, std::uint8_t{0xdd});
  CHECK(maker.writer.prepare(100).data() == dropped.data());
  const ByteSpan half_kept = maker.writer.prepare(8);
  std::ranges::copy(view_of("keepdrop"), half_kept.begin());
  maker.writer.keep(name_of(view_of("keep")), 4);
  const ClosedPack closed = maker.writer.close();

  PackMaker plain_way;
  plain_way.add(copy_of(view_of("keep")));
  CHECK(closed.name == plain_way.writer.close().name);
}

TEST_CASE("The size if closed is the size when closed") {
  PackMaker maker;
  for (std::size_t length = 0; length < 50; length += 7) {
    maker.add(Bytes(length, 1));
    const std::uint64_t expected = maker.writer.size_if_closed();
    PackMaker same;
    for (const Bytes& plain : maker.plains) same.add(plain);
    CHECK(same.writer.close().bytes.size() == expected);
  }
}

TEST_CASE("There is room for a chunk exactly while the pack stays within its size") {
  constexpr std::uint64_t kSizeMax = 1000;
  PackMaker maker;
  CHECK(maker.writer.has_room(kPlainLengthMax, kSizeMax));
  CHECK_FALSE(maker.writer.has_room(kPlainLengthMax + 1, kSizeMax));
  maker.add(Bytes(100, 1));
  std::uint64_t most = 0;
  while (maker.writer.has_room(most + 1, kSizeMax)) ++most;
  REQUIRE(most > 0);
  maker.add(Bytes(most, 2));
  CHECK(maker.writer.close().bytes.size() == kSizeMax);
}

TEST_CASE("A pack within its capacity never moves, nor when it is continued for coding") {
  constexpr std::size_t kCapacity = 5000;
  PackMaker maker(kCapacity);
  const std::uint8_t* const start = maker.writer.prepare(0).data() - kHeaderSize - kFrameHeaderSize;
  maker.add(Bytes(1000, 1));
  std::uint64_t most = 0;
  while (maker.writer.has_room(most + 1, kCapacity)) ++most;
  maker.add(Bytes(most, 2));
  ClosedPack closed = maker.writer.close();
  CHECK(closed.bytes.size() == kCapacity);
  closed.bytes.resize(kCapacity + 31 + 32 * 63);  // the most that 32 shards can add
  CHECK(closed.bytes.data() == start);
}

TEST_CASE("A chunk larger than the capacity still gets its room, and what was sealed stays") {
  PackMaker maker(0);
  maker.add(Bytes(10, 1));
  maker.add(Bytes(20000, 2));
  const ClosedPack closed = maker.writer.close();
  PackReader reader = reader_of(closed.bytes.view()).value();
  CHECK(chunk_of(reader, closed.bytes.view(), closed.index[0]).value() == Bytes(10, 1));
  CHECK(chunk_of(reader, closed.bytes.view(), closed.index[1]).value() == Bytes(20000, 2));
}

TEST_CASE("Memory of an earlier pack is used again, and none of its bytes") {
  PackMaker first;
  first.add(Bytes(2000, 1));
  Buffer memory = first.writer.close().bytes;
  const std::uint8_t* const start = memory.data();
  PackMaker second(4096, std::move(memory));
  second.add(Bytes(10, 2));
  const ClosedPack closed = second.writer.close();
  CHECK(closed.bytes.data() == start);
  CHECK(closed.name == sha256(closed.bytes.view()));
}
