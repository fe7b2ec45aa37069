// SPDX-License-Identifier: Apache-2.0
// What a box does for its pool by itself.
#include "firmware/job/tend.h"

#include "firmware/job/members.h"
#include "firmware/vault/disk_watch_note.h"
#include "tests/sim/scrubbed_box.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
constexpr std::int64_t kDay_ns = 24 * kHour_ns;

class TendedBox : public ScrubbedBox {
 public:
  job::TendSummary tend() {
    const auto box = open();
    REQUIRE(box);
    auto summary = job::run_tend(**box, {});
    REQUIRE(summary);
    return std::move(*summary);
  }
  // Two more disks than are away may go, and everything comes back.
  void check_two_may_go() {
    for (std::size_t i = 0; i < kDisks; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const auto before = missing;
        missing[disks[i]->name()] = true;
        missing[disks[j]->name()] = true;
        if (missing.size() == before.size() + 2) CHECK(*restore() == source());
        missing = before;
      }
    }
  }
  policy::WatchedDisk watched(std::size_t disk) { return vault::load_disk_watch(home)->at(disk); }
  std::size_t shards_on(std::size_t disk) {
    const auto paths = disks[disk]->files();
    return static_cast<std::size_t>(std::ranges::count_if(
        paths, [](const std::string& path) { return path.ends_with(".shard"); }));
  }
};

}  // namespace

TEST_CASE("A disk that is away is waited for, and then its shards are written anew on others") {
  TendedBox box;
  CHECK_FALSE(box.tend().is_not_mended());
  const std::size_t lacking = box.shards_on(2);
  REQUIRE(lacking > 0);
  const std::uint64_t all_bytes = box.scrub({.full = true})->bytes_read;
  box.missing["/disk2"] = true;
  for (int hour = 0; hour < 24; hour += 6) {
    const job::TendSummary waits = box.tend();
    CHECK(waits.given_up == 0);
    CHECK(waits.disks[2].watched.away_since);
    REQUIRE(waits.healed);
    CHECK(waits.healed->shards_written == 0);
    CHECK(waits.healed->bytes_read == 0);
    // Each pack once in its days, whoever is away.
    if (hour > 0) CHECK(waits.scrubbed->bytes_read < all_bytes / 2);
    CHECK_FALSE(waits.is_not_mended());
    box.clock.advance(6 * kHour_ns);
  }
  const job::TendSummary acts = box.tend();
  CHECK(acts.given_up == 1);
  REQUIRE(acts.healed);
  CHECK(acts.healed->shards_written == lacking);
  CHECK_FALSE(acts.is_not_mended());
  box.check_two_may_go();
  const job::TendSummary rests = box.tend();
  REQUIRE(rests.healed);
  CHECK(rests.healed->packs == 0);
  CHECK(rests.scrubbed->strays == 0);  // what it tries the disks with is its own
  CHECK_FALSE(rests.is_not_mended());
}

TEST_CASE("A disk that comes back in time, or after all, is one that is there") {
  TendedBox box;
  box.missing["/disk2"] = true;
  CHECK(box.tend().disks[2].watched.away_since);
  SECTION("in time: nothing is written, and the next time away begins anew") {
    box.clock.advance(20 * kHour_ns);
    box.missing.clear();
    CHECK_FALSE(box.tend().disks[2].watched.away_since);
    box.missing["/disk2"] = true;
    box.clock.advance(20 * kHour_ns);
    CHECK(box.tend().healed->shards_written == 0);
  }
  SECTION("after all: what it has counts again, and is not written once more") {
    box.clock.advance(2 * kDay_ns);
    CHECK(box.tend().healed->shards_written > 0);
    box.missing.clear();
    const job::TendSummary back = box.tend();
    CHECK(back.given_up == 0);
    CHECK(back.healed->shards_written == 0);
    CHECK_FALSE(back.is_not_mended());
    box.check_two_may_go();
  }
}

