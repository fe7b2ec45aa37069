// SPDX-License-Identifier: Apache-2.0
// Keyring and wraps on the disks: what a cut, an absent disk or an overlapping change left there is
// brought level, and nothing that may be the only one of its kind is overwritten.
#include <catch2/catch.hpp>
#include <optional>

#include "firmware/keys/wrap.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

struct Site : ReadyBox {
  Site() {
    write("a.wav", "first");
    REQUIRE(backup());
  }

  static Result<vault::AddedBusiness> add(vault::Box& box, const std::string& name) {
    return box.add_business(name,
                            [](const BusinessId& id) { return "id = \"" + id.hex() + "\"\n"; });
  }

  keys::WrapIdentity content_wrap(const vault::Box& box) {
    keys::WrapIdentity identity;
    identity.business = box.businesses().front().id;
    identity.box = box.keyring().box();
    identity.epoch = clock.now().month();
    identity.kind = keys::KeyKind::content;
    identity.recipient = keys::recipient_of(box.keyring().content().box_key);
    return identity;
  }
  std::string content_wrap_path() { return keys::wrap_path(content_wrap(**open())); }
};

}  // namespace

TEST_CASE("A wrap that one disk holds is on all of them before it seals again") {
  Site site;
  const std::string path = site.content_wrap_path();
  const auto wrap = site.home.contents(path);
  REQUIRE(wrap);
  site.home.erase(path);
  for (std::size_t i = 1; i < SimBox::kDisks; ++i) site.disks[i]->erase(path);
  site.write("b.wav", "second");
  REQUIRE(site.backup());
  CHECK(site.home.contents(path) == wrap);
  for (const auto& disk : site.disks) CHECK(disk->contents(path) == wrap);
}

TEST_CASE("A rotten wrap is replaced by a good copy") {
  Site site;
  const std::string path = site.content_wrap_path();
  const auto wrap = site.home.contents(path);
  site.home.flip_bit(path, 100);
  site.disks[2]->flip_bit(path, 200);
  site.write("b.wav", "second");
  REQUIRE(site.backup());
  CHECK(site.home.contents(path) == wrap);
  CHECK(site.disks[2]->contents(path) == wrap);
}

TEST_CASE("A key of which only empty files are left is not made anew") {
  Site site;
  const std::string path = site.content_wrap_path();
  const auto wrap = site.home.contents(path);
  site.home.plant(path, {});
  for (const auto& disk : site.disks) disk->plant(path, {});
  site.write("b.wav", "second");
  const auto report = site.backup();
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::damaged);
  site.disks[4]->plant(path, *wrap);
  REQUIRE(site.backup());
  CHECK(site.home.contents(path) == wrap);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("A disk that cannot tell keeps no new month from its key while the others can") {
  for (const std::size_t disks : {1U, 2U, 3U}) {
    Site site;
    site.clock.advance(std::int64_t{32} * 86'400 * 1'000'000'000);
    const std::string path = site.content_wrap_path();
    for (std::size_t i = 0; i < disks; ++i) {
      site.disks[i]->plant(path, view_of("something"));
      site.disks[i]->spoil(path);
    }
    site.write("b.wav", "second");
    const auto report = site.backup();
    INFO(disks << (report ? "" : " " + debug_text(report.error())));
    // Three of six may be all that hold a wrap that counts.
    if (disks < 3) {
      REQUIRE(report);
      CHECK(*site.restore() == site.source());
    } else {
      REQUIRE_FALSE(report);
      CHECK(report.error().code == ErrorCode::damaged);
    }
  }
}

