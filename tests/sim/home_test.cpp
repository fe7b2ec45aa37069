// SPDX-License-Identifier: Apache-2.0
// The home folder: what is gone from it, damaged, older than the disks, or not to be written, and
// what a person who edits it may get wrong.
#include <catch2/catch.hpp>

#include "firmware/vault/run.h"
#include "firmware/vault/trusted_clock.h"
#include "tests/sim/sim_box.h"
#include "tests/sim/sweep.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

struct Site : SimBox {
  explicit Site(const std::string& catalog_directory = {}) {
    settings.catalog_directory = catalog_directory;
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    write("a.wav", "first");
    REQUIRE(backup());
  }

  Result<vault::AddedBusiness> add(const std::string& name) {
    HF_TRY(const auto box, open());
    return box->add_business(name,
                             [](const BusinessId& id) { return "id = \"" + id.hex() + "\"\n"; });
  }
  // The error of opening; its hint names that copy.
  void check_not_opened(ErrorCode code, const std::string& copy) {
    const auto box = open();
    REQUIRE_FALSE(box);
    INFO(debug_text(box.error()));
    CHECK(box.error().code == code);
    CHECK(box.error().where == "/home/keyring");
    CHECK(box.error().argument("copy") == copy);
  }
  void remove_tree(const std::string& path) {
    const auto listed = home.list(path);
    if (!listed) return;
    for (const ports::DirectoryEntry& entry : *listed) {
      const std::string inner = path + "/" + entry.name;
      if (entry.is_directory) {
        remove_tree(inner);
      } else {
        home.erase(inner);
      }
    }
    REQUIRE(home.remove(path));
  }
};

Result<journal::Head> tag(vault::Business& business, const std::string& tag) {
  HF_TRY(const auto newest, business.newest_snapshot());
  HF_CHECK(newest.has_value());
  return business.tag_snapshot(*newest, tag);
}

std::size_t tags_of_newest(vault::Business& business) {
  return business.newest_snapshot().value()->tags.size();
}

}  // namespace