TEST_CASE(
    "Rot is mended by the call that finds it, whoever is away, and nobody calls it bad then") {
  TendedBox box;
  CHECK_FALSE(box.tend().is_not_mended());
  const auto rows = box.packs();
  for (const catalog::PackRow& row : rows) box.flip(row, 1, pool::kShardHeaderSize + 10);
  box.missing["/disk5"] = true;
  std::uint64_t mended = 0;
  for (int day = 0; day < 16; ++day) {
    box.clock.advance(kDay_ns / 2);  // long before the disk is given up
    box.missing.erase("/disk5");
    if (day % 2 == 1) box.missing["/disk5"] = true;
    const job::TendSummary tended = box.tend();
    REQUIRE(tended.healed);
    mended += tended.healed->shards_bad;
    CHECK(box.note().shards_bad() == 0);
    CHECK(box.damaged().packs().empty());
  }
  box.missing.clear();
  job::ScrubRequest full;
  full.full = true;
  CHECK(mended > 0);
  box.clock.advance(14 * kDay_ns);
  CHECK_FALSE(box.tend().is_not_mended());
  CHECK(box.scrub(full)->shards_bad == 0);
  box.check_two_may_go();
}

TEST_CASE("A shard that was deleted is written anew at once while all disks are there") {
  TendedBox box;
  box.erase(box.content_pack(), 0);
  const job::TendSummary tended = box.tend();
  REQUIRE(tended.healed);
  CHECK(tended.healed->shards_written == 1);
  CHECK_FALSE(tended.is_not_mended());
  box.check_two_may_go();
}

TEST_CASE("What no disk is left for is told each time, and no pack is read for it") {
  TendedBox box;
  CHECK_FALSE(box.tend().is_not_mended());
  for (const char* away : {"/disk1", "/disk2"}) box.missing[away] = true;
  CHECK_FALSE(box.tend().is_not_mended());
  box.clock.advance(2 * kDay_ns);
  for (int call = 0; call < 3; ++call) {
    const job::TendSummary tended = box.tend();
    CHECK(tended.given_up == 2);
    REQUIRE(tended.healed);
    CHECK(tended.healed->shards_unhealed > 0);
    CHECK(tended.is_not_mended());
    if (call > 0) CHECK(tended.healed->bytes_read == 0);
    if (call > 1) {  // what was written is proved once
      CHECK(tended.scrubbed->bytes_read == 0);
    }
  }
  box.missing.erase("/disk2");
  const job::TendSummary tended = box.tend();
  REQUIRE(tended.healed);
  CHECK(tended.healed->shards_unhealed == 0);
  CHECK_FALSE(tended.is_not_mended());
  box.check_two_may_go();
}

TEST_CASE("A disk that fails on one day after the other is told, and forgiven after days") {
  TendedBox box;
  for (std::uint32_t day = 1; day <= 3; ++day) {
    for (int call = 0; call < 3; ++call) {
      const auto files = box.disks[3]->files();
      box.disks[3]->spoil(*std::ranges::find_if(
          files, [](const std::string& path) { return path.starts_with("journal/"); }));
      const job::TendSummary tended = box.tend();
      CHECK(tended.disks[3].watched.strikes == day);
    }
    box.clock.advance(kDay_ns);
  }
  CHECK(policy::is_failing(box.watched(3), {}));
  for (int look = 0; look < 4; ++look) {
    box.tend();
    box.clock.advance(kDay_ns);
  }
  CHECK(box.watched(3).strikes == 0);
}

TEST_CASE("New packs leave a failing disk out if they can, and nothing else changes") {
  TendedBox box;
  std::vector<policy::WatchedDisk> watched = {{.disk = box.tend().disks[3].watched.disk}};
  watched[0].strikes = 3;
  REQUIRE(vault::store_disk_watch(box.home, watched));
  const std::size_t there = box.shards_on(3);
  REQUIRE(there > 0);
  const job::TendSummary tended = box.tend();
  CHECK(tended.healed->shards_written == 0);
  CHECK_FALSE(tended.is_not_mended());

  box.write("new", box.noise(5000));
  CHECK_FALSE(box.backup()->under_protected);
  CHECK(box.shards_on(3) == there);
  box.missing["/disk1"] = true;
  box.write("newer", box.noise(5000));
  CHECK_FALSE(box.backup()->under_protected);
  CHECK(box.shards_on(3) > there);
  // The only one that is free takes what the disk that is away had.
  box.clock.advance(kDay_ns);
  box.tend();
  box.clock.advance(2 * kDay_ns);
  CHECK_FALSE(box.tend().is_not_mended());
  box.check_two_may_go();
}

