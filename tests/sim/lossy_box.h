// SPDX-License-Identifier: Apache-2.0
// A box that loses packs for good: its catalog is a real file and outlives the disks.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/sim/lost_packs.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

// A box whose catalog is a real file, so that it outlives the disks, with two calls backed up.
class LossyBox : public SimBox {
 public:
  LossyBox() {
    settings.catalog_directory = folder_.path();
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    write("a.wav", noise(3000));
    write("b.wav", "b");
    REQUIRE(backup());
  }

  // Bytes that do not compress, so that they lie on every disk.
  std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
      state = state * 1'664'525 + 1'013'904'223;
      c = static_cast<char>(state >> 24);
    }
    return text;
  }
  std::string catalog_file() {
    const auto box = open();
    return vault::catalog_file(settings.catalog_directory, (*box)->businesses().front().id);
  }
  std::vector<catalog::PackRow> packs() { return packs_of(*this); }
  void lose(const Digest& pack) { lose_pack(*this, pack); }
  void lose_content() {
    for (const catalog::PackRow& row : packs()) {
      if (row.pack.kind == pack::PackKind::content) lose(row.pack.name);
    }
  }
  Digest content_of_first() {
    for (const catalog::PackRow& row : packs()) {
      if (row.pack.kind == pack::PackKind::content) return row.pack.name;
    }
    FAIL("no content");
    return {};
  }
  void hide_disks(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) missing[disks[i]->name()] = true;
  }

  // Of the catalogs: the machine's own, so that a copy of this process would share them.
  static constexpr bool kHasRealFiles = true;

 private:
  TemporaryFolder folder_;
};

}  // namespace holdfast::test
