// SPDX-License-Identifier: Apache-2.0
// The notes of the last verify and the last drill: what comes back of them, and that rot in one is
// never taken for a proof.
#include "firmware/job/proof_note.h"

#include <catch2/catch.hpp>

#include "firmware/vault/checked_line.h"
#include "hal/sim/disk.h"
#include "hal/sim/world.h"
#include "tests/support/every_damage.h"

namespace holdfast::job {
namespace {

const BusinessId kBusiness{{7}};
const BusinessId kOther{{8}};

struct Home {
  sim::World world{1};
  sim::SimDisk disk{world, "/home"};
  const ProofNote verify{ProofKind::verify,
                         Timestamp{123'000'000'456},
                         61,
                         1'000'000,
                         1'000'003,
                         8'000'000'000,
                         3,
                         false};
  const ProofNote drill{
      ProofKind::drill, Timestamp{124'000'000'456}, 62, 50, 1'000'004, 7'000'000, 0, true};
};

TEST_CASE("A proof comes back as it was noted, of each kind and business the last one") {
  Home home;
  CHECK_FALSE(load_proof(home.disk, kBusiness, ProofKind::verify));
  REQUIRE(note_proof(home.disk, kBusiness, home.verify));
  CHECK_FALSE(load_proof(home.disk, kBusiness, ProofKind::drill));
  CHECK_FALSE(load_proof(home.disk, kOther, ProofKind::verify));
  REQUIRE(note_proof(home.disk, kBusiness, home.drill));
  CHECK(load_proof(home.disk, kBusiness, ProofKind::verify) == home.verify);
  CHECK(load_proof(home.disk, kBusiness, ProofKind::drill) == home.drill);

  ProofNote later = home.verify;
  later.snapshot = 70;
  later.differences = 0;
  later.good = true;
  REQUIRE(note_proof(home.disk, kBusiness, later));
  CHECK(load_proof(home.disk, kBusiness, ProofKind::verify) == later);
}

TEST_CASE("Any flipped bit, cut or further byte makes a proof none") {
  Home home;
  REQUIRE(note_proof(home.disk, kBusiness, home.verify));
  const std::string path = "proofs/" + kBusiness.hex() + ".verify";
  const Bytes right = *home.disk.contents(path);
  test::require_every_damage_seen(right, [&](ByteView bytes) {
    home.disk.plant(path, bytes);
    return load_proof(home.disk, kBusiness, ProofKind::verify).has_value();
  });
}

TEST_CASE("A line with other words, or without its check, is no proof") {
  Home home;
  const std::string path = "proofs/" + kBusiness.hex() + ".drill";
  const auto is_taken = [&](std::string_view words) {
    home.disk.plant(path, view_of(vault::checked_line(words)));
    return load_proof(home.disk, kBusiness, ProofKind::drill).has_value();
  };
  CHECK(is_taken("2026-01-01T00:00:00Z 6 5 9 100 0 good"));
  for (const char* words :
       {"", "2026-01-01T00:00:00Z 6 5 9 100 0", "- 6 5 9 100 0 good",
        "2026-01-01T00:00:00Z 6 5 9 100 0 well", "2026-01-01T00:00:00Z 6 5 9 100 -1 bad",
        "2026-01-01T00:00:00Z 6 5 9 100 0 good more"}) {
    CHECK_FALSE(is_taken(words));
  }
  home.disk.plant(path, view_of(std::string_view("2026-01-01T00:00:00Z 6 5 9 100 0 good\n")));
  CHECK_FALSE(load_proof(home.disk, kBusiness, ProofKind::drill));
}

}  // namespace
}  // namespace holdfast::job