TEST_CASE("What is beyond repair is told by each call with what is lost, on any day") {
  TendedBox box;
  CHECK_FALSE(box.tend().is_not_mended());
  const catalog::PackRow row = box.content_pack();
  // All of five: the catalog, made anew, does not even know what was in it.
  const int gone = GENERATE(3, 5);
  for (std::uint8_t index = 0; index < gone; ++index) box.erase(row, index);
  for (int call = 0; call < 3; ++call) {
    const job::TendSummary tended = box.tend();
    CHECK(tended.has_lost());
    CHECK(tended.is_not_mended());
    CHECK(tended.healed->lost_packs == std::vector{row.pack.name});
    box.clock.advance(6 * kHour_ns);
  }
}

TEST_CASE("The heal knows of all that is lost, by names or by a note") {
  TendedBox box;
  const auto rows = box.packs();
  REQUIRE(rows.size() >= 2);
  // Other data under checksums that agree: only who decodes the pack sees it.
  for (std::uint8_t index = 0; index < 3; ++index) box.forge(rows[0], index);
  CHECK(box.tend().has_lost());
  for (std::uint8_t index = 0; index < 3; ++index) box.erase(rows[1], index);
  const std::set<Digest> lost{rows[0].pack.name, rows[1].pack.name};
  for (int call = 0; call < 2; ++call) {
    const auto told = box.tend().healed->lost_packs;
    CHECK(std::set<Digest>(told.begin(), told.end()) == lost);
    CHECK(told.size() == lost.size());
    box.clock.advance(6 * kHour_ns);
  }
}

TEST_CASE("A disk that is full is no failing one") {
  TendedBox box;
  std::uint64_t used = 0;
  for (const std::string& path : box.disks[1]->files()) {
    used += box.disks[1]->contents(path)->size();
  }
  box.disks[1]->set_capacity(used);
  for (int day = 0; day < 4; ++day) {
    box.write("new" + std::to_string(day), box.noise(3000));
    const auto opened = box.open();
    {
      const auto business = (*opened)->open_business("calls", vault::Access::write);
      REQUIRE(business);
      static_cast<void>(job::run_backup(**business, box.files, box.backup_request()));
    }
    REQUIRE(job::note_disks(**opened));
    box.clock.advance(kDay_ns);
  }
  const auto disks = *vault::load_disk_watch(box.home);
  for (const policy::WatchedDisk& disk : disks) CHECK(disk.strikes == 0);
}

TEST_CASE("A retirement that was cut short is settled by the timer") {
  TendedBox box;
  {
    const auto opened = box.open();
    job::MemberRequest request;
    request.leaving = "/disk2";
    const auto lock = (*opened)->lock(job::kScrubLock);  // somebody heals
    REQUIRE(lock);
    const auto plan = job::plan_members(**opened, request);
    REQUIRE(plan);
    const auto changed = job::change_members(**opened, request, *plan);
    REQUIRE(changed);
    CHECK(changed->ended->code == ErrorCode::locked);
  }
  const job::TendSummary tended = box.tend();
  CHECK(tended.left.size() == 1);
  CHECK(tended.disks.size() == SimBox::kDisks - 1);
  box.missing["/disk2"] = true;
  box.check_two_may_go();
}

