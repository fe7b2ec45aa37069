// SPDX-License-Identifier: Apache-2.0
// How likely a pool is to lose something within a year, as it stands now: a Markov chain over disks
// that died. Pure arithmetic; what it does not know (fire, theft, power supply, firmware, people)
// is outside.
//
//   whole --dies--> shards are missing --heals into spare space--> whole, with less spare space
//     ^                    |  no spare space left: only a new disk helps           |
//     +--- new disks ------+-------------------------------------------------------+
//
// Lost is lost: that one more disk died than the packs bear, or that none may be missing any more
// and one of those that are left has a part that cannot be read.
#pragma once

#include <cstdint>

namespace holdfast::policy {

struct Layout {
  int disks = 1;    // those that died and for which no new one came included
  int parity = 0;   // shards of a pack that may be missing
  int spare = 0;    // disks that may go, each after the one before is healed, without new ones
  int missing = 0;  // of `disks`: gone, and their shards were not healed
  int healed = 0;   // of `disks` and `spare`: gone, and their shards lie on others
  double disk_bytes = 0;  // stored on the fullest disk
};

// What is taken for granted; it is told along with the answer. The rates are from published
// statistics of large fleets (docs/decisions/0026-how-likely-a-loss-is.md).
struct Wear {
  double disk_deaths_a_year = 0.015;  // of one disk
  double later_deaths = 10;           // times likelier while one is dead: one batch, one heat
  double unreadable_bits = 1e-15;     // of one bit that nobody looked at for a year
  double scrub_days = 14;             // in which every byte is looked at once
  double heal_bytes_a_second = 50e6;  // with which one disk's worth is written anew
  double new_disk_days = 30;          // until somebody brings one
};

struct Durability {
  double loss_a_year = 0;  // probability, 0 to 1

  // 3 for one in a thousand; at most 15, for no model knows more.
  [[nodiscard]] double nines() const;
};

[[nodiscard]] Durability durability_of(const Layout& layout, const Wear& wear);

}  // namespace holdfast::policy