TEST_CASE("Of two wraps under one name that of most members counts and the other one stays") {
  Site site;
  const std::string path = site.content_wrap_path();
  const auto wrap = site.home.contents(path);
  const auto box = site.open();
  REQUIRE(box);
  const auto other =
      keys::make_wrap(site.content_wrap(**box), site.random.key(), (*box)->signer(), site.random);
  REQUIRE(other);
  site.disks[0]->plant(path, *other);
  site.home.erase(path);
  CHECK(*site.restore() == site.source());
  site.write("b.wav", "second");
  REQUIRE(site.backup());
  CHECK(site.home.contents(path) == wrap);
  CHECK(site.disks[0]->contents(path) == *other);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("Two changes of the keyring that overlap are both kept") {
  Site site;
  const auto first = site.open();
  const auto second = site.open();
  REQUIRE(Site::add(**first, "one"));
  REQUIRE(Site::add(**second, "two"));
  const auto again = Site::add(**first, "two");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::business_exists);
  std::vector<std::string> names;
  const auto box = site.open();
  for (const auto& business : (*box)->businesses()) names.push_back(business.name);
  CHECK(names == std::vector<std::string>{"calls", "one", "two"});
}

TEST_CASE("A pool that somebody else has made since the box was opened is not made again") {
  SimBox site;
  REQUIRE(site.init());
  const auto box = site.open();
  REQUIRE(site.create_pool());
  const auto again = (*box)->create_pool(site.disk_names(), {});
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::pool_exists);
}

TEST_CASE("Missing, older and rotten keyrings on disks are brought level with home's") {
  Site site;
  const auto older = site.home.contents("keyring");
  REQUIRE(Site::add(**site.open(), "one"));
  const auto newest = site.home.contents("keyring");
  site.disks[0]->erase("keyring");
  site.disks[1]->plant("keyring", *older);
  site.disks[2]->flip_bit("keyring", 0);
  REQUIRE((*site.open())->level_copies());
  for (const auto& disk : site.disks) CHECK(disk->contents("keyring") == newest);
}

TEST_CASE("A process at its own limit ends the levelling of keyrings, and leaves no disk out") {
  const auto level = [](std::optional<std::uint64_t> at) {
    Site site;
    const auto keyring = site.home.contents("keyring");
    site.disks[0]->erase("keyring");
    const auto box = site.open();
    const std::uint64_t begin = site.world.operations();
    if (at) site.world.fail_at(begin + *at, ErrorCode::out_of_memory);
    const auto levelled = (*box)->level_copies();
    const std::uint64_t operations = site.world.operations() - begin;
    CHECK(bool(levelled) == !at);
    if (!levelled) CHECK(levelled.error().code == ErrorCode::out_of_memory);
    if (at) CHECK(operations == *at);
    REQUIRE((*box)->level_copies());
    for (const auto& disk : site.disks) CHECK(disk->contents("keyring") == keyring);
    return operations;
  };
  const std::uint64_t operations = level(std::nullopt);
  REQUIRE(operations > 40);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    CAPTURE(at);
    level(at);
  }
}

TEST_CASE("A disk that the process has no handle left for is not a missing one") {
  Site site;
  vault::VaultPorts ports = site.ports();
  ports.open_disk = [&](const std::string& path) -> Result<pool::DiskPointer> {
    if (path == "/disk3") return make_error(ErrorCode::out_of_memory, path);
    return site.open_disk(path);
  };
  const auto box = vault::Box::open(ports, site.settings, [] {
    return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
  });
  REQUIRE(box);
  const auto pool = (*box)->pool();
  REQUIRE_FALSE(pool);
  CHECK(pool.error().code == ErrorCode::out_of_memory);
}

TEST_CASE("A keyring that is ahead of home's is not overwritten") {
  Site site;
  const auto older = site.home.contents("keyring");
  REQUIRE(Site::add(**site.open(), "one"));
  const auto newest = site.home.contents("keyring");
  site.home.plant("keyring", *older);
  const auto level = (*site.open())->level_copies();
  REQUIRE_FALSE(level);
  CHECK(level.error().code == ErrorCode::home_not_newest);
  CHECK_FALSE(Site::add(**site.open(), "two"));
  CHECK(site.home.contents("keyring") == older);
  for (const auto& disk : site.disks) CHECK(disk->contents("keyring") == newest);
}

}  // namespace holdfast::test
