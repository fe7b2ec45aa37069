// SPDX-License-Identifier: Apache-2.0
// Ed25519 against RFC 8032, section 7.1.
#include "firmware/keys/signer.h"

#include <catch2/catch.hpp>

using namespace holdfast;
using namespace holdfast::keys;

namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

std::string public_key_of(std::string_view seed) {
  return to_hex(Signer(SecretKey(hex(seed))).public_key());
}

// "TEST 1024". Its byte 67 is the first 00, so that it can be read as a context and a message.
constexpr std::string_view kSeed =
    "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5";
constexpr std::size_t kContextSize = 67;
constexpr std::string_view kMessage =
    "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e"
    "9f77b1e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a"
    "1b270b20329d658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550e"
    "e3a5e1998bd177e93a7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da9"
    "03401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefef"
    "d75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83"
    "f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532e"
    "d8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6"
    "079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553878ad575f9"
    "fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b0707e0"
    "917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128bab27af87a71314f318c782b23ebfe80"
    "8b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969be3ea7082ff7fc9888c144da2"
    "af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb751fb73e666c6c655ad"
    "e8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988dcda6f3bfd15c"
    "4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310f"
    "dc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7"
    "984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939"
    "ae49e488acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308a"
    "a342721aac0943bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f25"
    "6656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba7"
    "7c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412"
    "c091c6315cf4fde7cb68606937380db2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86ab"
    "a41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0";
constexpr std::string_view kSignature =
    "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350"
    "aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03";

struct Signed {
  Signer signer{SecretKey(Bytes(32, 7))};
  Bytes bytes{1, 2, 3};
  Signature signature = signer.sign("context", bytes);
};

}  // namespace

TEST_CASE("Public keys are those of RFC 8032") {
  CHECK(public_key_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60") ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(public_key_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb") ==
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  CHECK(public_key_of(kSeed) == "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e");
}

TEST_CASE("A signature over context, 00 and bytes is that of RFC 8032, and is verified") {
  const Bytes message = hex(kMessage);
  REQUIRE(message[kContextSize] == 0);
  const std::string_view context = text_of(ByteView(message).first(kContextSize));
  const ByteView bytes = ByteView(message).subspan(kContextSize + 1);
  const Signer signer{SecretKey(hex(kSeed))};
  const Signature signature = signer.sign(context, bytes);
  CHECK(to_hex(signature) == kSignature);
  CHECK(verify(signer.public_key(), context, bytes, signature));
}

TEST_CASE("Another context, other bytes, another key or any flipped bit is refused") {
  Signed made;
  const PublicKey& key = made.signer.public_key();
  REQUIRE(verify(key, "context", made.bytes, made.signature));
  CHECK_FALSE(verify(key, "contexT", made.bytes, made.signature));
  CHECK_FALSE(verify(key, "context", Bytes{1, 2}, made.signature));
  CHECK_FALSE(
      verify(Signer(SecretKey(Bytes(32, 8))).public_key(), "context", made.bytes, made.signature));
  for (std::size_t bit = 0; bit < made.signature.size() * 8; ++bit) {
    Signature altered = made.signature;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    REQUIRE_FALSE(verify(key, "context", made.bytes, altered));
  }
}

TEST_CASE("A key that is no point verifies nothing") {
  Signed made;
  PublicKey malformed{};
  malformed.fill(0xff);
  CHECK_FALSE(verify(malformed, "context", made.bytes, made.signature));
}

TEST_CASE("Only listed keys are trusted") {
  const PublicKey own{1};
  const PublicKey former{2};
  const std::array<PublicKey, 2> trusted{own, former};
  CHECK(is_trusted(trusted, own));
  CHECK(is_trusted(trusted, former));
  CHECK_FALSE(is_trusted(trusted, PublicKey{3}));
  CHECK_FALSE(is_trusted({}, own));
}
