// SPDX-License-Identifier: Apache-2.0
// HKDF against RFC 5869, AES-256-GCM against the vectors of its authors (McGrew and Viega).
#include "hal/base/cipher.h"

#include <catch2/catch.hpp>

using namespace holdfast;

namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

Bytes counting(int first, int last) {
  Bytes bytes;
  for (int value = first; value <= last; ++value) bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

std::string hkdf_hex(ByteView key_material, ByteView salt, ByteView info, std::size_t size) {
  Bytes out(size);
  hkdf_sha256(key_material, salt, info, out);
  return to_hex(out);
}

struct GcmVector {
  std::string key, nonce, additional, plain, sealed;
};

const std::string kLongKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";

const GcmVector kEmpty{std::string(64, '0'), std::string(24, '0'), "", "",
                       "530f8afbc74536b9a963b4f1c4cb738b"};
const GcmVector kZeros{std::string(64, '0'), std::string(24, '0'), "", std::string(32, '0'),
                       "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"};
const GcmVector kLong{kLongKey, "cafebabefacedbaddecaf888",
                      "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
                      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                      "76fc6ece0f4e1768cddf8853bb2d551b"};

Nonce nonce_of(const GcmVector& vector) {
  return ByteReader(hex(vector.nonce)).array<12>();
}

}  // namespace

TEST_CASE("HKDF gives the outputs of RFC 5869") {
  CHECK(hkdf_hex(Bytes(22, 0x0b), counting(0x00, 0x0c), counting(0xf0, 0xf9), 42) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  CHECK(hkdf_hex(counting(0x00, 0x4f), counting(0x60, 0xaf), counting(0xb0, 0xff), 82) ==
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
        "cc30c58179ec3e87c14c01d5c1f3434f1d87");
  CHECK(hkdf_hex(Bytes(22, 0x0b), {}, {}, 42) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("AES-256-GCM gives the published ciphertexts and tags, and opens them") {
  const GcmVector& vector = GENERATE(kEmpty, kZeros, kLong);
  const Bytes plain = hex(vector.plain);
  const Bytes sealed = hex(vector.sealed);
  const Bytes additional = hex(vector.additional);
  const std::array<ByteView, 2> pieces{ByteView(additional).first(additional.size() / 3),
                                       ByteView(additional).subspan(additional.size() / 3)};
  Aead aead(SecretKey(hex(vector.key)));

  Bytes out(sealed.size());
  aead.seal(nonce_of(vector), pieces, plain, out);
  CHECK(to_hex(out) == vector.sealed);

  Bytes opened(plain.size());
  CHECK(aead.open(nonce_of(vector), pieces, sealed, opened));
  CHECK(opened == plain);
}

TEST_CASE("One Aead seals and opens many messages in turn, in place") {
  Aead aead(SecretKey(hex(kLongKey)));
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 4096U, 100'001U}) {
    const Bytes plain(size, static_cast<std::uint8_t>(size));
    const Nonce nonce{static_cast<std::uint8_t>(size % 251)};
    Bytes apart(size + kAeadTagSize);
    aead.seal(nonce, {}, plain, apart);

    Bytes bytes = plain;
    bytes.resize(size + kAeadTagSize);
    aead.seal(nonce, {}, ByteView(bytes).first(size), bytes);
    CHECK(bytes == apart);
    CHECK(aead.open(nonce, {}, bytes, ByteSpan(bytes).first(size)));
    bytes.resize(size);
    CHECK(bytes == plain);
  }
}

TEST_CASE("Any flipped bit of what was sealed is refused, and nothing of it is shown") {
  Aead aead(SecretKey(hex(kLong.key)));
  const Bytes additional = hex(kLong.additional);
  const std::array<ByteView, 1> pieces{additional};
  Bytes sealed = hex(kLong.sealed);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1 << bit % 8);
    sealed[bit / 8] ^= mask;
    Bytes out(sealed.size() - kAeadTagSize, 0xee);
    REQUIRE_FALSE(aead.open(nonce_of(kLong), pieces, sealed, out));
    REQUIRE(out == Bytes(out.size()));
    sealed[bit / 8] ^= mask;
  }
}

TEST_CASE("Another key, nonce or additional data does not open") {
  const Bytes sealed = hex(kZeros.sealed);
  Bytes out(16);
  Aead aead(SecretKey(hex(kZeros.key)));
  const std::array<ByteView, 1> additional{view_of("x")};
  CHECK_FALSE(Aead(SecretKey(hex(kLongKey))).open(nonce_of(kZeros), {}, sealed, out));
  CHECK_FALSE(aead.open(Nonce{1}, {}, sealed, out));
  CHECK_FALSE(aead.open(nonce_of(kZeros), additional, sealed, out));
  CHECK(aead.open(nonce_of(kZeros), {}, sealed, out));
}

TEST_CASE("Bytes shorter than a tag do not open") {
  Aead aead(SecretKey(hex(kLongKey)));
  CHECK_FALSE(aead.open(Nonce{}, {}, Bytes(kAeadTagSize - 1), {}));
  CHECK_FALSE(aead.open(Nonce{}, {}, {}, {}));
}
