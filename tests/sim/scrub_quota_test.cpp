// SPDX-License-Identifier: Apache-2.0
// How evenly the days share the work of going round the pool: each reads its fourteenth part.
#include <iostream>

#include "tests/sim/scrubbed_box.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;
constexpr int kCycleDays = 14;
constexpr std::size_t kCalls = 3'000;  // hundreds of packs: one of them is little of a day's part

class QuotaBox : public ScrubbedBox {
 public:
  QuotaBox() {
    for (std::size_t call = 0; call < kCalls; ++call) add_call(call);
    REQUIRE(backup());
    REQUIRE(scrub());  // proves all of them
  }
  void add_call(std::size_t call) {
    write("calls" + std::to_string(call % 20) + "/" + std::to_string(call),
          std::to_string(call) + noise(2500 + call % 1000));
  }
};

struct Parts {
  double least = 1e9;
  double most = 0;
  void add(double part) {
    least = std::min(least, part);
    most = std::max(most, part);
  }
};

}  // namespace

TEST_CASE("Each day's scrub reads its part of the pool, one tenth more or less") {
  QuotaBox box;
  const std::uint64_t full = box.scrub({.full = true})->bytes_read;
  const double quota = static_cast<double>(full) / kCycleDays;
  Parts parts;
  int rounds = 0;
  for (int day = 0; day < 2 * kCycleDays; ++day) {
    job::ScrubRequest daily;
    daily.cycle_days = kCycleDays;
    const auto found = box.scrub(daily);
    REQUIRE(found);
    CHECK(found->packs_proved == 0);
    rounds += found->complete ? 1 : 0;
    parts.add(static_cast<double>(found->bytes_read) / quota);
    // Calling again on the same day does no more, but for a pack at the seam.
    const auto again = box.scrub(daily);
    REQUIRE(again);
    if (!found->complete) CHECK(again->bytes_read == 0);
    box.clock.advance(kDay_ns);
  }
  std::cout << box.packs().size() << " packs, " << 2 * kCycleDays << " days: a day's scrub reads "
            << parts.least << " to " << parts.most << " of a fourteenth\n";
  CHECK(rounds == 2);
  CHECK(parts.least >= 0.9);
  CHECK(parts.most <= 1.1);
}

TEST_CASE("While the pool grows each day's scrub reads what is new beside its part") {
  QuotaBox box;
  Parts parts;
  for (int day = 0; day < 2 * kCycleDays; ++day) {
    box.add_call(kCalls + static_cast<std::size_t>(day));
    REQUIRE(box.backup());
    job::ScrubRequest daily;
    daily.cycle_days = kCycleDays;
    const auto found = box.scrub(daily);
    REQUIRE(found);
    CHECK(found->packs_proved > 0);
    const auto quota = static_cast<double>(box.packs().size()) / kCycleDays;
    parts.add(static_cast<double>(found->packs - found->packs_proved) / quota);
    box.clock.advance(kDay_ns);
  }
  std::cout << box.packs().size() << " packs in the end: a day's scrub looks at " << parts.least
            << " to " << parts.most << " of a fourteenth, and at what is new\n";
  CHECK(parts.least >= 0.9);
  CHECK(parts.most <= 1.1);
}

}  // namespace holdfast::test
