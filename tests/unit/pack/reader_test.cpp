// SPDX-License-Identifier: Apache-2.0
// Damage of every kind: what is read is right or refused.
#include "firmware/pack/reader.h"

#include <catch2/catch.hpp>

#include "tests/support/every_damage.h"
#include "tests/unit/pack/pack_fixture.h"

using namespace holdfast;
using namespace holdfast::pack;

namespace {

// Reads the whole pack as a stranger and returns how many chunks came back; a wrong one, or a wrong
// index, counts as -1000.
int chunks_read(const TinyPack& pack, ByteView bytes) {
  Result<PackReader> reader = reader_of(bytes);
  if (!reader) return 0;
  const auto found = index_of(*reader, bytes);
  if (found && *found != pack.closed.index) return -1000;
  int count = 0;
  for (std::size_t i = 0; i < pack.closed.index.size(); ++i) {
    const Result<Bytes> plain = chunk_of(*reader, bytes, pack.closed.index[i]);
    if (plain) count += *plain == pack.maker.plains[i] ? 1 : -1000;
  }
  return count;
}

// What salvage finds: ordinal and plain bytes.
std::vector<std::pair<std::uint32_t, Bytes>> salvaged(PackReader reader, ByteView bytes) {
  std::vector<std::pair<std::uint32_t, Bytes>> all;
  reader.salvage(bytes, [&](const FrameHeader& header, ByteView plain) {
    all.emplace_back(header.ordinal, copy_of(plain));
  });
  return all;
}

// A frame header with a right CRC before zeros, where the pack ends.
Bytes with_forged_frame(Bytes pack, FrameHeader header) {
  header.position = pack.size();
  const FrameHeaderBytes forged = encode(header);
  pack.insert(pack.end(), forged.begin(), forged.end());
  pack.resize(pack.size() + 500);
  return pack;
}

}  // namespace

TEST_CASE("A pack under another epoch key is told before anything is opened") {
  const TinyPack pack;
  const SecretKey other{Bytes(32, 8)};
  const auto reader = PackReader::open(pack.closed.header, other);
  REQUIRE_FALSE(reader);
  CHECK(reader.error().code == ErrorCode::wrong_key);
}

TEST_CASE(
    "Any flipped bit, cut or further byte is seen by the name, and no read gives wrong bytes") {
  const TinyPack pack;
  CHECK(chunks_read(pack, pack.bytes) == 3);
  test::for_every_damage(pack.bytes, [&](ByteView bytes, const test::SmallDamage& /*damage*/) {
    return sha256(bytes) != pack.closed.name && chunks_read(pack, bytes) >= 0;
  });
}

TEST_CASE("A pack cut anywhere gives the chunks before the cut or nothing") {
  const TinyPack pack;
  for (std::size_t size = 0; size < pack.bytes.size(); ++size) {
    const ByteView bytes = ByteView(pack.bytes).first(size);
    const auto whole = std::ranges::count_if(pack.closed.index, [&](const IndexRecord& record) {
      return record.position + record.frame_size() <= size;
    });
    if (chunks_read(pack, bytes) != whole) FAIL("cut at " << size);
  }
}

TEST_CASE("A chunk is not opened for a record that says otherwise") {
  TinyPack pack;
  PackReader reader = reader_of(pack.bytes).value();
  const IndexRecord right = pack.closed.index[0];
  const ByteView frame = frame_of(pack.bytes, right);
  const auto refused = [&](const IndexRecord& record, ByteView bytes, std::size_t length) {
    Bytes plain(length);
    const Result<void> result = reader.open_chunk(record, bytes, plain);
    return !result && result.error().code == ErrorCode::damaged;
  };
  CHECK_FALSE(refused(right, frame, right.plain_length));
  IndexRecord record = right;
  record.position += 1;
  CHECK(refused(record, frame, record.plain_length));
  record = right;
  record.stored_length -= 1;
  CHECK(refused(record, frame, record.plain_length));
  CHECK(refused(record, frame.first(record.frame_size()), record.plain_length));
  record = right;
  record.plain_length += 1;
  CHECK(refused(record, frame, record.plain_length));
  record = right;
  record.compression = codec::Compression::zstd;
  CHECK(refused(record, frame, record.plain_length));
  CHECK(refused(right, frame, right.plain_length + 1));
  CHECK(refused(right, {}, right.plain_length));
  CHECK(refused(right, frame_of(pack.bytes, pack.closed.index[1]), right.plain_length));
}

TEST_CASE("A frame of one pack does not open in another") {
  TinyPack pack;
  PackMaker maker;
  static_cast<void>(maker.random.array<1>());
  PackWriter other(kIdentity, kEpochKey, maker.random, {}, 1000);
  other.append(pack.closed.index[0].name, codec::Compression::none, pack.maker.plains[0], 19);
  const ClosedPack closed = other.close();
  CHECK(closed.index[0] == pack.closed.index[0]);
  PackReader reader = reader_of(closed.bytes.view()).value();
  CHECK_FALSE(chunk_of(reader, pack.bytes, pack.closed.index[0]));
}