TEST_CASE("A home that has lost its keyring keeps its machine key and is told where copies are") {
  Site site;
  const auto older = site.home.contents("keyring");
  REQUIRE(site.add("two"));
  const auto newest = site.home.contents("keyring");
  const auto machine_key = site.home.contents("machine.key");
  site.disks[0]->plant("keyring", *older);
  site.disks[1]->flip_bit("keyring", 100);
  site.home.erase("keyring");
  site.check_not_opened(ErrorCode::keyring_missing, "/disk2/keyring");
  CHECK(vault::check_new_home(site.home).error().code == ErrorCode::keyring_missing);
  CHECK(site.init().error().code == ErrorCode::keyring_missing);
  CHECK(site.home.contents("machine.key") == machine_key);
  site.home.plant("keyring", *newest);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("Whatever is left of a home that was used keeps init from it") {
  for (const char* left : {"pool", "label", "businesses", "witness", "wraps"}) {
    CAPTURE(left);
    Site site;
    site.home.erase("keyring");
    for (const char* file : {"pool", "label"}) {
      if (std::string(file) != left) site.home.erase(file);
    }
    for (const char* folder : {"businesses", "witness", "wraps"}) {
      if (std::string(folder) != left) site.remove_tree(folder);
    }
    CHECK(site.init().error().code == ErrorCode::keyring_missing);
  }
}

TEST_CASE("An init that was cut anywhere is run again") {
  const auto make = [] { return std::make_unique<SimBox>(); };
  const auto init = [](SimBox& site) { return site.init(); };
  sweep_cuts({1}, make, init, [](SimBox& site, const auto& /*answer*/) {
    if (!site.home.contents("keyring")) {
      CHECK(site.open().error().code == ErrorCode::no_home);
      REQUIRE(site.init());
    }
    CHECK(site.open());
  });
}

TEST_CASE("A keyring with a flipped bit, or cut short, is damaged, and a copy is named") {
  Site site;
  const Bytes keyring = *site.home.contents("keyring");
  for (std::size_t offset = 0; offset < keyring.size(); ++offset) {
    CAPTURE(offset);
    site.home.plant("keyring", keyring);
    site.home.flip_bit("keyring", offset, offset % 8);
    const auto box = site.open();
    REQUIRE_FALSE(box);
    if (box.error().code == ErrorCode::unsupported_version) continue;
    if (box.error().code == ErrorCode::unsupported_suite) continue;
    site.check_not_opened(ErrorCode::keyring_damaged, "/disk0/keyring");
  }
  for (std::size_t size = 0; size < keyring.size(); size += 7) {
    CAPTURE(size);
    site.home.plant("keyring", ByteView(keyring).first(size));
    site.check_not_opened(ErrorCode::keyring_damaged, "/disk0/keyring");
  }
  for (const auto& disk : site.disks) site.missing[disk->name()] = true;
  site.check_not_opened(ErrorCode::keyring_damaged, "DISK/keyring");
}

namespace {

constexpr const char* kWord = "a word";

Result<std::unique_ptr<vault::Box>> open_by_word(SimBox& site) {
  return vault::Box::open(site.ports(), site.settings, [] {
    const std::string_view word = kWord;
    return Result<std::optional<SecretBytes>>(SecretBytes(Bytes(word.begin(), word.end())));
  });
}

}  // namespace

TEST_CASE("Whatever is wrong with keyring and machine key, what opens the box is told") {
  Site site;
  REQUIRE((*site.open())->add_passphrase(view_of(std::string_view(kWord))));
  const Bytes machine_key = *site.home.contents("machine.key");
  const auto check_no_key = [&] {
    const auto box = site.open();
    REQUIRE_FALSE(box);
    CHECK(box.error().code == ErrorCode::no_key);
    CHECK(box.error().where == "/home/machine.key");
  };
  SECTION("a machine key that is cut short is none") {
    site.home.plant("machine.key", ByteView(machine_key).first(31));
    check_no_key();
    CHECK(open_by_word(site));
  }
  SECTION("a machine key without a slot opens nothing") {
    site.home.erase("machine.key");
    check_no_key();
    const auto box = open_by_word(site);
    REQUIRE(box);
    vault::KeyRemoval removal;
    removal.number = 1;
    const auto removed = (*box)->remove_key(std::move(removal));
    REQUIRE(removed);
    site.home.plant("machine.key", machine_key);
    check_no_key();
    CHECK(open_by_word(site));
  }
  SECTION("a keyring that is larger than any is damaged") {
    site.home.plant("keyring", Bytes(keys::kKeyringSizeMax + 1));
    site.check_not_opened(ErrorCode::keyring_damaged, "/disk0/keyring");
  }
  SECTION("both are gone") {
    site.home.erase("machine.key");
    site.home.erase("keyring");
    site.check_not_opened(ErrorCode::keyring_missing, "DISK/keyring");
  }
  SECTION("rot where the word opens") {
    site.home.erase("machine.key");
    site.home.flip_bit("keyring", 500, 1);  // behind the slots
    const auto box = open_by_word(site);
    REQUIRE_FALSE(box);
    CHECK(box.error().code == ErrorCode::keyring_damaged);
    CHECK(box.error().argument("copy") == "DISK/keyring");
  }
  SECTION("nobody can tell where the disks are") {
    site.home.plant("pool", view_of("nonsense"));
    site.home.flip_bit("keyring", 0);
    site.check_not_opened(ErrorCode::keyring_damaged, "DISK/keyring");
  }
  SECTION("a disk has no copy") {
    site.disks[0]->erase("keyring");
    site.home.flip_bit("keyring", 0);
    site.check_not_opened(ErrorCode::keyring_damaged, "/disk1/keyring");
  }
}

TEST_CASE("A process at its own limit does not take a home that lost its keyring for a new one") {
  const bool has_list_alone = GENERATE(true, false);
  std::optional<Site> used;
  SimBox fresh;
  if (has_list_alone) {
    REQUIRE(fresh.init());
    fresh.home.plant("pool", view_of("disk /disk0\n"));
  } else {
    used.emplace();
  }
  SimBox& site = has_list_alone ? fresh : *used;
  site.home.erase("keyring");
  const std::uint64_t begin = site.world.operations();
  CHECK(site.open().error().code == ErrorCode::keyring_missing);
  const std::uint64_t operations = site.world.operations() - begin;
  REQUIRE(operations > 2);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    CAPTURE(at);
    site.world.fail_at(site.world.operations() + at, ErrorCode::out_of_memory);
    const auto box = site.open();
    REQUIRE_FALSE(box);
    const bool is_told = box.error().code == ErrorCode::keyring_missing ||
                         box.error().code == ErrorCode::out_of_memory;
    CHECK(is_told);
  }
}

