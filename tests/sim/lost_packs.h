// SPDX-License-Identifier: Apache-2.0
// Packs that are gone from every disk.
#pragma once

#include <catch2/catch.hpp>
#include <vector>

#include "tests/sim/sim_box.h"

namespace holdfast::test {

inline std::vector<catalog::PackRow> packs_of(SimBox& of) {
  std::vector<catalog::PackRow> rows;
  const auto box = of.open();
  const auto business = (*box)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  REQUIRE((*business)->with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
      rows.push_back(row);
      return {};
    });
  }));
  return rows;
}

// Takes every shard of the pack from every disk.
inline void lose_pack(SimBox& of, const Digest& pack) {
  const std::string folder = "packs/" + pack.hex().substr(0, 2);
  for (const auto& disk : of.disks) {
    const auto files = disk->list(folder);
    if (!files) continue;
    for (const auto& file : *files) {
      const auto name = pool::parse_shard_file_name(file.name);
      if (name && name->pack == pack) disk->erase(folder + "/" + file.name);
    }
  }
}

}  // namespace holdfast::test
