// SPDX-License-Identifier: Apache-2.0
// P9: the catalog can be absent, damaged, older, newer or somebody else's at any time.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/sim/sim_box.h"

namespace holdfast::test {

namespace {

// A box whose catalogs are real files in a directory of their own.
class FileBox : public SimBox {
 public:
  FileBox() {
    char name[] = "/tmp/holdfast-catalog-XXXXXX";
    settings.catalog_directory = ::mkdtemp(name);
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    write("a.wav", std::string(3000, 'a'));
    write("b.wav", "b");
    REQUIRE(backup());
  }
  ~FileBox() {
    for (const char* suffix : {"", "-wal", "-shm", ".keep"}) {
      std::remove((file() + suffix).c_str());
    }
    ::rmdir(settings.catalog_directory.c_str());
  }

  std::string file() {
    const auto box = open();
    return vault::catalog_file(settings.catalog_directory, (*box)->businesses().front().id);
  }
  static Bytes load(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), {});
  }
  static void save(const std::string& path, const Bytes& bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }
  std::string dump() {
    const auto box = open();
    const auto business = (*box)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    std::string text;
    REQUIRE((*business)->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.dump([&](const std::string& line) { text += line + "\n"; });
    }));
    return text;
  }
  void check_restores() {
    const auto restored = restore();
    INFO((restored ? "" : debug_text(restored.error())));
    REQUIRE(restored);
    CHECK(*restored == source());
  }
};

}  // namespace

TEST_CASE("An absent catalog is made again, row by row the same") {
  FileBox box;
  const std::string before = box.dump();
  CHECK_FALSE(before.empty());
  std::remove(box.file().c_str());
  box.check_restores();
  CHECK(box.dump() == before);
}

TEST_CASE("An older catalog is brought along") {
  FileBox box;
  const Bytes old = FileBox::load(box.file());
  box.write("c.wav", "c");
  REQUIRE(box.backup());
  const std::string newest = box.dump();
  FileBox::save(box.file(), old);
  box.check_restores();
  CHECK(box.dump() == newest);
}

}  // namespace holdfast::test
