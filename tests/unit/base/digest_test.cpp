// SPDX-License-Identifier: Apache-2.0
// SHA-256 against FIPS 180-4's examples, HMAC-SHA-256 against RFC 4231.
#include "hal/base/digest.h"

#include <catch2/catch.hpp>

namespace holdfast {

namespace {

constexpr std::string_view kEmpty =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace

TEST_CASE("SHA-256 gives the published digests") {
  CHECK(sha256({}).hex() == kEmpty);
  CHECK(sha256(view_of("abc")).hex() == kAbc);
  CHECK(sha256(Bytes(1'000'000, 'a')).hex() ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("HMAC-SHA-1 gives the published codes") {
  // RFC 2202, cases 1, 2 and 6.
  CHECK(to_hex(hmac_sha1(Bytes(20, 0x0b), view_of("Hi There"))) ==
        "b617318655057264e28bc0b6fb378c8ef146be00");
  CHECK(to_hex(hmac_sha1(view_of("Jefe"), view_of("what do ya want for nothing?"))) ==
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(to_hex(hmac_sha1(Bytes(80, 0xaa),
                         view_of("Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST_CASE("a stream has the digest of its whole, and starts anew") {
  Sha256 stream;
  stream.update(view_of("a"));
  stream.update({});
  stream.update(view_of("bc"));
  CHECK(stream.finish().hex() == kAbc);
  CHECK(stream.finish().hex() == kEmpty);
  Sha256 moved = std::move(stream);
  moved.update(view_of("abc"));
  CHECK(moved.finish().hex() == kAbc);
}

TEST_CASE("HMAC-SHA-256 gives the published codes") {
  CHECK(hmac_sha256(Bytes(20, 0x0b), view_of("Hi There")).hex() ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac_sha256(view_of("Jefe"), view_of("what do ya want for nothing?")).hex() ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // A key longer than a block is hashed first.
  CHECK(hmac_sha256(Bytes(131, 0xaa),
                    view_of("Test Using Larger Than Block-Size Key - Hash Key First"))
            .hex() == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a digest is parsed from exactly 64 digits") {
  CHECK(Digest::parse(kAbc)->hex() == kAbc);
  CHECK_FALSE(Digest::parse(kAbc.substr(2)));
  CHECK_FALSE(Digest::parse(std::string(kAbc) + "00"));
  CHECK_FALSE(Digest::parse(std::string(64, 'x')));
}

TEST_CASE("contents are equal only if all bytes are") {
  CHECK(equal_constant_time(view_of("same"), view_of("same")));
  CHECK(equal_constant_time({}, {}));
  CHECK_FALSE(equal_constant_time(view_of("same"), view_of("sane")));
  CHECK_FALSE(equal_constant_time(view_of("same"), view_of("same ")));
}

}  // namespace holdfast
