// SPDX-License-Identifier: Apache-2.0
// P9: the catalog can be absent, damaged, older, newer or somebody else's at any time.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/sim/catalog_dump.h"
#include "tests/sim/sim_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

// A box whose catalogs are real files in a directory of their own.
class FileBox : public SimBox {
 public:
  FileBox() {
    settings.catalog_directory = folder_.path();
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    write("a.wav", std::string(3000, 'a'));
    write("b.wav", "b");
    REQUIRE(backup());
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
  // Journals of all disks and the witnesses of home: what says how new everything is.
  using Journals = std::vector<std::map<std::string, Bytes>>;
  Journals journals() {
    Journals all;
    for (auto* disk : with_home()) all.push_back(files_below(*disk));
    return all;
  }
  void put_back(const Journals& all) {
    std::size_t i = 0;
    for (auto* disk : with_home()) {
      for (const auto& [path, bytes] : files_below(*disk)) disk->erase(path);
      for (const auto& [path, bytes] : all[i]) disk->plant(path, bytes);
      ++i;
    }
  }
  void check_restores() {
    const auto restored = restore();
    INFO((restored ? "" : debug_text(restored.error())));
    REQUIRE(restored);
    CHECK(*restored == source());
  }

 private:
  TemporaryFolder folder_;

  std::vector<sim::SimDisk*> with_home() {
    std::vector<sim::SimDisk*> all = {&home};
    for (const auto& disk : disks) all.push_back(disk.get());
    return all;
  }
  static std::map<std::string, Bytes> files_below(sim::SimDisk& disk) {
    std::map<std::string, Bytes> found;
    for (const std::string folder : {"journal", "witness"}) collect(disk, folder, found);
    return found;
  }
  static void collect(sim::SimDisk& disk, const std::string& folder,
                      std::map<std::string, Bytes>& found) {
    const auto entries = disk.list(folder);
    if (!entries) return;
    for (const auto& entry : *entries) {
      const std::string path = folder + "/" + entry.name;
      if (entry.is_directory) {
        collect(disk, path, found);
      } else {
        found[path] = *disk.contents(path);
      }
    }
  }
};

}  // namespace

TEST_CASE("An absent catalog is made again, row by row the same") {
  FileBox box;
  const std::string before = dump_catalog(box);
  CHECK_FALSE(before.empty());
  std::remove(box.file().c_str());
  box.check_restores();
  CHECK(dump_catalog(box) == before);
}

TEST_CASE("A damaged catalog is set aside and made again") {
  FileBox box;
  const std::string before = dump_catalog(box);
  Bytes bytes = FileBox::load(box.file());
  std::fill(bytes.begin() + 100, bytes.end(), std::uint8_t{0x5a});
  FileBox::save(box.file(), bytes);
  box.check_restores();
  CHECK(dump_catalog(box) == before);
}

TEST_CASE("A catalog newer than the disks is of no use and is made again") {
  FileBox box;
  const std::string before = dump_catalog(box);
  const FileBox::Journals journals = box.journals();
  box.write("c.wav", "c");
  REQUIRE(box.backup());
  const Bytes newer = FileBox::load(box.file());
  box.put_back(journals);
  FileBox::save(box.file(), newer);
  CHECK(dump_catalog(box) == before);
}

TEST_CASE("A catalog of nothing yet is brought along") {
  FileBox box;
  const std::string before = dump_catalog(box);
  const std::string file = box.file();
  const BusinessId id = (*box.open())->businesses().front().id;
  std::remove(file.c_str());
  REQUIRE(catalog::Catalog::open(file, catalog::OpenMode::write, id));
  SECTION("by a reader") {
    box.check_restores();
  }
  SECTION("by whoever writes") {}
  CHECK(dump_catalog(box) == before);
}

TEST_CASE("A catalog of another history is set aside and made again") {
  FileBox box;
  const FileBox::Journals journals = box.journals();
  box.write("c.wav", "c");
  REQUIRE(box.backup());
  const Bytes other = FileBox::load(box.file());
  const int entries = GENERATE(1, 2);  // of ours beside that one
  box.put_back(journals);
  for (int i = 0; i < entries; ++i) {
    box.write("c.wav", "of ours " + std::to_string(i));
    REQUIRE(box.backup());
  }
  const std::string before = dump_catalog(box);
  FileBox::save(box.file(), other);
  SECTION("by a reader") {
    box.check_restores();
  }
  SECTION("by whoever writes") {}
  CHECK(dump_catalog(box) == before);
  CHECK(std::filesystem::exists(box.file() + ".damaged"));
}

// Somebody has put a folder with files of theirs in the way.
TEST_CASE("Where a catalog cannot be put in its place it is told, and done once it can") {
  FileBox box;
  const std::string file = box.file();
  const std::string before = dump_catalog(box);
  std::string blocked;
  SECTION("it cannot be begun") {
    std::remove(file.c_str());
    blocked = file + ".new";
  }
  SECTION("it cannot be installed") {
    std::remove(file.c_str());
    blocked = file + "-wal";
  }
  SECTION("the damaged one cannot be set aside") {
    Bytes bytes = FileBox::load(file);
    std::fill(bytes.begin() + 100, bytes.end(), std::uint8_t{0x5a});
    FileBox::save(file, bytes);
    blocked = file + ".damaged";
  }
  std::filesystem::create_directories(blocked + "/theirs");
  for (const auto access : {vault::Access::write, vault::Access::read}) {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", access);
    REQUIRE_FALSE(business);
    INFO(debug_text(business.error()));
    CHECK(business.error().code == ErrorCode::io);
    CHECK(std::filesystem::exists(blocked + "/theirs"));
  }
  std::filesystem::remove_all(blocked);
  box.check_restores();
  CHECK(dump_catalog(box) == before);
}

TEST_CASE("A catalog that somebody else is writing in is not waited for, and left as it is") {
  FileBox box;
  const Bytes old = FileBox::load(box.file());
  box.write("c.wav", "c");
  REQUIRE(box.backup());
  const std::string newest = dump_catalog(box);
  FileBox::save(box.file(), old);
  const auto opened = box.open();
  {
    const BusinessId id = (*opened)->businesses().front().id;
    auto other = catalog::Catalog::open(box.file(), catalog::OpenMode::write, id);
    REQUIRE(other);
    REQUIRE(other->begin());
    for (const auto access : {vault::Access::write, vault::Access::read}) {
      const auto business = (*opened)->open_business("calls", access);
      REQUIRE_FALSE(business);
      CHECK(business.error().code == ErrorCode::locked);
    }
  }
  box.check_restores();
  CHECK(dump_catalog(box) == newest);
}

TEST_CASE("An older catalog is brought along") {
  FileBox box;
  const Bytes old = FileBox::load(box.file());
  box.write("c.wav", "c");
  REQUIRE(box.backup());
  const std::string newest = dump_catalog(box);
  FileBox::save(box.file(), old);
  box.check_restores();
  CHECK(dump_catalog(box) == newest);
}

}  // namespace holdfast::test
