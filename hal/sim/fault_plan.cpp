// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/fault_plan.h"

#include <algorithm>
#include <array>

namespace holdfast::sim {

namespace {

constexpr std::array kWays = {
    &DiskFaults::read_error,   &DiskFaults::change_error, &DiskFaults::sync_error,
    &DiskFaults::lost_append,  &DiskFaults::stray_append, &DiskFaults::repeated_append,
    &DiskFaults::flipped_read, &DiskFaults::stray_read,
};
// From a disk that is nearly dead to one that errs once in weeks.
constexpr std::array<OneIn, 4> kRates = {10, 100, 1000, 10000};
constexpr std::int64_t kSlow_ns = 1'000'000'000;

DiskFaults draw_disk(Generator& generator, std::uint64_t ways) {
  DiskFaults faults;
  for (std::size_t way = 0; way < kWays.size(); ++way) {
    if ((ways >> way & 1U) == 0 || generator.coin()) continue;
    faults.*kWays[way] = kRates[generator.below(kRates.size())];
  }
  if (generator.below(8) == 0) faults.delay_ns = kSlow_ns;
  return faults;
}

}  // namespace

FaultPlan FaultPlan::draw(Generator& generator, std::size_t disk_count, std::size_t faulty_max) {
  FaultPlan plan;
  plan.disks.resize(disk_count);
  const std::uint64_t ways = generator.next();
  const std::size_t faulty = generator.below(std::min(disk_count, faulty_max) + 1);
  for (std::size_t i = 0; i < faulty; ++i) {
    plan.disks[generator.below(disk_count)] = draw_disk(generator, ways);
  }
  return plan;
}

}  // namespace holdfast::sim
