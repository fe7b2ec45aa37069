// SPDX-License-Identifier: Apache-2.0
// Disks that are not what they should be: of an older generation, at each other's path, there
// twice, without a label, back after the members have changed. And recoveries that meet them. Cut
// and failed at operations all over.
#include "firmware/job/members.h"
#include "firmware/pool/new_disk.h"
#include "tests/sim/machines.h"

namespace holdfast::test {

namespace {

// One call of pool add, replace or retire.
Result<job::MemberSummary> change_members(Machine& by, const std::optional<std::string>& joining,
                                          const std::optional<std::string>& leaving) {
  HF_TRY(const auto box, by.open());
  job::MemberRequest request;
  request.joining = joining;
  request.leaving = leaving;
  HF_TRY(const job::MemberPlan plan, job::plan_members(*box, request));
  HF_TRY(auto done, job::change_members(*box, request, plan));
  if (done.ended) return *done.ended;
  return done;
}

// With a seventh disk in the drawer, mounted.
std::unique_ptr<Machines> site_with_spare_disk() {
  auto site = make_site();
  site->disks.push_back(std::make_unique<sim::SimDisk>(site->world, "/disk6"));
  site->first.sees_all();
  site->second.sees_all();
  return site;
}

std::size_t count_of(Machine& by, pool::DiskState state) {
  const auto box = by.open();
  const auto pool = (*box)->pool();
  REQUIRE(pool);
  const auto status = (*pool)->status();
  return static_cast<std::size_t>(std::ranges::count(status, state, &pool::DiskStatus::state));
}

void lose_labels(sim::SimDisk& disk) {
  for (const std::string_view copy : pool::kLabelCopies) disk.flip_bit(copy, 90, 3);
}

// The directory is listed in the home as one of the pool's.
void list_first(Machine& machine, const std::string& path) {
  const std::string list = "disk " + path + "\n";
  const Bytes rest = machine.home().contents("pool").value();
  machine.home().plant("pool", view_of(list + std::string(text_of(rest))));
}

}  // namespace

TEST_CASE("Two disks at each other's path are known by their labels") {
  const auto make = [] {
    auto site = make_site();
    site->first.sees({0, 3, 4, 5}).mounts(1, "/disk2").mounts(2, "/disk1");
    return site;
  };
  sweep_both(make, add_by_first, [](Machines& site, const auto& /*answer*/) {
    site.check_acknowledged(site.first);
    CHECK(count_of(site.first, pool::DiskState::present) == 6);
    site.check_together(site.first);
  });
}

TEST_CASE("Of a disk and its clone one is a member, and the other one is named and not written") {
  // `stale`: the clone was made before the last backup. It is found first and takes the place.
  const auto make_with = [](bool stale) {
    auto site = site_with_spare_disk();
    put_back(*site->disks[6], image_of(*site->disks[2]));
    if (stale) site->add("c.wav", site->first.sees({0, 1, 2, 3, 4, 5}));
    list_first(site->first, "/disk6");
    site->first.sees_all();
    return site;
  };
  for (const bool stale : {false, true}) {
    CAPTURE(stale);
    const auto make = [&] { return make_with(stale); };
    sweep_both(make, add_by_first, [](Machines& site, const auto& /*answer*/) {
      const Image left_out = image_of(*site.disks[2]);
      CHECK(count_of(site.first, pool::DiskState::clone) == 1);
      site.check_together(site.first);
      CHECK((image_of(*site.disks[2]) == left_out));
      // The clone is pulled, and the disk itself is back in its place.
      site.first.sees({0, 1, 2, 3, 4, 5});
      site.check_acknowledged(site.first);
      site.add("next.wav", site.first);
      site.check_acknowledged(site.first);
    });
  }
}

TEST_CASE("A disk whose label is damaged is left out, and named") {
  const auto make = [] {
    auto site = make_site();
    lose_labels(*site->disks[1]);
    return site;
  };
  sweep_both(make, add_by_first, [](Machines& site, const auto& /*answer*/) {
    CHECK(count_of(site.first, pool::DiskState::damaged) == 1);
    const Image untouched = image_of(*site.disks[1]);
    site.check_together(site.first);
    CHECK((image_of(*site.disks[1]) == untouched));
  });
}

TEST_CASE("With the labels of all disks but one damaged nothing is written") {
  const auto site = make_site();
  const std::vector<Image> before = site->images();
  for (const std::size_t number : {0U, 1U, 2U, 4U, 5U}) lose_labels(*site->disks[number]);
  site->check_refused(site->first, ErrorCode::too_few_disks);
  const auto recovered = recover_second(*site);
  REQUIRE(recovered);
  REQUIRE(recovered->not_writable);
  CHECK(recovered->not_writable->code == ErrorCode::too_few_disks);
  site->check_refused(site->second, ErrorCode::too_few_disks);
  site->put_back(before, {0, 1, 2, 4, 5});
  site->check_together(site->first);
}

TEST_CASE("Shards on disks whose labels are damaged are read, and the disks are not written") {
  for (const DiskNumbers& lost : {DiskNumbers{0, 2, 4}, DiskNumbers{0, 1, 2, 4, 5}}) {
    CAPTURE(lost.size());
    const auto site = make_site();
    for (const std::size_t number : lost) lose_labels(*site->disks[number]);
    const std::vector<Image> before = site->images();
    site->check_acknowledged(site->first);
    CHECK((site->images() == before));
    REQUIRE(recover_second(*site));
    site->check_acknowledged(site->second);
    for (const std::size_t number : lost) {
      CHECK((image_of(*site->disks[number]) == before[number]));
    }
  }
}

TEST_CASE("With the labels of more than m disks damaged, work goes on and their shards are read") {
  const DiskNumbers lost{0, 2, 4};
  const auto make = [&] {
    auto site = make_site();
    for (const std::size_t number : lost) lose_labels(*site->disks[number]);
    return site;
  };
  const std::vector<Image> before = make()->images();
  sweep_both(make, add_by_first, [&](Machines& site, const auto& /*answer*/) {
    site.check_acknowledged(site.first);
    site.check_together(site.first);
    for (const std::size_t number : lost) {
      CHECK((image_of(*site.disks[number]) == before[number]));
    }
  });
}

TEST_CASE("Disks whose labels are damaged are replaced one after the other") {
  auto site = make_site();
  const DiskNumbers lost{0, 2, 4};
  for (const std::size_t number : lost) lose_labels(*site->disks[number]);
  for (std::size_t i = 6; i < 9; ++i) {
    const std::string name = "/disk" + std::to_string(i);
    site->disks.push_back(std::make_unique<sim::SimDisk>(site->world, name));
  }
  site->first.sees_all();
  const std::vector<Image> before = site->images();
  std::size_t next = 6;
  for (const std::size_t number : lost) {
    const auto box = site->first.open();
    REQUIRE(box);
    job::MemberRequest request;
    request.leaving = site->disks[number]->name();
    request.joining = site->disks[next++]->name();
    const auto plan = job::plan_members(**box, request);
    INFO((plan ? "" : debug_text(plan.error())));
    REQUIRE(plan);
    const auto done = job::change_members(**box, request, *plan);
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
    CHECK_FALSE(done->ended);
    site->check_acknowledged(site->first);
  }
  for (const std::size_t number : lost) {
    CHECK((image_of(*site->disks[number]) == before[number]));
  }
  // Without the damaged ones, and two more gone.
  site->first.sees({5, 6, 7, 8});
  site->check_acknowledged(site->first);
}

TEST_CASE("A label of a newer program is named as that, and nothing is written beside it") {
  const auto make_newer = [](sim::SimDisk& disk) {
    for (const std::string_view copy : pool::kLabelCopies) {
      Bytes label = disk.contents(copy).value();
      label[8] = 2;  // its version
      disk.plant(copy, label);
    }
  };
  const auto site = make_site();
  make_newer(*site->disks[4]);
  site->check_refused(site->first, ErrorCode::unsupported_version);
  CHECK(site->first.may_write().error().where == "/disk4/label.b");
  CHECK((*site->first.restore() == site->source()));
  // Another pool's is a stranger's, as one of this version is.
  for (const std::string_view copy : pool::kLabelCopies) {
    site->disks[4]->flip_bit(std::string(copy), 16, 1);  // the pool's id
  }
  CHECK(site->first.may_write());
  for (const std::string_view copy : pool::kLabelCopies) {
    site->disks[4]->flip_bit(std::string(copy), 16, 1);
  }
  for (const std::size_t number : {0U, 1U, 2U, 3U, 5U}) make_newer(*site->disks[number]);
  CHECK(site->first.restore().error().code == ErrorCode::unsupported_version);
  CHECK(recover_second(*site).error().code == ErrorCode::unsupported_version);
}

TEST_CASE(
    "A disk of an older generation that comes back is brought level, and takes nothing back") {
  SECTION("of before some backups and a change of the members") {
    const auto make = [] {
      auto site = site_with_spare_disk();
      const std::vector<Image> before = site->images();
      REQUIRE(change_members(site->first, "/disk6", {}));
      site->add("c.wav", site->first);
      REQUIRE(change_members(site->first, {}, "/disk0"));
      site->add("d.wav", site->first);
      site->put_back(before, {0, 1});  // one that has left meanwhile, and a member
      return site;
    };
    sweep_both(make, add_by_first, [](Machines& site, const auto& /*answer*/) {
      site.check_together(site.first);
      CHECK(count_of(site.first, pool::DiskState::retired) == 1);
      CHECK(count_of(site.first, pool::DiskState::present) == 6);
    });
  }
  SECTION("of before a recovery") {
    const auto make = [] {
      auto site = make_site();
      const std::vector<Image> before = site->images();
      REQUIRE(recover_second(*site));
      site->add("c.wav", site->second);
      site->put_back(before, {0, 1});
      return site;
    };
    const auto add_by_second = [](Machines& site) { return site.try_add("d.wav", site.second); };
    sweep_both(make, add_by_second, [](Machines& site, const auto& /*answer*/) {
      site.check_together(site.second);
      site.check_refused(site.first.sees({2, 3, 4, 5}), ErrorCode::home_not_newest);
    });
  }
}

TEST_CASE("Disks that were pulled before the members changed are not enough for a recovery") {
  // By their labels all six were members, and four of them would be enough.
  Machines site;
  for (int disk = 6; disk < 10; ++disk) {
    const std::string name = "/disk" + std::to_string(disk);
    site.disks.push_back(std::make_unique<sim::SimDisk>(site.world, name));
  }
  DiskNumbers shown = {0, 1, 2, 3, 4, 5};
  for (const std::size_t gone : {0U, 1U, 2U, 3U}) {
    const std::size_t fresh = gone + 6;
    shown.erase(gone);
    shown.insert(fresh);
    REQUIRE(change_members(site.first.sees(shown), site.disks[fresh]->name(),
                           site.disks[gone]->name()));
  }
  site.add("c.wav", site.first);
  site.second.sees({0, 1, 2, 3});
  const auto recovered = recover_second(site);
  REQUIRE(recovered);
  REQUIRE(recovered->not_writable);
  site.check_refused(site.second, ErrorCode::too_few_disks);
  site.add("d.wav", site.first);
  site.check_acknowledged(site.first);
}

TEST_CASE("A change of members that was cut is taken over by a recovery") {
  const auto replace = [](Machines& site) {
    return change_members(site.first, "/disk6", "/disk0");
  };
  const auto check = [](Machines& site, const auto& /*answer*/) {
    const auto recovered = recover_second(site);
    INFO((recovered ? "" : debug_text(recovered.error())));
    // The new disk is a stranger until it has a label, and the recovery is told of the others.
    if (!recovered) {
      CHECK(recovered.error().code == ErrorCode::disk_foreign);
      CHECK(recovered.error().where == "/disk6");
      site.second.sees_not(6);
      REQUIRE(recover_second(site));
    }
    site.add("c.wav", site.second);
    site.check_acknowledged(site.second);
    site.check_refused(site.first, ErrorCode::home_not_newest);
    // Whatever of the change is there is gone on from.
    const auto again = change_members(site.second.sees_all(), "/disk6", "/disk0");
    const bool is_done = again || again.error().code == ErrorCode::disk_is_member ||
                         again.error().code == ErrorCode::no_disk;
    INFO((again ? "" : debug_text(again.error())));
    CHECK(is_done);
    site.check_together(site.second);
  };
  sweep_both(site_with_spare_disk, replace, check, kChangeStrides);
}

TEST_CASE("What the members became while a recovery looked at them is not overwritten") {
  const auto site = site_with_spare_disk();
  auto found = site->second.sees({0, 1, 2, 3, 4, 5}).find(kPassphrase);
  REQUIRE(found);
  REQUIRE(change_members(site->first, "/disk6", {}));
  const auto label = site->disks[1]->contents("label.a");
  const auto recovered = site->second.take(std::move(*found));
  REQUIRE(recovered);
  REQUIRE(recovered->ended);
  CHECK(recovered->ended->code == ErrorCode::not_newest);
  CHECK(site->disks[1]->contents("label.a") == label);
  site->check_together(site->second);
}

TEST_CASE("What the machine before wrote while a recovery looked is before the takeover entry") {
  Machines site;
  auto found = site.second.find(kPassphrase);
  REQUIRE(found);
  site.add("c.wav", site.first);
  const auto recovered = site.second.take(std::move(*found));
  REQUIRE(recovered);
  REQUIRE_FALSE(recovered->ended);
  CHECK(recovered->businesses.front().number == 5);  // the takeover entry follows snapshot 4
  site.check_together(site.second);
}

}  // namespace holdfast::test
