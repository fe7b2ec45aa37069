// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/durability.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace holdfast {
namespace {

using policy::Durability;
using policy::Layout;
using policy::Wear;

constexpr double kTerabyte = 1e12;
constexpr double kHealBytesASecond = 150e6;  // 37 hours for 20 TB

// As a table that was reckoned elsewhere, in exact fractions, has it: disks of 20 TB, a scrub each
// month, 1.5 % of the disks die in a year.
double nines(const Layout& layout, double new_disk_days, double later_deaths) {
  Layout of_20_tb = layout;
  of_20_tb.disk_bytes = 20 * kTerabyte;
  const Wear wear{.later_deaths = later_deaths,
                  .scrub_days = 365.0 / 12,
                  .heal_bytes_a_second = kHealBytesASecond,
                  .new_disk_days = new_disk_days};
  return policy::durability_of(of_20_tb, wear).nines();
}

struct Known {
  Layout layout;
  double new_disk_days;
  double independent;  // nines
  double together;     // where later deaths are ten times likelier
};

TEST_CASE("Layouts without spare space are as safe as a reckoning in fractions says") {
  const std::vector<Known> table{
      {{.disks = 6, .parity = 1}, 0, 2.5, 2.5},   {{.disks = 6, .parity = 1}, 30, 2.5, 2.1},
      {{.disks = 6, .parity = 2}, 0, 6.1, 5.1},   {{.disks = 6, .parity = 2}, 7, 5.4, 4.2},
      {{.disks = 6, .parity = 2}, 30, 4.7, 3.4},  {{.disks = 6, .parity = 2}, 90, 4.2, 2.6},
      {{.disks = 8, .parity = 2}, 30, 4.3, 2.9},  {{.disks = 9, .parity = 3}, 0, 8.9, 6.9},
      {{.disks = 9, .parity = 3}, 30, 6.2, 3.9},  {{.disks = 12, .parity = 4}, 0, 11.6, 8.6},
      {{.disks = 12, .parity = 4}, 30, 7.6, 4.3}, {{.disks = 12, .parity = 4}, 90, 6.1, 2.7}};
  for (const Known& known : table) {
    INFO(known.layout.disks << " disks, " << known.layout.parity << " parity, "
                            << known.new_disk_days << " days");
    CHECK(nines(known.layout, known.new_disk_days, 1) == Approx(known.independent).margin(0.06));
    CHECK(nines(known.layout, known.new_disk_days, 10) == Approx(known.together).margin(0.06));
  }
}

// Two equations by hand: one disk, no parity, only deaths.
TEST_CASE("One disk alone is lost as often as it dies") {
  const Wear wear{.disk_deaths_a_year = 0.02, .unreadable_bits = 0};
  CHECK(policy::durability_of({.disks = 1, .disk_bytes = kTerabyte}, wear).loss_a_year ==
        Approx(-std::expm1(-0.02)));
}

TEST_CASE("Bits that cannot be read any more are a loss where there is no parity") {
  const Wear wear{.disk_deaths_a_year = 0, .unreadable_bits = 1e-15};
  CHECK(policy::durability_of({.disks = 1, .disk_bytes = kTerabyte}, wear).loss_a_year ==
        Approx(0.008).epsilon(0.01));
}

// A mirror of two without bad bits: 2 * a / (mean time to heal) ...
TEST_CASE("A mirror is lost when the second disk dies before the first is healed") {
  const double heals_a_year = 365 * 86400 * 1e8 / kTerabyte;
  const double dies = 0.02;
  const Wear wear{.disk_deaths_a_year = dies,
                  .later_deaths = 1,
                  .unreadable_bits = 0,
                  .heal_bytes_a_second = 1e8,
                  .new_disk_days = 0};
  const Layout mirror{.disks = 2, .parity = 1, .disk_bytes = kTerabyte};
  CHECK(policy::durability_of(mirror, wear).loss_a_year ==
        Approx(2 * dies * dies / (heals_a_year + dies)).epsilon(0.01));
}

TEST_CASE("Spare space to heal into is worth more than to wait for a disk") {
  const Layout without{.disks = 6, .parity = 2};
  const Layout with{.disks = 6, .parity = 2, .spare = 1};
  CHECK(nines(with, 30, 10) > nines(without, 30, 10) + 1);
  // With a disk brought at once there is nothing to gain.
  CHECK(nines(with, 0, 1) == Approx(nines(without, 0, 1)).margin(0.1));
}

TEST_CASE("What is missing now counts at once") {
  Layout layout{.disks = 6, .parity = 2, .spare = 1, .disk_bytes = kTerabyte};
  double before = 16;
  for (int missing = 0; missing <= 2; ++missing) {
    layout.missing = missing;
    const double now = policy::durability_of(layout, Wear{}).nines();
    INFO(missing);
    CHECK(now < before - 0.5);
    before = now;
  }
  layout.missing = 3;
  CHECK(policy::durability_of(layout, Wear{}).loss_a_year == 1);
  CHECK(policy::durability_of(layout, Wear{}).nines() == 0);
}

TEST_CASE("What was healed is safer than what was not, and less than with the disk in its place") {
  Layout layout{.disks = 6, .parity = 2, .spare = 1, .disk_bytes = kTerabyte};
  const double whole = policy::durability_of(layout, Wear{}).nines();
  layout.missing = 1;
  const double missing = policy::durability_of(layout, Wear{}).nines();
  layout.missing = 0;
  layout.healed = 1;
  const double healed = policy::durability_of(layout, Wear{}).nines();
  CHECK(missing < healed);
  CHECK(healed < whole);
}

TEST_CASE("Each thing that gets worse makes a loss likelier, and nothing leaves 0 to 1") {
  const Layout layout{.disks = 8, .parity = 2, .spare = 1, .disk_bytes = 4 * kTerabyte};
  const double usual = policy::durability_of(layout, Wear{}).loss_a_year;
  const std::vector<Wear> worse{{.disk_deaths_a_year = 0.03}, {.later_deaths = 20},
                                {.unreadable_bits = 1e-14},   {.scrub_days = 60},
                                {.heal_bytes_a_second = 5e6}, {.new_disk_days = 90}};
  for (const Wear& wear : worse) {
    const double loss = policy::durability_of(layout, wear).loss_a_year;
    CHECK(loss > usual);
    CHECK(loss <= 1);
  }
  const Wear hopeless{.disk_deaths_a_year = 1000, .unreadable_bits = 1};
  CHECK(policy::durability_of(layout, hopeless).loss_a_year == Approx(1));
}

TEST_CASE(
    "A pool that holds nothing, and one that cannot die, are sure, and no more than the model "
    "knows") {
  CHECK(policy::durability_of({.disks = 6, .parity = 2}, Wear{}).nines() <= 15);
  CHECK(policy::durability_of({.disks = 6, .parity = 2}, {.disk_deaths_a_year = 0}).nines() == 15);
}

}  // namespace
}  // namespace holdfast