TEST_CASE("While another process looks at the trusted time that of before counts") {
  Site site;
  const auto box = site.open();
  const auto writer = (*box)->open_business("calls", vault::Access::write);
  REQUIRE(writer);
  REQUIRE((*writer)->confirm_time(site.clock.now()));
  const auto before = (*writer)->trusted_time();
  REQUIRE(before);
  const auto other = site.open();
  const auto lock = (*other)->lock(std::string(vault::kTrustedTimePath));
  REQUIRE(lock);
  site.clock.advance(std::int64_t{3'600} * 1'000'000'000);
  CHECK((*writer)->trusted_time().value() == *before);
  CHECK((*writer)->confirm_time(site.clock.now()).error().code == ErrorCode::locked);
  CHECK((*writer)->warnings().empty());
  const auto reader = (*other)->open_business("calls", vault::Access::read);
  REQUIRE(reader);
  CHECK((*reader)->trusted_time().value() == *before);
}

TEST_CASE("A process at its own limit is not taken for one without a machine key") {
  Site site;
  const auto open_failing = [&](std::optional<std::uint64_t> at) {
    const std::uint64_t begin = site.world.operations();
    if (at) site.world.fail_at(begin + *at, ErrorCode::out_of_memory);
    const auto box = vault::Box::open(site.ports(), site.settings, [] {
      FAIL("asked for a passphrase");
      return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
    });
    CHECK(bool(box) == !at);
    if (!box) CHECK(box.error().code == ErrorCode::out_of_memory);
    return site.world.operations() - begin;
  };
  const std::uint64_t operations = open_failing(std::nullopt);
  REQUIRE(operations > 2);
  for (std::uint64_t at = 1; at <= operations; ++at) open_failing(at);
}

TEST_CASE("A slip of the pen in the list of disks is told by its line") {
  SimBox site;
  REQUIRE(site.init());
  const auto box = site.open();
  const auto plant = [&](std::string_view text) { site.home.plant("pool", view_of(text)); };
  plant("disk /disk0\n\ndisk /a\\\\b\n");
  CHECK((*box)->disk_paths().value() == std::vector<std::string>{"/disk0", "/a\\b"});
  for (const char* line : {"/disk1", "disk", "disk ", "disk mnt", "disk /a\\b", "Disk /a"}) {
    CAPTURE(line);
    plant("disk /disk0\n\n" + std::string(line) + "\ndisk /disk2\n");
    const auto paths = (*box)->disk_paths();
    REQUIRE_FALSE(paths);
    CHECK(paths.error().code == ErrorCode::bad_pool_file);
    CHECK(paths.error().where == "/home/pool");
    CHECK(paths.error().argument("line") == "3");
  }
}

TEST_CASE("A home brought back without its empty folders works") {
  Site site;
  for (const char* folder : {"catalog", "locks", "witness", "wraps"}) site.remove_tree(folder);
  SECTION("for reading") {
    CHECK(*site.restore() == site.source());
  }
  SECTION("for a backup") {
    site.write("b.wav", "second");
    REQUIRE(site.backup());
    CHECK(*site.restore() == site.source());
  }
  SECTION("for another business, also without the definitions") {
    site.remove_tree("businesses");
    CHECK(site.add("two"));
  }
}

TEST_CASE("A home that is older than the disks is found out without writing") {
  Site site;
  const Bytes older = *site.home.contents("keyring");
  CHECK((*site.open())->check_newest());
  REQUIRE(site.add("two"));
  const Bytes newest = *site.home.contents("keyring");
  CHECK((*site.open())->check_newest());
  // Older, rotten and absent copies are no news.
  site.disks[0]->plant("keyring", older);
  site.disks[1]->flip_bit("keyring", 8);
  site.disks[2]->erase("keyring");
  CHECK((*site.open())->check_newest());

  site.home.plant("keyring", older);
  const auto checked = (*site.open())->check_newest();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == ErrorCode::home_not_newest);
  CHECK(checked.error().argument("copy") == "/disk3/keyring");
  CHECK(site.home.contents("keyring") == older);
  CHECK(site.disks[0]->contents("keyring") == older);
  site.home.plant("keyring", newest);
  CHECK((*site.open())->check_newest());
}

