// SPDX-License-Identifier: Apache-2.0
// The newest entries are not on the disks that are here: what is here can be read, all the same,
// and nothing is written.
#include <catch2/catch.hpp>
#include <filesystem>

#include "firmware/journal/witness.h"
#include "tests/sim/sim_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

// After two backups, and with the journals on the disks as they were after the first one.
struct Site : SimBox {
  explicit Site(const std::string& catalog_directory = {}) {
    settings.catalog_directory = catalog_directory;
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    write("a.wav", std::string(3000, 'a'));
    REQUIRE(backup());
    first = source();
    const Journals old_journals = journals();
    write("b.wav", "second");
    REQUIRE(backup());
    second = source();
    new_journals = journals();
    put_back(old_journals);
  }

  using Journals = std::vector<std::map<std::string, Bytes>>;
  std::string directory() { return journal::journal_directory((*open())->businesses().front().id); }
  Journals journals() {
    Journals all;
    for (const auto& disk : disks) {
      auto& files_of_disk = all.emplace_back();
      for (const ports::DirectoryEntry& entry : disk->list(directory()).value()) {
        const std::string path = directory() + "/" + entry.name;
        files_of_disk[path] = disk->contents(path).value();
      }
    }
    return all;
  }
  void put_back(const Journals& all) {
    const Journals present = journals();
    for (std::size_t i = 0; i < disks.size(); ++i) {
      for (const auto& [path, bytes] : present[i]) disks[i]->erase(path);
      for (const auto& [path, bytes] : all[i]) disks[i]->plant(path, bytes);
    }
  }
  // Nothing if all is well.
  std::optional<Error> told_to_readers() {
    const auto box = open();
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    const auto writable = (*business)->journal().writable();
    if (writable) return std::nullopt;
    return writable.error();
  }
  void check_restores(const Contents& wanted, std::optional<std::uint64_t> number = std::nullopt) {
    const auto restored = restore(number);
    INFO((restored ? "" : debug_text(restored.error())));
    REQUIRE(restored);
    CHECK(*restored == wanted);
  }
  void check_that_nothing_is_written(ErrorCode why) {
    const Journals before = journals();
    const auto refused = backup();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == why);
    CHECK(journals() == before);
  }

  Contents first;
  Contents second;
  Journals new_journals;
};

}  // namespace

TEST_CASE("Disks that lack the newest entries give what they have, and take nothing") {
  Site site;
  site.check_restores(site.first);
  const auto told = site.told_to_readers();
  REQUIRE(told);
  CHECK(told->code == ErrorCode::not_newest);
  CHECK(told->argument("expected") == "3");
  CHECK(told->argument("found") == "2");
  site.check_that_nothing_is_written(ErrorCode::not_newest);

  site.put_back(site.new_journals);
  CHECK_FALSE(site.told_to_readers());
  site.check_restores(site.second);
  CHECK(site.backup());
}

TEST_CASE("A catalog that knows more than the journals that are here is read, and kept") {
  const TemporaryFolder folder;
  Site site(folder.path());
  site.check_restores(site.second);
  site.check_restores(site.first, 2);
  CHECK(site.told_to_readers());
  site.check_that_nothing_is_written(ErrorCode::not_newest);
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    CHECK(file.path().filename().string().find("damaged") == std::string::npos);
  }
  site.put_back(site.new_journals);
  site.check_restores(site.second);
  CHECK(site.backup());
}

TEST_CASE("A catalog made from less goes on when the disks are back") {
  const TemporaryFolder folder;
  Site site(folder.path());
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    std::filesystem::remove(file.path());
  }
  site.check_restores(site.first);
  site.put_back(site.new_journals);
  site.check_restores(site.second);
  CHECK(site.backup());
}

TEST_CASE("A damaged witness keeps nobody from reading, and everybody from writing") {
  Site site;
  site.put_back(site.new_journals);
  const auto id = (*site.open())->businesses().front().id;
  site.home.flip_bit(journal::witness_path(id), 20);
  site.check_restores(site.second);
  CHECK(site.told_to_readers()->code == ErrorCode::damaged);
  site.check_that_nothing_is_written(ErrorCode::damaged);
}

}  // namespace holdfast::test
