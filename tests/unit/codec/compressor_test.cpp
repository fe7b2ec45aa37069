// SPDX-License-Identifier: Apache-2.0
#include "firmware/codec/compressor.h"

#include <zstd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <new>
#include <random>

#include "tests/unit/codec/failing_zstd.h"

using namespace holdfast;
using namespace holdfast::codec;

namespace {

Bytes rows(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "contract " + std::to_string(i) + ";open;0.00\n";
  return {text.begin(), text.end()};
}

Bytes noise(std::size_t size) {
  std::mt19937 random(1);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes compressed(Compressor& compressor, const Bytes& plain) {
  Bytes out;
  REQUIRE(compressor.compress(Compression::zstd, plain, out).value() == Compression::zstd);
  return out;
}

ErrorCode refusal(Compression compression, ByteView stored, std::size_t size) {
  Compressor compressor;
  Bytes out(size);
  const Result<void> result = compressor.decompress(compression, stored, out);
  REQUIRE_FALSE(result);
  return result.error().code;
}

}  // namespace

TEST_CASE("Rows become smaller, and come back") {
  Compressor compressor;
  for (const std::size_t count : {10U, 100'000U, 3U, 1000U}) {
    const Bytes plain = rows(count);
    const Bytes stored = compressed(compressor, plain);
    CHECK(stored.size() < plain.size());
    Bytes back(plain.size());
    CHECK(compressor.decompress(Compression::zstd, stored, back));
    CHECK(back == plain);
  }
}

TEST_CASE("What does not become smaller stays as it is") {
  Compressor compressor;
  const Bytes plain = GENERATE(Bytes{}, Bytes(1), Bytes(12), noise(1), noise(100), noise(300'000));
  Bytes out(5);
  CHECK(compressor.compress(Compression::zstd, plain, out).value() == Compression::none);
  CHECK(out.empty());
}

TEST_CASE("Nothing is compressed where that is not wanted") {
  Bytes out(5);
  const Bytes plain = rows(100);
  CHECK(Compressor().compress(Compression::none, plain, out).value() == Compression::none);
  CHECK(out.empty());

  Bytes back(plain.size());
  CHECK(Compressor().decompress(Compression::none, plain, back));
  CHECK(back == plain);
}

TEST_CASE("A chunk of another length than promised is damaged") {
  Compressor compressor;
  const Bytes plain = rows(100);
  const Bytes stored = compressed(compressor, plain);
  for (const std::size_t size : {std::size_t{0}, plain.size() - 1, plain.size() + 1}) {
    CHECK(refusal(Compression::zstd, stored, size) == ErrorCode::damaged);
    CHECK(refusal(Compression::none, plain, size) == ErrorCode::damaged);
  }
}

TEST_CASE("Only one whole frame, and nothing else, is decompressed") {
  Compressor compressor;
  const Bytes plain = rows(100);
  const Bytes frame = compressed(compressor, plain);
  const auto is_damaged = [](ByteView stored, std::size_t size) {
    return refusal(Compression::zstd, stored, size) == ErrorCode::damaged;
  };
  for (std::size_t size = 0; size < frame.size(); ++size) {
    REQUIRE(is_damaged(ByteView(frame).first(size), plain.size()));
  }
  Bytes longer = frame;
  longer.push_back(0);
  CHECK(is_damaged(longer, plain.size()));
  Bytes twice = frame;
  twice.insert(twice.end(), frame.begin(), frame.end());
  CHECK(is_damaged(twice, 2 * plain.size()));
  CHECK(is_damaged(Bytes{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0}, 0));  // a skippable frame
}

TEST_CASE("A compression that is not known is damaged") {
  CHECK(refusal(static_cast<Compression>(2), {}, 0) == ErrorCode::damaged);
}

TEST_CASE("Altered frames neither crash nor fill more than the chunk") {
  Compressor compressor;
  const Bytes plain = rows(50);
  Bytes stored = compressed(compressor, plain);
  Bytes out(plain.size());
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1 << bit % 8);
    stored[bit / 8] ^= mask;
    const Result<void> result = compressor.decompress(Compression::zstd, stored, out);
    REQUIRE((result || result.error().code == ErrorCode::damaged));
    stored[bit / 8] ^= mask;
  }
  CHECK(compressor.decompress(Compression::zstd, stored, out));
  CHECK(out == plain);
}

TEST_CASE("A frame that promises a huge window and content costs no memory") {
  // Magic, descriptor without single segment but with an 8-byte content size, a window of 2 TiB.
  Bytes stored{0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0xf8};
  stored.insert(stored.end(), 8, 0x7f);
  stored.insert(stored.end(), {0x01, 0x00, 0x00});  // last block: raw, empty
  CHECK(refusal(Compression::zstd, stored, 16) == ErrorCode::damaged);
}

TEST_CASE("Without memory for the library's contexts there is no compressor") {
  FailingZstd failing;
  failing.no_compression_context = GENERATE(true, false);
  failing.no_decompression_context = !failing.no_compression_context;
  CHECK_THROWS_AS(Compressor(), std::bad_alloc);
}

TEST_CASE("A compression that fails is told by its cause, gives nothing, and ends nothing") {
  Compressor compressor;
  const Bytes plain = rows(100);
  const Bytes right = compressed(compressor, plain);
  const auto code_of = [&](ZSTD_ErrorCode error) {
    FailingZstd failing;
    failing.compress_error = error;
    Bytes out(5);
    const auto answer = compressor.compress(Compression::zstd, plain, out);
    REQUIRE_FALSE(answer);
    CHECK(out.empty());
    return answer.error().code;
  };
  CHECK(code_of(ZSTD_error_memory_allocation) == ErrorCode::out_of_memory);
  CHECK(code_of(ZSTD_error_stage_wrong) == ErrorCode::internal);
  CHECK(compressed(compressor, plain) == right);
}

TEST_CASE("A frame that does not give back the plain bytes is never taken") {
  Compressor compressor;
  const Bytes plain = rows(100);
  const auto flip = [](std::uint8_t* bytes, std::size_t size) { bytes[size / 2] ^= 1; };
  const auto is_damaged = [&] {
    Bytes out;
    const auto answer = compressor.compress(Compression::zstd, plain, out);
    return !answer && answer.error().code == ErrorCode::damaged;
  };
  {
    FailingZstd failing;
    failing.spoil_frame = [](std::uint8_t* bytes, std::size_t /*size*/) { bytes[0] ^= 1; };
    CHECK(is_damaged());  // no frame at all
  }
  {
    FailingZstd failing;
    failing.spoil_content = flip;
    CHECK(is_damaged());  // a frame of other bytes
  }
  CHECK_FALSE(is_damaged());
}
