// SPDX-License-Identifier: Apache-2.0
// Simulated: the fault model of docs/promises.md as values: what a disk does wrong by itself, how
// often, and how many disks of a box do so at a time.
//
//   FaultPlan::draw(seed) -> one DiskFaults a disk -> SimDisk::set_faults()
//
// What comes from outside (power, a hand at the wrong disk, a clock that is set) are calls of
// World, SimDisk and SimClock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hal/sim/random.h"

namespace holdfast::sim {

// "One call in so many goes wrong in this way"; 0: none does.
using OneIn = std::uint32_t;

struct DiskFaults {
  // The caller is told: io.
  OneIn read_error = 0;
  OneIn change_error = 0;  // of an append a part may have arrived
  OneIn sync_error = 0;    // what was not durable will never be
  // Nobody is told. What is written is on the medium:
  OneIn lost_append = 0;      // as zeros
  OneIn stray_append = 0;     // as zeros, and in the place of bytes of some other file
  OneIn repeated_append = 0;  // where it belongs, and in the place of bytes of some other file
  // The same as zeros, which nobody sees before the system has forgotten what was written. No plan
  // draws it: to whoever reads later it is a lost append.
  OneIn hidden_append = 0;
  // What is read is, once:
  OneIn flipped_read = 0;  // wrong in one bit
  OneIn stray_read = 0;    // bytes of some other file
  // Every call takes so long.
  std::int64_t delay_ns = 0;

  bool operator==(const DiskFaults&) const = default;
};

struct FaultPlan {
  std::vector<DiskFaults> disks;

  // At most `faulty_max` of `disk_count` disks have any fault. Which ways of failing there are at
  // all is drawn first, so that each world has a character of its own and rare mixtures come up.
  [[nodiscard]] static FaultPlan draw(Generator& generator, std::size_t disk_count,
                                      std::size_t faulty_max);
};

// Decides when faults come. Of one thread.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : generator_(seed) {}

  [[nodiscard]] bool falls(OneIn one_in) { return one_in != 0 && generator_.below(one_in) == 0; }
  [[nodiscard]] std::size_t below(std::size_t limit) {
    return static_cast<std::size_t>(generator_.below(limit));
  }

 private:
  Generator generator_;
};

}  // namespace holdfast::sim
