// SPDX-License-Identifier: Apache-2.0
#include "hal/base/bytes.h"

#include <catch2/catch.hpp>
#include <limits>

namespace holdfast {

namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

Bytes hex(std::string_view text) {
  return *from_hex(text);
}

}  // namespace

TEST_CASE("hexadecimal goes both ways and takes nothing else") {
  const Bytes bytes = {0x00, 0x7f, 0x80, 0xff};
  CHECK(to_hex(bytes) == "007f80ff");
  CHECK(hex("007f80ff") == bytes);
  CHECK(hex("").empty());
  for (const char* text : {"0", "0g", "FF", "0x", " 00", "00 "}) {
    CAPTURE(text);
    CHECK(from_hex(text).error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("integers are little-endian") {
  Bytes out;
  ByteWriter writer(out);
  writer.u8(0x01);
  writer.u16(0x0302);
  writer.u32(0x07060504);
  writer.u64(0x0f0e0d0c0b0a0908);
  writer.i64(-2);
  CHECK(to_hex(out) == "0102030405060708090a0b0c0d0e0ffeffffffffffffff");
  CHECK(writer.size() == 23);
}

TEST_CASE("what was written is read back") {
  Bytes out;
  ByteWriter writer(out);
  writer.u8(7);
  writer.u16(65535);
  writer.u32(123);
  writer.u64(kLargest);
  writer.i64(std::numeric_limits<std::int64_t>::min());
  writer.text("text");
  writer.blob(hex("00ff"));
  writer.zeros(3);
  writer.raw(hex("aabb"));

  ByteReader reader(out);
  CHECK(reader.u8() == 7);
  CHECK(reader.u16() == 65535);
  CHECK(reader.u32() == 123);
  CHECK(reader.u64() == kLargest);
  CHECK(reader.i64() == std::numeric_limits<std::int64_t>::min());
  CHECK(reader.text() == "text");
  CHECK(to_hex(reader.blob()) == "00ff");
  CHECK(reader.zeros(3));
  CHECK(to_hex(reader.array<2>()) == "aabb");
  CHECK(reader.ok());
  CHECK(reader.at_end());
}

TEST_CASE("varints have one form each") {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{16383},
        std::uint64_t{16384}, std::uint64_t{1} << 63, kLargest}) {
    Bytes out;
    ByteWriter(out).varint(value);
    ByteReader reader(out);
    CHECK(reader.varint() == value);
    CHECK(reader.at_end());
    CHECK(reader.ok());
  }
  Bytes out;
  ByteWriter(out).varint(300);
  CHECK(to_hex(out) == "ac02");
}

TEST_CASE("signed varints keep the sign, and small numbers small") {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{-64},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    Bytes out;
    ByteWriter(out).signed_varint(value);
    ByteReader reader(out);
    CHECK(reader.signed_varint() == value);
    CHECK(reader.ok());
    if (value >= -64 && value < 64) CHECK(out.size() == 1);
  }
}

TEST_CASE("hostile varints are refused") {
  for (const char* text : {
           "80",                      // ends in the middle
           "8000",                    // longer than it need be
           "ffffffffffffffffff02",    // above 64 bits
           "ffffffffffffffffff8000",  // eleven bytes
           "",
       }) {
    CAPTURE(text);
    const Bytes bytes = hex(text);
    ByteReader reader(bytes);
    CHECK(reader.varint() == 0);
    CHECK_FALSE(reader.ok());
  }
}

TEST_CASE("a length above the rest is refused without believing it") {
  for (const char* text : {"05aabb", "ffffffffffffffffff01aa"}) {
    const Bytes bytes = hex(text);
    ByteReader reader(bytes);
    CHECK(reader.blob().empty());
    CHECK_FALSE(reader.ok());
    CHECK(reader.left() == 0);
  }
}

TEST_CASE("a reader that failed stays failed and says zero") {
  const Bytes bytes = hex("aabbcc");
  ByteReader reader(bytes);
  CHECK(reader.u32() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK(reader.array<2>() == std::array<std::uint8_t, 2>{});
  CHECK(reader.text().empty());
  CHECK_FALSE(reader.zeros(0));
  CHECK_FALSE(reader.ok());
}

TEST_CASE("zeros sees a byte that is not") {
  const Bytes bytes = hex("000001");
  ByteReader reader(bytes);
  CHECK(reader.zeros(2));
  CHECK_FALSE(reader.zeros(1));
  CHECK(reader.ok());
}

TEST_CASE("a buffer keeps its bytes as it grows, aligned for vector code") {
  Buffer buffer;
  CHECK(buffer.empty());
  buffer.append(view_of("one"));
  buffer.append({});
  for (int i = 0; i < 1000; ++i) buffer.append(view_of("more"));
  CHECK(buffer.size() == 4003);
  CHECK(text_of(buffer.view()).substr(0, 7) == "onemore");
  CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
  CHECK(buffer.capacity() >= buffer.size());
  buffer.clear();
  CHECK(buffer.empty());
}

}  // namespace holdfast
