// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/shard.h"

#include <catch2/catch.hpp>

#include "firmware/erasure/crc32c.h"
#include "tests/support/every_damage.h"

using namespace holdfast;
using namespace holdfast::pool;

namespace {

ShardHeader some_header() {
  ShardHeader header;
  header.pack = sha256(view_of("pack"));
  header.pool.bytes = {1, 2, 3};
  header.geometry = {5, 2};
  header.index = 6;
  header.under_protected = true;
  header.generation = 0x1234;
  header.leaf_size = 128;
  header.pack_size = 5 * 1000;
  header.pack_header = {9, 8, 7};
  return header;
}

// With some bytes set and the CRC made right again: malice, or a newer version.
Result<ShardHeader> forged(std::size_t at, std::uint8_t value) {
  const ShardFieldsBytes right = encode(some_header());
  Bytes bytes(right.begin(), right.end() - 4);
  bytes[at] = value;
  const std::uint32_t crc = erasure::crc32c(bytes);
  ByteWriter(bytes).u32(crc);
  return parse_shard_header(bytes);
}

ErrorCode refusal(const Result<ShardHeader>& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

}  // namespace

TEST_CASE("A shard header comes back as it was written") {
  const ShardHeader header = some_header();
  const ShardFieldsBytes bytes = encode(header);
  const ShardHeader parsed = parse_shard_header(bytes).value();
  CHECK(encode(parsed) == bytes);
  CHECK(parsed.pack == header.pack);
  CHECK(parsed.pool == header.pool);
  CHECK(parsed.geometry == header.geometry);
  CHECK(parsed.index == 6);
  CHECK(parsed.under_protected);
  CHECK(parsed.generation == 0x1234);
  CHECK(parsed.leaf_size == 128);
  CHECK(parsed.pack_size == 5000);
  CHECK(parsed.pack_header == header.pack_header);
}

TEST_CASE("Shards are long enough for the pack, a multiple of 64, and no longer") {
  for (std::uint8_t k = 1; k <= 32; ++k) {
    for (std::uint64_t size = 1; size < 9000; size += 37) {
      const std::uint64_t length = shard_length_of(size, k);
      const bool right = length % 64 == 0 && length * k >= size && (length - 64) * k < size;
      if (!right) FAIL("size " << size << ", k " << int{k} << ": " << length);
    }
  }
}

TEST_CASE("A shard file has header, data, one CRC a leaf, and the copy of the header") {
  const ShardHeader header = some_header();
  CHECK(header.shard_length() == 1024);
  CHECK(header.leaf_count() == 8);
  CHECK(header.file_size() == 4096 + 1024 + 4 * 8 + 256);
  ShardHeader longer = header;
  longer.pack_size += 1;
  CHECK(longer.shard_length() == 1024);
  longer.pack_size = 5 * 1024 + 1;
  CHECK(longer.leaf_count() == 9);
}

TEST_CASE("Any flipped bit, cut or further byte of a shard header is seen") {
  test::require_every_damage_seen(
      encode(some_header()), [](ByteView bytes) { return parse_shard_header(bytes).has_value(); });
}

TEST_CASE("A shard header with a right CRC says why it is refused") {
  REQUIRE(forged(10, 1));
  CHECK(refusal(forged(0, 'h')) == ErrorCode::bad_magic);
  CHECK(refusal(forged(8, 2)) == ErrorCode::unsupported_version);
  CHECK(refusal(forged(10, 2)) == ErrorCode::unsupported_version);
  CHECK(refusal(forged(11, 0)) == ErrorCode::damaged);
  CHECK(refusal(forged(11, 31)) == ErrorCode::damaged);
  CHECK(refusal(forged(11, 4)) == ErrorCode::damaged);  // another shard length
  CHECK(refusal(forged(13, 7)) == ErrorCode::damaged);
  CHECK(refusal(forged(14, 2)) == ErrorCode::damaged);
  CHECK(refusal(forged(14, 3)) == ErrorCode::damaged);
  CHECK(refusal(forged(18, 1)) == ErrorCode::damaged);
  CHECK(refusal(forged(20, 0)) == ErrorCode::damaged);  // leaf size
  CHECK(refusal(forged(20, 32)) == ErrorCode::damaged);
  CHECK(refusal(forged(31, 0xff)) == ErrorCode::limit_exceeded);
  CHECK(refusal(forged(39, 0xff)) == ErrorCode::damaged);
  CHECK(refusal(forged(251, 1)) == ErrorCode::damaged);
  ShardHeader empty = some_header();
  empty.pack_size = 0;
  CHECK(refusal(parse_shard_header(encode(empty))) == ErrorCode::damaged);
  Bytes longer(257);
  std::ranges::copy(encode(some_header()), longer.begin());
  CHECK(refusal(parse_shard_header(longer)) == ErrorCode::damaged);
}

TEST_CASE("A shard's path names pack, generation and index, and can be read back") {
  const Digest pack = sha256(view_of("pack"));
  const std::string path = shard_path(pack, 0x00ab, 31);
  const std::string directory = "packs/" + pack.hex().substr(0, 2);
  CHECK(shard_directory(pack) == directory);
  CHECK(path == directory + "/" + pack.hex() + "-00ab-1f.shard");

  const std::string name = path.substr(directory.size() + 1);
  const auto parsed = parse_shard_file_name(name);
  REQUIRE(parsed);
  CHECK(parsed->pack == pack);
  CHECK(parsed->generation == 0xab);
  CHECK(parsed->index == 31);
}

TEST_CASE("Names that are not a shard's are not taken for one") {
  const std::string name = std::string(64, 'a') + "-00ab-1f.shard";
  REQUIRE(parse_shard_file_name(name));
  CHECK_FALSE(parse_shard_file_name(""));
  CHECK_FALSE(parse_shard_file_name(name + ".tmp"));
  CHECK_FALSE(parse_shard_file_name(name.substr(1)));
  const auto with = [&](std::size_t at, char character) {
    std::string other = name;
    other[at] = character;
    return parse_shard_file_name(other);
  };
  CHECK_FALSE(with(0, 'A'));
  CHECK_FALSE(with(5, 'g'));
  CHECK_FALSE(with(64, '_'));
  CHECK_FALSE(with(67, 'A'));
  CHECK_FALSE(with(69, '.'));
  CHECK_FALSE(with(70, '2'));  // no shard 47
  CHECK_FALSE(with(77, 'D'));
}
