// SPDX-License-Identifier: Apache-2.0
// A box with its pool and one business, nothing backed up yet.
#pragma once

#include <catch2/catch.hpp>
#include <optional>

#include "tests/sim/sim_box.h"

namespace holdfast::test {

struct ReadyBox : SimBox {
  // `disk_size`: bytes of each disk; none: no limit.
  explicit ReadyBox(std::optional<std::uint64_t> disk_size = {}) {
    for (const auto& disk : disks) {
      if (disk_size) disk->set_capacity(*disk_size);
    }
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
  }
};

}  // namespace holdfast::test
