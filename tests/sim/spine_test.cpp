// SPDX-License-Identifier: Apache-2.0
// The path of one recording and back, on simulated ports.
#include <catch2/catch.hpp>

#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

// A box with a pool and a business, and a few calls of different sizes.
struct Site : ReadyBox {
  Site() {
    write("a.wav", std::string(300, 'a'));
    write("b.wav", std::string(5000, 'b'));  // several chunks
    write("empty.wav", "");
    write("01/31/call.wav", "hello");
    for (int i = 0; i < 60; ++i) {
      write("02/" + std::to_string(i) + ".wav", "call number " + std::to_string(i));
    }
  }
};

}  // namespace

TEST_CASE("What was backed up comes back bit for bit") {
  Site site;
  const auto report = site.backup();
  REQUIRE(report);
  CHECK(report->counts.items_new == 64);
  CHECK(report->counts.items_unreadable == 0);
  const auto restored = site.restore();
  REQUIRE(restored);
  CHECK(*restored == site.source());
}

TEST_CASE("What a pack of the same run has already is not stored again") {
  constexpr std::size_t kSize = 1000;
  const auto bytes_new = [](bool twice) {
    Site site;
    std::string noise(kSize, '\0');
    site.random.fill({reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()});
    site.write("00.wav", noise);
    if (twice) site.write("03/00.wav", noise);  // its pack has been closed by then
    const auto report = site.backup();
    REQUIRE(report);
    CHECK(*site.restore() == site.source());
    return report->bytes_new;
  };
  // Its name costs something in the tree.
  CHECK(bytes_new(true) < bytes_new(false) + kSize);
}

TEST_CASE("Any two disks may go") {
  Site site;
  REQUIRE(site.backup());
  for (std::size_t i = 0; i < SimBox::kDisks; ++i) {
    for (std::size_t j = i + 1; j < SimBox::kDisks; ++j) {
      site.missing = {{site.disks[i]->name(), true}, {site.disks[j]->name(), true}};
      const auto restored = site.restore();
      REQUIRE(restored);
      CHECK(*restored == site.source());
    }
  }
}

TEST_CASE("With more disks gone than the code bears nothing wrong comes back") {
  Site site;
  REQUIRE(site.backup());
  for (std::size_t i = 0; i < 4; ++i) site.missing[site.disks[i]->name()] = true;
  const auto restored = site.restore();
  REQUIRE_FALSE(restored);
  const ErrorCode code = restored.error().code;
  CHECK((code == ErrorCode::data_lost || code == ErrorCode::names_lost ||
         code == ErrorCode::too_few_disks || code == ErrorCode::not_newest));
}

TEST_CASE("Nothing changed makes no entry and opens no file") {
  Site site;
  REQUIRE(site.backup());
  const auto again = site.backup();
  REQUIRE(again);
  CHECK_FALSE(again->entry_written);
  CHECK(again->bytes_read == 0);
  CHECK(again->counts.items_unchanged == 64);
}

TEST_CASE("A later backup reads what changed and an old snapshot stays what it was") {
  Site site;
  const auto first = site.backup();
  REQUIRE(first);
  const Contents before = site.source();
  site.write("a.wav", "changed");
  site.write("03/new.wav", "new");
  const auto second = site.backup();
  REQUIRE(second);
  CHECK(second->counts.items_changed == 1);
  CHECK(second->counts.items_new == 1);
  CHECK(second->bytes_read == 10);
  CHECK(*site.restore(first->snapshot.number) == before);
  CHECK(*site.restore(second->snapshot.number) == site.source());
}

TEST_CASE("An archive keeps what the source forgot, a mirror does not") {
  Site site;
  SECTION("archive") {
    site.kind = source::BusinessKind::archive;
    REQUIRE(site.backup());
    site.files.remove("/calls/a.wav");
    const auto second = site.backup();
    REQUIRE(second);
    CHECK(second->counts.items_gone == 1);
    CHECK(second->counts.items == 63);
    CHECK(*site.restore() == site.source());
    const auto third = site.backup();
    REQUIRE(third);
    CHECK(third->counts.items_gone == 0);
    CHECK_FALSE(third->entry_written);
  }
  SECTION("mirror") {
    site.kind = source::BusinessKind::mirror;
    REQUIRE(site.backup());
    site.files.remove("/calls/a.wav");
    REQUIRE(site.backup());
    CHECK(*site.restore() == site.source());
  }
}

TEST_CASE("An unreadable item is named and the rest goes on") {
  Site site;
  site.files.set_unreadable("/calls/a.wav");
  const auto report = site.backup();
  REQUIRE(report);
  CHECK(report->counts.items_unreadable == 1);
  REQUIRE(report->problems.kept.size() == 1);
  CHECK(report->problems.kept.front().path == "calls/a.wav");
  Contents expected = site.source();
  expected.erase("a.wav");
  CHECK(*site.restore() == expected);
}

TEST_CASE("An unreadable item keeps the content it had") {
  Site site;
  REQUIRE(site.backup());
  const Contents before = site.source();
  site.write("a.wav", "cannot be read");
  site.files.set_unreadable("/calls/a.wav");
  REQUIRE(site.backup());
  CHECK(*site.restore() == before);
}

TEST_CASE("An item that changes while it is read is read again") {
  Site site;
  const std::string after = "other bytes";
  site.files.change_while_read("/calls/a.wav", view_of(after));
  const auto report = site.backup();
  REQUIRE(report);
  CHECK(report->counts.items_changing == 0);
  CHECK(site.restore()->at("a.wav") == Bytes(after.begin(), after.end()));
}

TEST_CASE("An item that vanishes is counted and left out") {
  Site site;
  site.files.vanish_when_opened("/calls/a.wav");
  const auto report = site.backup();
  REQUIRE(report);
  CHECK(report->problems.count == 1);
  CHECK(site.restore()->count("a.wav") == 0);
}

TEST_CASE("A stopped backup commits what it has and the next one goes on") {
  Site site;
  site.stop = true;
  const auto partial = site.backup();
  REQUIRE(partial);
  CHECK(partial->partial);
  site.stop = false;
  const auto whole = site.backup();
  REQUIRE(whole);
  CHECK_FALSE(whole->partial);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("A second writer is told who writes") {
  Site site;
  const auto box = site.open();
  const auto first = (*box)->open_business("calls", vault::Access::write);
  REQUIRE(first);
  const auto other_box = site.open();
  const auto second = (*other_box)->open_business("calls", vault::Access::write);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::locked);
  CHECK(second.error().argument("holder").find("test") != std::string_view::npos);
}

TEST_CASE("One worker does the same in the same order every time") {
  const auto trace = [] {
    Site site;
    REQUIRE(site.backup());
    return site.world.trace();
  };
  CHECK(trace() == trace());
}

}  // namespace holdfast::test
