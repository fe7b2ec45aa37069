// SPDX-License-Identifier: Apache-2.0
// Wraps: who can open them, and that no damage passes.
#include "firmware/keys/wrap.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "hal/sim/random.h"
#include "tests/support/every_damage.h"

using namespace holdfast;
using namespace holdfast::keys;

namespace {

struct Fixture {
  sim::SimRandom random{2};
  Signer signer{random.key()};
  std::array<PublicKey, 1> trusted{signer.public_key()};
  SecretKey recipient = random.key();
  SecretKey epoch_key = random.key();
  WrapIdentity identity{.business = random.id<BusinessId>(),
                        .box = random.id<BoxId>(),
                        .epoch = 672,
                        .kind = KeyKind::content,
                        .version = 2,
                        .recipient = recipient_of(recipient)};
  Bytes file = make_wrap(identity, epoch_key, signer, random).value();

  // The file with one byte set, signed again: what only a faulty signer of ours could write.
  [[nodiscard]] Bytes resigned(std::size_t offset, std::uint8_t value) const {
    Bytes altered = file;
    altered[offset] = value;
    const Signature signature = signer.sign("holdfast wrap v1", ByteView(altered).first(232));
    std::copy(signature.begin(), signature.end(), altered.begin() + 232);
    return altered;
  }
};

}  // namespace

TEST_CASE("A public X25519 key is that of RFC 7748") {
  const Bytes alice =
      from_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a").value();
  CHECK(to_hex(recipient_of(SecretKey(alice))) ==
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
}

TEST_CASE("A wrap gives the epoch key to its recipient, and its identity to everybody") {
  Fixture f;
  REQUIRE(f.file.size() == kWrapSize);
  const SecretKey opened = open_wrap(f.file, f.recipient, f.trusted).value();
  CHECK(std::ranges::equal(opened.view(), f.epoch_key.view()));
  const WrapIdentity identity = read_wrap(f.file, f.trusted).value();
  CHECK(identity.business == f.identity.business);
  CHECK(identity.box == f.identity.box);
  CHECK(identity.epoch == 672);
  CHECK(identity.kind == KeyKind::content);
  CHECK(identity.version == 2);
  CHECK(identity.recipient == f.identity.recipient);
}

TEST_CASE("Somebody else's key does not open a wrap") {
  Fixture f;
  CHECK(open_wrap(f.file, f.random.key(), f.trusted).error().code == ErrorCode::wrong_key);
}

TEST_CASE("A wrap by a signer who is not trusted is refused") {
  Fixture f;
  const std::array<PublicKey, 1> others{PublicKey{1}};
  CHECK(read_wrap(f.file, others).error().code == ErrorCode::bad_signature);
  CHECK(open_wrap(f.file, f.recipient, others).error().code == ErrorCode::bad_signature);
}

TEST_CASE("Every flipped bit and every other size is refused") {
  Fixture f;
  test::require_every_damage_seen(f.file, [&](ByteView file) {
    return read_wrap(file, f.trusted) || open_wrap(file, f.recipient, f.trusted);
  });
  for (std::size_t size = 0; size < kWrapSize; ++size) {
    REQUIRE(read_wrap(ByteView(f.file).first(size), f.trusted).error().code ==
            ErrorCode::truncated);
  }
  f.file.push_back(0);
  CHECK(read_wrap(f.file, f.trusted).error().code == ErrorCode::damaged);
}

TEST_CASE("A signed wrap with wrong fields is refused by what is wrong with it") {
  Fixture f;
  const auto with = [&](std::size_t offset, std::uint8_t value) {
    return open_wrap(f.resigned(offset, value), f.recipient, f.trusted).error().code;
  };
  CHECK(with(8, 2) == ErrorCode::unsupported_version);
  CHECK(with(10, 2) == ErrorCode::unsupported_suite);
  CHECK(with(11, 3) == ErrorCode::damaged);
  CHECK(with(16, 0) == ErrorCode::damaged);
  CHECK(with(20, 1) == ErrorCode::damaged);
  CHECK(with(12, 1) == ErrorCode::damaged);                   // the seal knows its epoch
  CHECK(with(152, f.file[152] ^ 1) == ErrorCode::damaged);    // sealed key
  CHECK(with(120, f.file[120] ^ 1) == ErrorCode::wrong_key);  // commitment
}

TEST_CASE("A recipient with whom the shared secret is all zero gets no wrap") {
  Fixture f;
  f.identity.recipient = RecipientKey{};
  CHECK(make_wrap(f.identity, f.epoch_key, f.signer, f.random).error().code ==
        ErrorCode::invalid_argument);
  f.identity.recipient = RecipientKey{1};
  CHECK_FALSE(make_wrap(f.identity, f.epoch_key, f.signer, f.random));
}

TEST_CASE("A wrap's path says what it is") {
  Fixture f;
  f.identity.business = BusinessId{{0xab}};
  f.identity.recipient = RecipientKey{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::string directory = "wraps/ab000000000000000000000000000000";
  CHECK(wrap_directory(f.identity.business) == directory);
  CHECK(wrap_path(f.identity) == directory + "/000002a0-content-0102030405060708-00000002");
}