TEST_CASE("One at a time, and a dry run writes nothing") {
  TendedBox box;
  box.erase(box.content_pack(), 0);
  box.missing["/disk5"] = true;
  const auto opened = box.open();
  const std::uint64_t changes = box.world.changes();
  const auto dry = job::run_tend(**opened, {.dry_run = true});
  REQUIRE(dry);
  CHECK(box.world.changes() == changes);
  CHECK(dry->disks[5].watched.away_since);
  CHECK_FALSE(dry->scrubbed);
  const auto lock = (*opened)->lock(job::kScrubLock);
  REQUIRE(lock);
  const auto second = job::run_tend(**opened, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::locked);
}

TEST_CASE("A disk that takes no writes gets its strike by the first call, and its mark") {
  TendedBox box;
  box.tend();
  for (std::size_t i = 0; i < SimBox::kDisks; ++i) CHECK(box.disks[i]->contents("probe"));
  box.disks[3]->set_read_only(true, false);
  box.clock.advance(kHour_ns);
  const job::TendSummary tended = box.tend();
  for (std::size_t i = 0; i < SimBox::kDisks; ++i) {
    CAPTURE(i);
    CHECK(box.watched(i).strikes == (i == 3 ? 1 : 0));
    CHECK(box.watched(i).read_only.has_value() == (i == 3));
    CHECK(tended.disks[i].watched.strikes == (i == 3 ? 1 : 0));
  }
  // Nothing is moved for it: what it has can be read.
  CHECK(tended.healed->shards_written == 0);
  box.check_two_may_go();
  box.disks[3]->set_read_only(false);
  box.clock.advance(kHour_ns);
  box.tend();
  CHECK_FALSE(box.watched(3).read_only);
}

