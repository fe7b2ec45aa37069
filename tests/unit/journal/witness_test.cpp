// SPDX-License-Identifier: Apache-2.0
// The witness in home: what comes back, and that no damage passes.
#include "firmware/journal/witness.h"

#include <catch2/catch.hpp>

#include "firmware/erasure/crc32c.h"
#include "hal/sim/disk.h"
#include "hal/sim/world.h"
#include "tests/support/every_damage.h"

namespace holdfast::journal {
namespace {

struct Fixture {
  sim::World world{1};
  sim::SimDisk home{world, "/home"};
  Witness witness{.incarnation = 2, .business = {{1, 2}}, .head = {7, sha256(view_of("an entry"))}};
  std::string path = witness_path(witness.business);
  Bytes bytes = encode(witness);

  // With one byte set and the CRC made right again.
  [[nodiscard]] ErrorCode forged(std::size_t at, std::uint8_t value) const {
    Bytes altered(bytes.begin(), bytes.end() - 4);
    altered[at] = value;
    const std::uint32_t crc = erasure::crc32c(altered);
    ByteWriter(altered).u32(crc);
    return parse_witness(altered).error().code;
  }
};

TEST_CASE("A witness comes back as it was stored, and there is none before") {
  Fixture f;
  CHECK(load_witness(f.home, f.witness.business).value() == std::nullopt);
  REQUIRE(store_witness(f.home, f.witness));
  CHECK(load_witness(f.home, f.witness.business).value() == f.witness);
}

TEST_CASE("Any flipped bit, cut or further byte of a witness is seen, and its place named") {
  Fixture f;
  test::require_every_damage_seen(f.bytes, [&](ByteView bytes) {
    const auto parsed = parse_witness(bytes);
    f.home.plant(f.path, bytes);
    const auto loaded = load_witness(f.home, f.witness.business);
    if (!loaded) CHECK(loaded.error().where == "/home/" + f.path);
    return parsed.has_value() || loaded.has_value();
  });
}

TEST_CASE("A witness with a right CRC is refused by what is wrong with it") {
  const Fixture f;
  CHECK(f.forged(0, 'h') == ErrorCode::bad_magic);
  CHECK(f.forged(8, 2) == ErrorCode::unsupported_version);
  CHECK(f.forged(10, 1) == ErrorCode::damaged);
  CHECK(f.forged(32, 0) == ErrorCode::damaged);  // entry 0
}

TEST_CASE("Another business's witness is damage") {
  Fixture f;
  f.home.plant(witness_path({{9}}), f.bytes);
  CHECK(load_witness(f.home, {{9}}).error().code == ErrorCode::damaged);
}

}  // namespace
}  // namespace holdfast::journal
