// SPDX-License-Identifier: Apache-2.0
// A box with its pool and one business, nothing backed up yet.
#pragma once

#include <catch2/catch.hpp>

#include "tests/sim/sim_box.h"

namespace holdfast::test {

struct ReadyBox : SimBox {
  ReadyBox() {
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
  }
};

}  // namespace holdfast::test
