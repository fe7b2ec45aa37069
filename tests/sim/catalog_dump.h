// SPDX-License-Identifier: Apache-2.0
// All rows of a catalog as text, for tests that compare it with one that was made anew.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "tests/sim/sim_box.h"

namespace holdfast::test {

// Opened for writing, which brings it level with the journal.
inline std::string dump_catalog(SimBox& box) {
  const auto opened = box.open();
  REQUIRE(opened);
  const auto business = (*opened)->open_business("calls", vault::Access::write);
  INFO((business ? "" : debug_text(business.error())));
  REQUIRE(business);
  std::string text;
  REQUIRE((*business)->with_catalog([&](catalog::Catalog& catalog) {
    return catalog.dump([&](const std::string& line) { text += line + "\n"; });
  }));
  return text;
}

}  // namespace holdfast::test
