// SPDX-License-Identifier: Apache-2.0
// Keyring and wraps on the disks: what a cut, an absent disk or an overlapping change left there is
// brought level, and nothing that may be the only one of its kind is overwritten.
#include <catch2/catch.hpp>
#include <optional>

#include "firmware/job/scrub.h"
#include "firmware/keys/wrap.h"
#include "firmware/pool/new_disk.h"
#include "tests/sim/ready_box.h"
#include "tests/sim/sweep.h"

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

TEST_CASE(
    "A wrap of a later program stays where it lies, and keeps unreadable ones from being "
    "replaced") {
  Site site;
  const std::string path = site.content_wrap_path();
  const auto wrap = site.home.contents(path);
  const auto box = site.open();
  auto later =
      keys::make_wrap(site.content_wrap(**box), site.random.key(), (*box)->signer(), site.random);
  REQUIRE(later);
  (*later)[8] = 2;  // its version
  site.disks[0]->plant(path, *later);
  site.disks[1]->spoil(path);
  site.disks[2]->erase(path);
  // Nor is what somebody else put there ours to judge.
  site.disks[3]->plant(path.substr(0, path.rfind('/')) + "/read.me", view_of("something"));
  const auto told = [&] {
    const auto scrubbed = job::run_scrub(**site.open(), {});
    REQUIRE(scrubbed);
    std::vector<std::string> disks;
    for (const auto& bad : scrubbed->copies.kept) disks.push_back(bad.copy.path);
    return disks;
  };
  CHECK(told() == std::vector<std::string>{"/disk1/" + path, "/disk2/" + path});
  site.write("b.wav", "second");
  REQUIRE(site.backup());
  CHECK(site.disks[0]->contents(path) == *later);
  CHECK(site.disks[2]->contents(path) == wrap);
  CHECK(told() == std::vector<std::string>{"/disk1/" + path});
  CHECK(*site.restore() == site.source());
}

namespace {

constexpr std::int64_t kMonth_ns = std::int64_t{32} * 86'400 * 1'000'000'000;

struct KeySite : Site {
  // The wraps of the next month.
  Result<void> ensure() {
    HF_TRY(const auto box, open());
    HF_TRY(pool::Pool * pool, box->pool());
    vault::EpochKeys keys(box->businesses().front().id, box->keyring(), home, *pool);
    return keys.ensure(clock.now().month(), box->signer(), random, [] { return Result<void>(); });
  }
  Result<void> level() {
    HF_TRY(const auto box, open());
    HF_TRY(pool::Pool * pool, box->pool());
    vault::EpochKeys keys(box->businesses().front().id, box->keyring(), home, *pool);
    HF_TRY(const auto damaged, keys.damaged_copies());
    HF_CHECK(!damaged.empty());
    return keys.level_all();
  }
  // Of every epoch, on home and all disks.
  std::size_t files() {
    const std::string folder = keys::wrap_directory((*open())->businesses().front().id);
    std::size_t count = home.list(folder).value().size();
    for (const auto& disk : disks) count += disk->list(folder).value().size();
    return count;
  }
  std::size_t wraps_of_disks() {
    std::size_t count = 0;
    for (const auto& disk : disks) count += disk->contents(content_wrap_path()) ? 1 : 0;
    return count;
  }
};

}  // namespace

TEST_CASE("Where a new key could not count none is made") {
  KeySite site;
  const std::size_t before = site.files();
  site.clock.advance(kMonth_ns);
  SECTION("too few disks are here") {
    for (std::size_t i = 2; i < SimBox::kDisks; ++i) site.missing[site.disks[i]->name()] = true;
    CHECK(site.ensure().error().code == ErrorCode::too_few_disks);
    site.missing.clear();
  }
  SECTION("a disk is a later program's") {
    for (const std::string_view copy : pool::kLabelCopies) {
      Bytes label = site.disks[4]->contents(copy).value();
      label[8] = 2;  // its version
      site.disks[4]->plant(copy, label);
    }
    CHECK(site.ensure().error().code == ErrorCode::unsupported_version);
  }
  CHECK(site.files() == before);
}

TEST_CASE("The power may go while keys are made, looked at or brought level") {
  const auto check = [](KeySite& site, const auto& answer) {
    if (!answer) {
      CHECK(answer.error().code == ErrorCode::power_cut);
      site.world.crash({sim::CrashPolicy::random, 1});
    }
    site.write("b.wav", "second");
    const auto report = site.backup();
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    CHECK(*site.restore() == site.source());
    CHECK(site.wraps_of_disks() == SimBox::kDisks);
  };
  sweep_errors(
      {stride_of({5, 1, 23, 7})},
      [] {
        auto site = std::make_unique<KeySite>();
        site->clock.advance(kMonth_ns);
        return site;
      },
      [](KeySite& site) { return site.ensure(); }, check, ErrorCode::power_cut);
  sweep_errors(
      {stride_of({5, 1, 23, 7})},
      [] {
        auto site = std::make_unique<KeySite>();
        site->disks[3]->erase(site->content_wrap_path());
        return site;
      },
      [](KeySite& site) { return site.level(); }, check, ErrorCode::power_cut);
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