TEST_CASE(
    "A disk is found slow where its packs are proved already, and quick by its own reads alone") {
  TendedBox box;
  box.tend();
  REQUIRE(box.scrub({.full = true}));
  const auto scrub = [&](job::Reads reads) {
    const auto opened = box.open();
    const auto done = job::run_scrub(**opened, {});
    REQUIRE(done);
    CHECK(done->packs_proved == 0);
    REQUIRE(job::note_disks(**opened, reads));
  };
  scrub(job::Reads::of_disks);
  for (std::size_t i = 0; i < SimBox::kDisks; ++i) CHECK_FALSE(box.watched(i).slow);
  box.disks[4]->set_faults({.delay_ns = 1'000'000'000}, &box.clock);
  scrub(job::Reads::of_system);
  for (std::size_t i = 0; i < SimBox::kDisks; ++i)
    CHECK(box.watched(i).slow.has_value() == (i == 4));
  box.disks[4]->set_faults({});
  scrub(job::Reads::of_system);
  CHECK(box.watched(4).slow);
  scrub(job::Reads::of_disks);
  CHECK_FALSE(box.watched(4).slow);
}

TEST_CASE("A full disk is no read-only one, and what a probe was cut in is replaced") {
  TendedBox box;
  box.tend();
  std::uint64_t used = 0;
  for (const std::string& path : box.disks[1]->files())
    used += box.disks[1]->contents(path)->size();
  box.disks[1]->set_capacity(used);
  box.disks[2]->plant("probe.tmp", view_of("cut"));
  box.disks[2]->erase("probe");
  box.tend();
  CHECK(box.watched(1).strikes == 0);
  CHECK_FALSE(box.watched(1).read_only);
  CHECK(box.disks[2]->contents("probe"));
}

TEST_CASE("A disk that fails in a backup gets a strike, and no other one") {
  TendedBox box;
  box.tend();
  box.write("new", box.noise(5000));
  {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::write);
    const auto pool = (*opened)->pool();
    REQUIRE(pool);
    (*pool)->report_error((*pool)->label().record.members[4].disk);
    REQUIRE(job::run_backup(**business, box.files, box.backup_request()));
    REQUIRE(job::note_disks(**opened));
  }
  const auto disks = *vault::load_disk_watch(box.home);
  REQUIRE(disks.size() == SimBox::kDisks);
  for (std::size_t i = 0; i < disks.size(); ++i) CHECK(disks[i].strikes == (i == 4 ? 1 : 0));
}

TEST_CASE("A disk that gives back other bytes than it got is failing at once, and gets no shard") {
  TendedBox box;
  box.settings.pool.read_back_percent = 100;
  box.tend();
  const std::size_t before = box.shards_on(4);
  box.disks[4]->set_faults({.hidden_append = 1});
  for (int day = 1; day <= 3; ++day) {
    box.write("new" + std::to_string(day), box.noise(5000));
    {
      const auto opened = box.open();
      const auto business = (*opened)->open_business("calls", vault::Access::write);
      const auto done = job::run_backup(**business, box.files, box.backup_request());
      REQUIRE(done);
      CHECK_FALSE(done->under_protected);
      REQUIRE(job::note_disks(**opened));
    }
    CHECK(box.shards_on(4) == before);
    CHECK(policy::is_failing(box.watched(4), {}));
    CHECK(box.watched(4).strikes == policy::WatchRules{}.strikes_max);
    box.clock.advance(kDay_ns);
  }
  for (std::size_t i = 0; i < SimBox::kDisks; ++i) CHECK((box.watched(i).strikes > 0) == (i == 4));
  box.disks[4]->set_faults({});
  box.check_two_may_go();
}

TEST_CASE("What a disk took in a run before it was found lying is looked at before the commit") {
  std::size_t late = 0;  // found after it had taken some
  for (std::uint32_t files = 10; files <= 40; files += 10) {
    TendedBox box;
    box.tend();
    box.settings.pool.read_back_percent = 20;
    const std::size_t before = box.shards_on(4);
    box.disks[4]->set_faults({.hidden_append = 1});
    std::set<std::string> taken;
    box.world.ask([&](const sim::Moment& now) -> std::optional<ErrorCode> {
      if (now.name == "rename" && now.where.starts_with("/disk4/packs/")) {
        taken.insert(std::string(now.where));
      }
      return std::nullopt;
    });
    for (std::uint32_t i = 0; i < files; ++i) box.write("n" + std::to_string(i), box.noise(5000));
    {
      const auto opened = box.open();
      const auto business = (*opened)->open_business("calls", vault::Access::write);
      const auto done = job::run_backup(**business, box.files, box.backup_request());
      REQUIRE(done);
      CHECK_FALSE(done->under_protected);
      REQUIRE(job::note_disks(**opened));
    }
    box.world.ask({});
    box.disks[4]->set_faults({});
    if (!policy::is_failing(box.watched(4), {})) continue;  // chance has looked at none of them
    late += taken.empty() ? 0 : 1;
    CHECK(box.shards_on(4) == before);
    const auto found = box.scrub({.full = true});
    REQUIRE(found);
    CHECK_FALSE(found->found_differences());
    box.check_two_may_go();
  }
  CHECK(late > 1);
}

TEST_CASE("Beside a disk that was given up long ago nobody waits for another one") {
  TendedBox box;
  box.missing["/disk2"] = true;
  box.tend();
  for (const bool is_long_ago : {false, true}) {
    CAPTURE(is_long_ago);
    box.clock.advance((is_long_ago ? 3 : 2) * kDay_ns);
    box.tend();
    box.missing["/disk4"] = true;
    const job::TendSummary tended = box.tend();
    CHECK((tended.healed->packs_waiting == 0) == is_long_ago);
    CHECK((tended.healed->shards_unhealed > 0) == is_long_ago);
    box.missing.erase("/disk4");
    box.tend();
  }
}

TEST_CASE("A note of the disks that cannot be read begins the waiting anew, and harms nothing") {
  TendedBox box;
  box.missing["/disk2"] = true;
  box.tend();
  box.clock.advance(2 * kDay_ns);
  box.home.flip_bit("disks", 20, 1);
  const auto kept = *vault::load_disk_watch(box.home);
  CHECK(kept.size() == SimBox::kDisks - 1);
  box.home.erase("disks");
  const job::TendSummary tended = box.tend();
  CHECK(tended.given_up == 0);
  CHECK(tended.healed->shards_written == 0);
  box.clock.advance(2 * kDay_ns);
  CHECK(box.tend().healed->shards_written > 0);
}

}  // namespace holdfast::test
