// SPDX-License-Identifier: Apache-2.0
// A box whose small disks fill up.
#pragma once

#include <catch2/catch.hpp>

#include "firmware/job/scrub.h"
#include "firmware/job/tend.h"
#include "tests/sim/sim_box.h"

namespace holdfast::test {

inline constexpr std::uint64_t kDisk = 1'000'000;
inline constexpr std::uint64_t kCall = 60'000;

struct SmallDisks : SimBox {
  explicit SmallDisks(const std::vector<std::uint64_t>& sizes = std::vector(kDisks, kDisk)) {
    settings.pack_size = 32'768;
    for (std::size_t i = 0; i < kDisks; ++i) disks[i]->set_capacity(sizes[i]);
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
  }
  // One more call that nobody has stored yet.
  void add_call() {
    std::string noise(kCall, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()});
    write("call" + std::to_string(++calls), noise);
  }
  Result<job::BackupReport> backup_call() {
    add_call();
    return backup();
  }
  // Until the pool is full. The last call is not stored, and is taken away again.
  std::size_t fill() {
    std::size_t stored = 0;
    while (true) {
      const auto report = backup_call();
      if (report) {
        CHECK_FALSE(report->under_protected);
        ++stored;
        continue;
      }
      CHECK(report.error().code == ErrorCode::pool_full);
      files.remove("/calls/call" + std::to_string(calls));
      return stored;
    }
  }
  std::uint64_t bytes_free() {
    const auto box = open();
    REQUIRE(box);
    const auto pool = (*box)->pool();
    REQUIRE(pool);
    const auto free = (*pool)->free_bytes();
    REQUIRE(free);
    return *free;
  }
  // On the disks that are here.
  std::uint64_t room() {
    std::uint64_t sum = 0;
    for (const auto& disk : disks) {
      if (missing.count(disk->name()) == 0) sum += disk->space()->free;
    }
    return sum;
  }
  job::TendSummary tend() {
    const auto box = open();
    REQUIRE(box);
    const auto summary = job::run_tend(**box, {});
    REQUIRE(summary);
    return *summary;
  }
  // A disk is away for a day, while calls come as ever; then it is given up.
  job::TendSummary tend_for_a_day() {
    for (int hour = 0; hour < 24; ++hour) {
      if (hour % 8 == 0) CHECK(tend().healed->shards_written == 0);
      const auto stored = backup_call();
      if (!stored) files.remove("/calls/call" + std::to_string(calls));
      if (!stored) CHECK(stored.error().code == ErrorCode::pool_full);
      clock.advance(3'600'000'000'000);
    }
    return tend();
  }
  int calls = 0;
};

}  // namespace holdfast::test