TEST_CASE("A business without a definition is told as that") {
  Site site;
  const auto box = site.open();
  const auto business = (*box)->open_business("calls", vault::Access::read);
  const std::string path = vault::definition_path((*business)->id());
  const auto text = (*business)->definition();
  site.home.erase(path);
  CHECK((*business)->definition().value() == *text);  // as the journal has it
  for (const auto& disk : site.disks) {
    const std::string directory = journal::journal_directory((*business)->id());
    for (const auto& entry : disk->list(directory).value()) {
      disk->erase(directory + "/" + entry.name);
    }
  }
  site.remove_tree("witness");
  const auto empty = (*box)->open_business("calls", vault::Access::read);
  const auto none = (*empty)->definition();
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::no_definition);
  CHECK(none.error().where == "/home/" + path);
}

TEST_CASE("A business whose adding was cut is added again, also if home is lost since") {
  for (const bool has_definition : {true, false}) {
    Site site;
    const auto add = [](vault::Box& box, const std::string& more) {
      return box.add_business("second", [more](const BusinessId& id) {
        return "id = \"" + id.hex() + "\"\nname = \"second\"\n" + more;
      });
    };
    const auto id = add(**site.open(), "# first\n")->name.id;
    CHECK(add(**site.open(), "").error().code == ErrorCode::business_exists);
    // As a cut leaves it that comes right behind the keyring.
    const std::string directory = journal::journal_directory(id);
    for (const auto& disk : site.disks) {
      for (const auto& entry : disk->list(directory).value()) {
        disk->erase(directory + "/" + entry.name);
      }
    }
    // Where home knows of an entry, nothing was cut, and all is lost.
    CHECK(add(**site.open(), "# first\n").error().code == ErrorCode::not_newest);
    site.home.erase("witness/" + id.hex());
    if (!has_definition) site.home.erase(vault::definition_path(id));
    const std::string more = has_definition ? "# first\n" : "# again\n";
    if (has_definition) {  // somebody may have been told of it
      CHECK(add(**site.open(), "# again\n").error().code == ErrorCode::business_exists);
    }
    const auto again = add(**site.open(), more);
    INFO((again ? "" : debug_text(again.error())));
    REQUIRE(again);
    CHECK(again->name.id == id);
    CHECK(again->number == 1);
    const auto box = site.open();
    const auto business = (*box)->open_business("second", vault::Access::read);
    CHECK((*business)->definition().value().ends_with(more));
    CHECK((*business)->policy_in_force().value()->definition.ends_with(more));
    CHECK(add(**site.open(), more).error().code == ErrorCode::business_exists);
  }
}

TEST_CASE("An entry that the catalog cannot follow is committed, and the next one waits for it") {
  const TemporaryFolder folder;
  Site site(folder.path());
  const auto box = site.open();
  const auto business = (*box)->open_business("calls", vault::Access::write);
  REQUIRE(business);
  REQUIRE(tag(**business, "one"));
  CHECK((*business)->warnings().empty());
  {
    auto other = catalog::Catalog::open(
        vault::catalog_file(site.settings.catalog_directory, (*business)->id()),
        catalog::OpenMode::write, (*business)->id());
    REQUIRE(other);
    REQUIRE(other->begin());
    const auto head = tag(**business, "two");
    REQUIRE(head);
    CHECK((*business)->journal().head() == *head);
    REQUIRE((*business)->warnings().size() == 1);
    CHECK((*business)->warnings().front().code == ErrorCode::locked);
    CHECK(tags_of_newest(**business) == 1);
    REQUIRE_FALSE(tag(**business, "three"));
    CHECK((*business)->journal().head() == *head);
    CHECK_FALSE(vault::Run::begin(**business));
  }
  REQUIRE(tag(**business, "three"));
  CHECK(tags_of_newest(**business) == 3);
}

TEST_CASE("An entry that home cannot witness is committed, and nothing follows until it can") {
  Site site;
  const auto box = site.open();
  const auto business = (*box)->open_business("calls", vault::Access::write);
  REQUIRE(tag(**business, "one"));
  site.home.set_read_only(true);
  const auto head = tag(**business, "two");
  REQUIRE(head);
  REQUIRE((*business)->warnings().size() == 1);
  CHECK((*business)->warnings().front().code == ErrorCode::read_only);
  CHECK(tags_of_newest(**business) == 2);
  CHECK_FALSE(tag(**business, "three"));
  CHECK((*business)->journal().head() == *head);
  site.home.set_read_only(false);
  REQUIRE(tag(**business, "three"));
  CHECK((*business)->warnings().size() == 1);
  CHECK(tags_of_newest(**business) == 3);
}

}  // namespace holdfast::test
