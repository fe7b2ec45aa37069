// SPDX-License-Identifier: Apache-2.0
// Quorum, witness, incarnation: whichever disks are shown to whichever home, no two machines write
// beside each other, what one of them acknowledged is there afterwards, and disks or homes that are
// old take nothing from what is newer. Cut and failed at operations all over.
#include "tests/sim/machines.h"

namespace holdfast::test {

namespace {

const DiskNumbers kHalf = {0, 1, 2};
const DiskNumbers kOtherHalf = {3, 4, 5};

}  // namespace

TEST_CASE("However many disks each of two machines sees, at most one of them writes") {
  std::size_t both_refused = 0;
  std::size_t second_wrote = 0;
  const auto deal = [&](std::size_t count, std::size_t to_first, bool first_begins) {
    CAPTURE(count, to_first, first_begins);
    Machines site(count);
    DiskNumbers shown;
    for (std::size_t number = 0; number < to_first; ++number) shown.insert(number);
    site.first.sees(shown);
    site.second.sees(site.others(shown));
    bool first_writes = false;
    if (first_begins) first_writes = site.try_add("first.wav", site.first).has_value();
    const auto recovered = recover_second(site);
    const bool may_write = recovered && !recovered->not_writable && !recovered->ended;
    const bool second_writes = may_write && site.try_add("second.wav", site.second).has_value();
    CHECK(second_writes == may_write);
    if (!first_begins) first_writes = site.try_add("first.wav", site.first).has_value();
    CHECK_FALSE((first_writes && second_writes));
    if (!first_writes && !second_writes) ++both_refused;
    if (second_writes) ++second_wrote;
    site.check_together(second_writes ? site.second : site.first);
  };
  for (std::size_t count = 2; count <= 6; ++count) {
    for (std::size_t to_first = 0; to_first <= count; ++to_first) {
      for (const bool first_begins : {true, false}) deal(count, to_first, first_begins);
    }
  }
  CHECK(both_refused > 0);
  CHECK(second_wrote > 0);
}

TEST_CASE("Half of the disks are written by the machine whose home agrees, and not by the other") {
  const auto make = [] {
    auto site = make_site();
    site->first.sees(kHalf);
    site->second.sees(kOtherHalf);
    return site;
  };
  SECTION("cut while the first one writes") {
    sweep_both(make, add_by_first, [](Machines& site, const auto& /*answer*/) {
      const std::vector<Image> before = site.images();
      const auto recovered = recover_second(site);
      REQUIRE(recovered);
      REQUIRE(recovered->not_writable);
      CHECK(recovered->not_writable->code == ErrorCode::too_few_disks);
      CHECK((site.images() == before));
      site.check_refused(site.second, ErrorCode::too_few_disks);
      site.check_together(site.first);
    });
  }
  SECTION("cut while the second one looks") {
    const auto look = [](Machines& site) -> Result<void> {
      HF_TRY(const auto recovered, recover_second(site));
      HF_CHECK(recovered.not_writable.has_value());
      return {};
    };
    sweep_cuts({stride_of(kMachineStrides)}, make, look,
               [](Machines& site, const auto& /*answer*/) {
                 if (site.second.is_a_box()) {
                   site.check_refused(site.second, ErrorCode::too_few_disks);
                 }
                 site.add("half.wav", site.first);
                 site.check_together(site.first);
               });
  }
}

TEST_CASE(
    "Wherever the power goes in a recovery, the machine before and the new one do not both "
    "write") {
  // Most of the disks go to the second machine, then to both in turn: cables are moved.
  const DiskNumbers most = {2, 3, 4, 5};
  const auto make = [&] {
    auto site = make_site();
    site->second.sees(most);
    return site;
  };
  const auto check = [&](Machines& site, const auto& /*answer*/) {
    const bool first_writes = site.try_add("first.wav", site.first.sees(kHalf)).has_value();
    // No home yet: the call is made again. A home: it goes on by itself.
    if (!site.second.is_a_box()) {
      const auto again = recover_second(site);
      REQUIRE(again);
      CHECK_FALSE(again->not_writable);
    }
    site.add("second.wav", site.second);
    CAPTURE(first_writes);
    site.check_together(site.second);
    site.check_refused(site.first.sees_all(), ErrorCode::home_not_newest);
  };
  sweep_both(make, recover_second, check);
}

TEST_CASE("Disks that are older than home are read and not written, some of them are caught up") {
  const auto make = [](const DiskNumbers& stale) {
    auto site = make_site();
    const std::vector<Image> before = site->images();
    site->add("c.wav", site->first);
    site->add("d.wav", site->first);
    site->put_back(before, stale);
    return site;
  };
  SECTION("all are old") {
    const auto site = make({0, 1, 2, 3, 4, 5});
    const std::vector<Image> before = site->images();
    CHECK(site->first.may_write().error().code == ErrorCode::not_newest);
    site->check_refused(site->first, ErrorCode::not_newest);
    CHECK((*site->first.restore(3) == site->acknowledged[1].second));
    CHECK((site->images() == before));
  }
  SECTION("two are old") {
    sweep_both([&] { return make({1, 4}); }, add_by_first,
               [](Machines& site, const auto& /*answer*/) { site.check_together(site.first); });
  }
  SECTION("those that are here are old, and home is not") {
    const auto site = make({0, 1, 2, 3});
    site->check_refused(site->first.sees({0, 1, 2, 3}), ErrorCode::not_newest);
    // One of those that are not is enough to know.
    site->first.sees({0, 1, 2, 4});
    CHECK(site->first.may_write());
  }
}

TEST_CASE("A home that is older than the disks goes on from what they have, if they are enough") {
  const auto make = [] {
    auto site = make_site();
    const Image before = image_of(site->home);
    for (const char* name : {"c.wav", "d.wav"}) site->add(name, site->first);
    put_back(site->home, before);
    return site;
  };
  SECTION("with every disk") {
    sweep_both(make, add_by_first,
               [](Machines& site, const auto& /*answer*/) { site.check_together(site.first); });
  }
  SECTION("with half of them others may be newer still") {
    const auto site = make();
    site->check_refused(site->first.sees(kHalf), ErrorCode::too_few_disks);
    site->first.sees({0, 1, 2, 5});
    site->check_together(site->first);
  }
  SECTION("without a witness half of them are not enough") {
    const auto site = make_site();
    for (const auto& [path, bytes] : image_of(site->home)) {
      if (path.starts_with("witness/")) site->home.erase(path);
    }
    site->check_refused(site->first.sees(kHalf), ErrorCode::too_few_disks);
    site->check_together(site->first);
  }
}

TEST_CASE("Home and some disks are old: one newer disk among enough is not passed by") {
  const auto make = [] {
    auto site = make_site();
    const Image home_before = image_of(site->home);
    const std::vector<Image> before = site->images();
    site->add("c.wav", site->first);
    site->add("d.wav", site->first);
    put_back(site->home, home_before);
    site->put_back(before, {0, 1});
    site->first.sees({0, 1, 2, 3});
    return site;
  };
  sweep_both(make, add_by_first,
             [](Machines& site, const auto& /*answer*/) { site.check_together(site.first); });
}

TEST_CASE("A valid entry on one disk is rolled forward to all before anything follows it") {
  Tally minorities;
  const auto hold = [](Machines& site) -> Result<journal::Head> {
    HF_TRY(const auto box, site.first.open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    return business->hold(journal::HoldScope::item, "calls/a.wav", "case 7");
  };
  const auto check = [&](Machines& site, const auto& /*answer*/) {
    const auto head_shown = [&] {
      const auto box = site.first.open();
      const auto business = (*box)->open_business("calls", vault::Access::read);
      REQUIRE(business);
      return (*business)->journal().head();
    };
    const journal::Head shown = head_shown();
    const std::size_t holders = site.holders_of(shown);
    if (shown.number == 4 && holders < 3) minorities.add(1);
    site.add("next.wav", site.first);
    // The entry that was shown is the one that the next one follows, on whatever disk.
    const auto box = site.first.open();
    const auto business = (*box)->open_business("calls", vault::Access::read);
    const auto holds = (*business)->holds();
    REQUIRE(holds);
    CHECK(holds->size() == (shown.number == 4 ? 1 : 0));
    CHECK(site.holders_of(head_shown()) == SimBox::kDisks);
    site.check_together(site.first);
  };
  sweep_cuts({stride_of({3, 1, 7, 3})}, make_site, hold, check);
  CHECK(minorities.sum() > 0);
}

TEST_CASE("After a recovery the journal says where it goes on, and goes on once") {
  Machines site;
  REQUIRE(recover_second(site));
  site.add("c.wav", site.second);
  const auto box = site.second.open();
  const auto business = (*box)->open_business("calls", vault::Access::read);
  std::vector<journal::EntryKind> kinds;
  std::vector<std::uint32_t> incarnations;
  REQUIRE((*business)->journal().read(1, [&](const journal::Entry& entry) -> Result<void> {
    const bool is_delta = entry.kind == journal::EntryKind::delta;
    kinds.push_back(is_delta ? journal::EntryKind::snapshot : entry.kind);
    incarnations.push_back(entry.incarnation);
    return {};
  }));
  using enum journal::EntryKind;
  CHECK((kinds == std::vector{policy, snapshot, snapshot, takeover, snapshot}));
  CHECK((incarnations == std::vector<std::uint32_t>{1, 1, 1, 2, 2}));
}

TEST_CASE(
    "Two machines with one and the same home: the fork is seen and named, and each half kept") {
  // No disk and no witness can tell a home from its copy.
  const auto make = [] {
    auto site = make_site();
    put_back(site->second_home, image_of(site->home));
    site->add("first.wav", site->first.sees(kHalf));
    site->files.remove("/calls/first.wav");
    site->second.sees(kOtherHalf);
    return site;
  };
  const auto add_by_second = [](Machines& site) -> Result<job::BackupReport> {
    site.write("second.wav", "call of the second" + site.noise());
    return site.second.backup();
  };
  sweep_both(make, add_by_second, [](Machines& site, const auto& answer) {
    const std::vector<Image> before = site.images();
    const auto writable = site.first.sees_all().may_write();
    if (answer) {
      REQUIRE_FALSE(writable);
      CHECK(writable.error().code == ErrorCode::fork);
      CHECK(writable.error().argument("number") == "4");
      site.check_refused(site.first, ErrorCode::fork);
      site.check_refused(site.second.sees_all(), ErrorCode::fork);
      CHECK((site.images() == before));
      // Each home reads what it acknowledged itself.
      site.check_acknowledged(site.first);
      // What a report names as not read is not promised yet, nor can home tell in a fork which half
      // is its own when it was told that home could not note it.
      const bool is_promised = answer->problems.count == 0 && !site.second.was_warned();
      if (is_promised) CHECK((*site.second.restore() == site.source()));
      CHECK((*site.second.restore(3) == site.acknowledged[1].second));
      return;
    }
    // The other entry never counted, or it may have.
    if (!writable) CHECK(writable.error().code == ErrorCode::fork);
    site.check_acknowledged(site.first);
    if (writable) site.check_together(site.first);
  });
}

TEST_CASE("A recovery in a fork tells the disks nothing, and takes from nobody what he can read") {
  auto site = make_site();
  put_back(site->second_home, image_of(site->home));
  site->add("first.wav", site->first.sees(kHalf));
  site->files.remove("/calls/first.wav");
  site->write("second.wav", "call of the second" + site->noise());
  REQUIRE(site->second.sees(kOtherHalf).backup());
  site->first.sees_all();
  site->second.sees_all();
  const std::vector<Image> before = site->images();
  sim::SimDisk third_home(site->world, "/third");
  Machine third(*site, third_home);
  const auto recovered = third.recover(kPassphrase);
  REQUIRE(recovered);
  REQUIRE(recovered->not_writable);
  CHECK(recovered->not_writable->code == ErrorCode::fork);
  CHECK((site->images() == before));
  CHECK_FALSE(third.backup());
  site->check_acknowledged(site->first);
  CHECK((*site->second.restore() == site->source()));
}

}  // namespace holdfast::test
