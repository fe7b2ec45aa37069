// SPDX-License-Identifier: Apache-2.0
// What writes beside the journals (slots, new businesses, members, heal) refuses where a backup
// does, by the same error, and leaves no trace: not on a disk, not in home, not on a stick.
#include <array>

#include "firmware/job/members.h"
#include "tests/sim/machines.h"

namespace holdfast::test {

namespace {

const DiskNumbers kHalf = {0, 1, 2};
const DiskNumbers kOtherHalf = {3, 4, 5};
const DiskNumbers kAll = {0, 1, 2, 3, 4, 5};
constexpr std::uint32_t kStays = 2;  // slot numbers; 1 is the machine's
constexpr std::uint32_t kGoes = 3;
constexpr const char* kStick = "/stick";
constexpr const char* kDrawer = "/drawer";

Result<void> add_passphrase(vault::Box& box) {
  return box.add_passphrase(view_of("another"));
}

Result<void> add_shares(vault::Box& box) {
  HF_TRY(const auto files, box.add_shares({{1, 1}, {kStick}}));
  HF_CHECK(!files.empty());
  return {};
}

Result<void> remove_key(vault::Box& box) {
  vault::KeyRemoval removal;
  removal.number = kGoes;
  const std::string_view stays = kPassphrase;
  removal.kept.push_back({kStays, SecretBytes(Bytes(stays.begin(), stays.end()))});
  HF_TRY(const auto removed, box.remove_key(std::move(removal)));
  if (removed.not_level) return *removed.not_level;
  return {};
}

Result<void> add_business(vault::Box& box) {
  HF_TRY(const auto added, box.add_business("more", [](const BusinessId& id) {
    return "id = \"" + id.hex() + "\"\n";
  }));
  HF_CHECK(added.number > 0);
  return {};
}

Result<void> change_members(vault::Box& box, const job::MemberRequest& request) {
  HF_TRY(const job::MemberPlan plan, job::plan_members(box, request));
  HF_TRY(const auto summary, job::change_members(box, request, plan));
  if (summary.ended) return *summary.ended;
  return {};
}

Result<void> add_disk(vault::Box& box) {
  job::MemberRequest request;
  request.joining = kDrawer;
  return change_members(box, request);
}

Result<void> replace_disk(vault::Box& box) {
  job::MemberRequest request;
  request.joining = kDrawer;
  request.leaving = "/disk0";
  return change_members(box, request);
}

Result<void> retire_disk(vault::Box& box) {
  job::MemberRequest request;
  request.leaving = "/disk0";
  return change_members(box, request);
}

Result<void> heal(vault::Box& box) {
  job::ScrubRequest request;
  request.heal = true;
  HF_TRY(const auto summary, job::run_scrub(box, request));
  if (summary.ended) return *summary.ended;
  HF_CHECK(summary.shards_written > 0);
  return {};
}

Result<void> look_what_heal_would_do(vault::Box& box) {
  job::ScrubRequest request;
  request.heal = true;
  request.dry_run = true;
  HF_TRY(const auto summary, job::run_scrub(box, request));
  HF_CHECK(summary.shards_missing > 0);
  return {};
}

struct Verb {
  const char* name;
  Result<void> (*run)(vault::Box& box);
};

constexpr std::array kVerbs{Verb{"key add", add_passphrase},
                            Verb{"key add, shares", add_shares},
                            Verb{"key remove", remove_key},
                            Verb{"business add", add_business},
                            Verb{"pool add", add_disk},
                            Verb{"pool replace", replace_disk},
                            Verb{"pool retire", retire_disk},
                            Verb{"pool heal", heal},
                            Verb{"pool heal, dry run", look_what_heal_would_do}};

Result<void> run_by(Machine& machine, const Verb& verb) {
  HF_TRY(const auto box, machine.open());
  return verb.run(*box);
}

// A slot to remove, a stick for shares, an empty disk, and a shard to heal: every verb has
// something to do.
struct Site : Machines {
  Site() {
    REQUIRE((*first.open())->add_passphrase(view_of("goes")));
    for (const char* name : {kStick, kDrawer}) {
      disks.push_back(std::make_unique<sim::SimDisk>(world, name));
    }
  }
  void drop_a_shard() {
    for (const auto& [path, bytes] : image_of(*disks[0])) {
      if (!path.ends_with(".shard")) continue;
      disks[0]->erase(path);
      return;
    }
    FAIL("no shard on the disk");
  }
  // Sees these disks of the pool, and whatever is plugged in beside them.
  void show(Machine& machine, const DiskNumbers& numbers) {
    machine.sees(numbers).mounts(kDisks, kStick).mounts(kDisks + 1, kDrawer);
  }
  // What every file of every medium has.
  std::vector<Image> everything() {
    std::vector<Image> all = images();
    all.push_back(image_of(home));
    all.push_back(image_of(second_home));
    return all;
  }
  void check_all_refused(Machine& by, ErrorCode code) {
    drop_a_shard();
    const std::vector<Image> before = everything();
    for (const Verb& verb : kVerbs) {
      CAPTURE(verb.name);
      const auto done = run_by(by, verb);
      REQUIRE_FALSE(done);
      INFO(debug_text(done.error()));
      CHECK(done.error().code == code);
      CHECK((everything() == before));
    }
  }
};

// The same home twice, and half of the disks each.
void split(Site& site) {
  put_back(site.second_home, image_of(site.home));
  site.show(site.first, kHalf);
  site.show(site.second, kOtherHalf);
}

void join(Site& site) {
  site.show(site.first, kAll);
  site.show(site.second, kAll);
}

Result<keys::Keyring> unlock(ByteView file) {
  return keys::Keyring::open_with_passphrase(file, view_of(std::string_view(kPassphrase)));
}

}  // namespace

TEST_CASE("Where all is well every verb that writes beside the journals does so") {
  for (const Verb& verb : kVerbs) {
    CAPTURE(verb.name);
    Site site;
    site.show(site.first, kAll);
    site.drop_a_shard();
    const auto done = run_by(site.first, verb);
    INFO((done ? "" : debug_text(done.error())));
    CHECK(done);
  }
}

TEST_CASE("Where disks or home are old, or too few, nothing is written beside the journals") {
  Site site;
  site.show(site.first, kAll);
  SECTION("every disk is older than home") {
    const std::vector<Image> before = site.images();
    for (const char* name : {"c.wav", "d.wav"}) site.add(name, site.first);
    site.put_back(before, kAll);
    site.check_all_refused(site.first, ErrorCode::not_newest);
  }
  SECTION("home's keyring is older than that of the disks") {
    const Image before = image_of(site.home);
    REQUIRE(run_by(site.first, kVerbs.front()));
    put_back(site.home, before);
    site.check_all_refused(site.first, ErrorCode::home_not_newest);
  }
  SECTION("home is older than the disks, of which half are here") {
    const Image before = image_of(site.home);
    for (const char* name : {"c.wav", "d.wav"}) site.add(name, site.first);
    put_back(site.home, before);
    site.show(site.first, kHalf);
    site.check_all_refused(site.first, ErrorCode::too_few_disks);
  }
  SECTION("too few disks are here for a copy to count") {
    site.show(site.first, {0, 1});
    site.check_all_refused(site.first, ErrorCode::too_few_disks);
  }
}

TEST_CASE("In a fork of a journal nothing is written beside the journals by either home") {
  Site site;
  split(site);
  site.add("first.wav", site.first);
  site.files.remove("/calls/first.wav");
  site.add("second.wav", site.second);
  join(site);
  site.check_all_refused(site.first, ErrorCode::fork);
  site.check_all_refused(site.second, ErrorCode::fork);
}

TEST_CASE("A box without a pool takes slots") {
  SimBox box;
  REQUIRE(box.init());
  CHECK((*box.open())->check_keyring_writable());
  CHECK(add_passphrase(**box.open()));
  CHECK(add_business(**box.open()).error().code == ErrorCode::no_pool);
}

TEST_CASE("Two copies of one home that both change the keyring: the fork is named, and both read") {
  const auto verbs = {kVerbs[0], kVerbs[2]};
  for (const Verb& by_first : verbs) {
    for (const Verb& by_second : verbs) {
      CAPTURE(by_first.name, by_second.name);
      Site site;
      split(site);
      REQUIRE(run_by(site.first, by_first));
      REQUIRE(run_by(site.second, by_second));
      join(site);
      for (Machine* machine : {&site.first, &site.second}) {
        const auto newest = (*machine->open())->check_newest();
        REQUIRE_FALSE(newest);
        CHECK(newest.error().code == ErrorCode::fork);
        CHECK(newest.error().where.find(machine->home().name() + "/keyring, /disk") == 0);
        const std::vector<Image> before = site.images();
        // Nothing is new to this one. It leaves its lock in home.
        const auto backup = machine->backup();
        REQUIRE_FALSE(backup);
        CHECK(backup.error().code == ErrorCode::fork);
        CHECK((site.images() == before));
        site.check_acknowledged(*machine);
        site.check_all_refused(*machine, ErrorCode::fork);
      }
      const auto find = [&](const DiskNumbers& numbers) {
        std::vector<std::string> places;
        for (const std::size_t number : numbers) places.push_back(site.disks[number]->name());
        return vault::find_box([&](const std::string& path) { return site.open_disk(path); },
                               site.settings.pool, places, unlock);
      };
      const auto both = find(kAll);
      REQUIRE_FALSE(both);
      INFO(debug_text(both.error()));
      CHECK(both.error().code == ErrorCode::fork);
      CHECK(both.error().where.find(", /disk") != std::string::npos);
      CHECK(find(kHalf));
      CHECK(find(kOtherHalf));
    }
  }
}

TEST_CASE("A keyring that never counted is no fork to a recovery") {
  Site site;
  split(site);
  // Its home goes with it before enough disks have it.
  site.show(site.second, kAll);
  REQUIRE(run_by(site.second, kVerbs.front()));
  const auto never_counted = site.disks[5]->contents("keyring");
  const Image older = image_of(site.home);
  for (const std::size_t number : kAll) site.disks[number]->plant("keyring", older.at("keyring"));
  site.show(site.first, kAll);
  REQUIRE(run_by(site.first, kVerbs.front()));
  for (const std::size_t number : {std::size_t{4}, std::size_t{5}})
    site.disks[number]->plant("keyring", *never_counted);
  CHECK(site.second.sees(kAll).find(kPassphrase));
  // One more may have it.
  site.disks[3]->flip_bit("keyring", 300);
  CHECK(site.second.find(kPassphrase).error().code == ErrorCode::fork);
}

}  // namespace holdfast::test
