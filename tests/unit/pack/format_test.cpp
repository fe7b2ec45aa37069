// SPDX-License-Identifier: Apache-2.0
#include "firmware/pack/format.h"

#include <catch2/catch.hpp>

#include "firmware/erasure/crc32c.h"
#include "tests/unit/pack/pack_fixture.h"

using namespace holdfast;
using namespace holdfast::pack;

namespace {

// `bytes` with one byte set, and the CRC at the end made right again: not damage but malice, or a
// newer version.
template <class SomeBytes>
Bytes forged(const SomeBytes& bytes, std::size_t at, std::uint8_t value) {
  Bytes out(bytes.begin(), bytes.end() - 4);
  out[at] = value;
  const std::uint32_t crc = erasure::crc32c(out);
  ByteWriter(out).u32(crc);
  return out;
}

Bytes longer(ByteView bytes) {
  Bytes out = copy_of(bytes);
  out.push_back(0);
  return out;
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

const PackHeader kHeader{kIdentity, {5, 6}, {{7, 8}}};
const FrameHeader kFrame{FrameType::chunk, 3, 500, 40, 70, codec::Compression::zstd};

ErrorCode index_refusal(const std::vector<IndexRecord>& records) {
  return code_of(parse_index(encode_index(records)));
}

}  // namespace

TEST_CASE("A pack header comes back as it was written") {
  const PackHeader header = parse_header(encode(kHeader)).value();
  CHECK(header.identity == kHeader.identity);
  CHECK(header.salt == kHeader.salt);
  CHECK(header.commitment == kHeader.commitment);
}

TEST_CASE("A pack header says why it is refused") {
  const HeaderBytes bytes = encode(kHeader);
  CHECK(code_of(parse_header(Bytes(kHeaderSize))) == ErrorCode::bad_magic);
  CHECK(code_of(parse_header({})) == ErrorCode::bad_magic);
  CHECK(code_of(parse_header(ByteView(bytes).first(9))) == ErrorCode::truncated);
  CHECK(code_of(parse_header(ByteView(bytes).first(111))) == ErrorCode::truncated);
  Bytes longer(bytes.begin(), bytes.end());
  longer.push_back(0);
  CHECK(code_of(parse_header(longer)) == ErrorCode::damaged);
  CHECK(code_of(parse_header(forged(bytes, 8, 2))) == ErrorCode::unsupported_version);
  CHECK(code_of(parse_header(forged(bytes, 10, 2))) == ErrorCode::unsupported_suite);
  CHECK(code_of(parse_header(forged(bytes, 11, 0))) == ErrorCode::damaged);
  CHECK(code_of(parse_header(forged(bytes, 11, 3))) == ErrorCode::damaged);
  CHECK(code_of(parse_header(forged(bytes, 36, 1))) == ErrorCode::damaged);
  CHECK(code_of(parse_header(forged(bytes, 107, 1))) == ErrorCode::damaged);
  Bytes flipped(bytes.begin(), bytes.end());
  flipped[20] ^= 1;
  CHECK(code_of(parse_header(flipped)) == ErrorCode::damaged);
}

TEST_CASE("A frame header comes back as it was written, and hostile ones are refused") {
  const FrameHeaderBytes bytes = encode(kFrame);
  CHECK(encode(parse_frame_header(bytes).value()) == bytes);
  CHECK(parse_frame_header(bytes)->plain_length == 70);

  CHECK(code_of(parse_frame_header(Bytes(kFrameHeaderSize))) == ErrorCode::bad_magic);
  CHECK(code_of(parse_frame_header(ByteView(bytes).first(31))) == ErrorCode::truncated);
  CHECK(code_of(parse_frame_header(forged(bytes, 7, 1))) == ErrorCode::limit_exceeded);
  CHECK(code_of(parse_frame_header(forged(bytes, 15, 1))) == ErrorCode::limit_exceeded);
  CHECK(code_of(parse_frame_header(forged(bytes, 19, 0xff))) == ErrorCode::limit_exceeded);
  CHECK(code_of(parse_frame_header(forged(bytes, 23, 0xff))) == ErrorCode::limit_exceeded);
  CHECK(code_of(parse_frame_header(forged(bytes, 24, 2))) == ErrorCode::damaged);
  CHECK(code_of(parse_frame_header(forged(bytes, 24, 0))) == ErrorCode::damaged);
  CHECK(code_of(parse_frame_header(forged(bytes, 27, 1))) == ErrorCode::damaged);
  Bytes flipped(bytes.begin(), bytes.end());
  flipped[4] ^= 1;
  CHECK(code_of(parse_frame_header(flipped)) == ErrorCode::damaged);
  CHECK(code_of(parse_frame_header(longer(bytes))) == ErrorCode::damaged);
}

TEST_CASE("The index may have one ordinal more than the last chunk") {
  FrameHeader header{FrameType::index, kChunksMax, 500, 0, 0, codec::Compression::none};
  CHECK(parse_frame_header(encode(header)));
  header.type = FrameType::chunk;
  CHECK(code_of(parse_frame_header(encode(header))) == ErrorCode::limit_exceeded);
}

TEST_CASE("A trailer comes back as it was written, and hostile ones are refused") {
  const Bytes bytes = encode(Trailer{1234, 5});
  CHECK(parse_trailer(bytes)->index_position == 1234);
  CHECK(parse_trailer(bytes)->chunks == 5);

  CHECK(code_of(parse_trailer(Bytes(kTrailerSize))) == ErrorCode::bad_magic);
  CHECK(code_of(parse_trailer(ByteView(bytes).first(31))) == ErrorCode::truncated);
  CHECK(code_of(parse_trailer(encode(Trailer{111, 5}))) == ErrorCode::damaged);
  CHECK(code_of(parse_trailer(encode(Trailer{kPackSizeMax + 1, 5}))) == ErrorCode::limit_exceeded);
  CHECK(code_of(parse_trailer(encode(Trailer{112, kChunksMax + 1}))) == ErrorCode::limit_exceeded);
  CHECK(code_of(parse_trailer(forged(bytes, 27, 1))) == ErrorCode::damaged);
  CHECK(code_of(parse_trailer(longer(bytes))) == ErrorCode::damaged);
}

TEST_CASE("An index comes back as it was written; frames may not overlap, nor leave the pack") {
  const IndexRecord first{{{1}}, 112, 40, 70, codec::Compression::zstd};
  const IndexRecord second{{{2}}, 112 + first.frame_size(), 8, 8, codec::Compression::none};
  CHECK(parse_index(encode_index({first, second})).value() == std::vector{first, second});
  CHECK(parse_index({}).value().empty());

  CHECK(index_refusal({second, first}) == ErrorCode::damaged);
  CHECK(index_refusal({first, first}) == ErrorCode::damaged);
  IndexRecord record = second;
  record.position -= 1;
  CHECK(index_refusal({first, record}) == ErrorCode::damaged);
  record = first;
  record.position = 111;
  CHECK(index_refusal({record}) == ErrorCode::damaged);
  record.position = ~std::uint64_t{0};
  CHECK(index_refusal({record}) == ErrorCode::limit_exceeded);
  record = second;
  record.stored_length += 1;
  CHECK(index_refusal({record}) == ErrorCode::damaged);
  record = first;
  record.plain_length = kPlainLengthMax + 1;
  CHECK(index_refusal({record}) == ErrorCode::limit_exceeded);

  Bytes bytes = encode_index({first, second});
  bytes.back() = 1;
  CHECK(code_of(parse_index(bytes)) == ErrorCode::damaged);
  bytes.pop_back();
  CHECK(code_of(parse_index(bytes)) == ErrorCode::damaged);
  CHECK(code_of(parse_index(Bytes((kChunksMax + 1) * kIndexRecordSize))) ==
        ErrorCode::limit_exceeded);
}

TEST_CASE("A chunk's name depends on its bytes and on the business's id key") {
  const Digest plain = sha256(view_of("plain"));
  CHECK(chunk_name(kIdKey, plain) == hmac_sha256(kIdKey.view(), plain.view()));
  CHECK(chunk_name(kEpochKey, plain) != chunk_name(kIdKey, plain));
}