TEST_CASE("An index is not opened for a trailer that says otherwise") {
  TinyPack pack;
  PackReader reader = reader_of(pack.bytes).value();
  const ByteView bytes = pack.bytes;
  const Trailer right = parse_trailer(bytes.last(kTrailerSize)).value();
  const ByteView frame =
      bytes.subspan(right.index_position, bytes.size() - kTrailerSize - right.index_position);
  CHECK(reader.open_index(frame, right));
  CHECK_FALSE(reader.open_index(frame, {right.index_position + 1, right.chunks}));
  CHECK_FALSE(reader.open_index(frame, {right.index_position, right.chunks + 1}));
  CHECK_FALSE(reader.open_index(frame, {right.index_position, kChunksMax}));
  CHECK_FALSE(reader.open_index(frame.first(frame.size() - 1), right));
  CHECK_FALSE(reader.open_index({}, right));
}

TEST_CASE("An index is not opened from a frame that says otherwise") {
  TinyPack pack;
  PackReader reader = reader_of(pack.bytes).value();
  const ByteView bytes = pack.bytes;
  const Trailer trailer = parse_trailer(bytes.last(kTrailerSize)).value();
  const ByteView frame =
      bytes.subspan(trailer.index_position, bytes.size() - kTrailerSize - trailer.index_position);
  const FrameHeader right = parse_frame_header(frame.first(kFrameHeaderSize)).value();
  const auto opens = [&](const FrameHeader& header) {
    Bytes other = copy_of(frame);
    std::ranges::copy(encode(header), other.begin());
    return reader.open_index(other, trailer).has_value();
  };
  CHECK(opens(right));
  FrameHeader wrong = right;
  wrong.type = FrameType::chunk;
  CHECK_FALSE(opens(wrong));
  wrong = right;
  wrong.ordinal -= 1;
  CHECK_FALSE(opens(wrong));
  wrong = right;
  wrong.position += 1;
  CHECK_FALSE(opens(wrong));
  wrong = right;
  wrong.stored_length -= 1;
  wrong.plain_length -= 1;
  CHECK_FALSE(opens(wrong));
  wrong.compression = codec::Compression::zstd;
  wrong.stored_length = right.stored_length;
  wrong.plain_length = right.stored_length + 1;
  CHECK_FALSE(opens(wrong));
}

TEST_CASE("A sealed index that names frames beyond itself is refused") {
  const PackHeader header = parse_header(TinyPack().closed.header).value();
  const HeaderBytes header_bytes = encode(header);
  const auto keys = codec::derive_pack_keys(kEpochKey.view(), header.salt,
                                            ByteView(header_bytes).first(kKeyContextSize));
  const auto open = [&](std::uint64_t index_position) {
    const IndexRecord record{{}, kHeaderSize, 10, 10, codec::Compression::none};
    const Bytes plain = encode_index({record});
    const auto length = static_cast<std::uint32_t>(plain.size());
    const auto frame_header = encode(
        FrameHeader{FrameType::index, 1, index_position, length, length, codec::Compression::none});
    Bytes frame(frame_header.begin(), frame_header.end());
    frame.resize(kFrameHeaderSize + plain.size() + kTagSize);
    codec::Sealer(keys.key, header_bytes)
        .seal(1, codec::SealedKind::index, frame_header, plain,
              ByteSpan(frame).subspan(kFrameHeaderSize));
    return reader_of(header_bytes)->open_index(frame, {index_position, 1}).has_value();
  };
  const std::uint64_t end = kHeaderSize + kFrameHeaderSize + 10 + kTagSize;
  CHECK(open(end));
  CHECK_FALSE(open(end - 1));
}

TEST_CASE("Salvage finds every chunk but the damaged one") {
  const TinyPack pack;
  for (std::size_t lost = 0; lost < 3; ++lost) {
    const IndexRecord& record = pack.closed.index[lost];
    for (std::uint64_t at = 0; at < record.frame_size(); ++at) {
      Bytes bytes = pack.bytes;
      bytes[record.position + at] ^= 1;
      std::vector<std::pair<std::uint32_t, Bytes>> expected;
      for (std::uint32_t i = 0; i < 3; ++i) {
        if (i != lost) expected.emplace_back(i, pack.maker.plains[i]);
      }
      // Index and trailer are of no use to it.
      const auto end = pack.closed.index[2].position + pack.closed.index[2].frame_size();
      if (salvaged(reader_of(bytes).value(), ByteView(bytes).first(end)) != expected) {
        FAIL("chunk " << lost << ", byte " << at);
      }
    }
  }
}

TEST_CASE("Salvage passes over frames that are forged, moved or cut") {
  const TinyPack pack;
  const auto found = [&](const Bytes& bytes) {
    return salvaged(reader_of(pack.bytes).value(), bytes).size();
  };
  using enum codec::Compression;
  CHECK(found(with_forged_frame(pack.bytes, {FrameType::chunk, 3, 0, 100, 100, none})) == 3);
  CHECK(found(with_forged_frame(pack.bytes, {FrameType::chunk, 3, 0, 100, 9999, zstd})) == 3);
  CHECK(found(with_forged_frame(pack.bytes, {FrameType::chunk, 3, 0, 9999, 9999, none})) == 3);
  Bytes moved = pack.bytes;
  moved.insert(moved.begin() + kHeaderSize, 0);
  CHECK(found(moved) == 0);
  CHECK(found({pack.bytes.begin(), pack.bytes.begin() + kHeaderSize + 20}) == 0);
  CHECK(found({}) == 0);
}
