// SPDX-License-Identifier: Apache-2.0
// What a survey says of a whole box, when it is well and when it is not.
#include "firmware/status/survey.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "firmware/job/last_run.h"
#include "firmware/job/proof_note.h"
#include "firmware/job/tend.h"
#include "firmware/pool/label.h"
#include "firmware/status/pool_fill.h"
#include "firmware/vault/home_files.h"
#include "hal/ports/disk.h"
#include "tests/unit/status/survey_site.h"

namespace holdfast::status {
namespace {

TEST_CASE("a box that is well says so, with what it has") {
  Site site;
  CHECK(site.look().verdict() == Verdict::attention);
  CHECK(site.level_of("never_backed_up") == Verdict::attention);
  REQUIRE(site.backup());
  const Model model = site.look();
  CHECK(model.verdict() == Verdict::ok);
  REQUIRE(model.reasons.size() == 1);
  CHECK(model.reasons[0].code == "key_in_clear");
  CHECK(model.reasons[0].where == "/home");
  REQUIRE(model.businesses.size() == 1);
  CHECK(model.businesses[0].name == "calls");
  CHECK(model.businesses[0].snapshots == 1);
  CHECK(model.last_backup);
  CHECK(model.last_backup == model.businesses[0].last_backup);
  REQUIRE(model.pool);
  CHECK(model.pool->disks == 6);
  CHECK(model.pool->disks_present == 6);
  CHECK(model.pool->m == 2);
  CHECK(model.pool->packs > 0);
  CHECK(model.pool->packs_looked_at == model.pool->packs);
  CHECK(model.pool->may_lose == 2);
  CHECK(model.pool->is_looked_at);
  CHECK(model.businesses[0].is_looked_at);
}

TEST_CASE("a pool that will soon be full is a reason, and one that will very soon be is danger") {
  Site site(4'000'000);
  site.settings.pack_size = 262'144;
  REQUIRE(site.backup());
  CHECK(site.look().pool->fill.filling == Filling::unknown);
  site.clock.advance(10 * 24 * kHour_ns);
  const auto look_after = [&](const std::string& name, std::size_t bytes) {
    Bytes noise(bytes);
    site.random.fill(noise);
    site.write(name, std::string(holdfast::text_of(noise)));
    REQUIRE(site.backup());
    const Model model = site.look();
    CHECK(model.pool->bytes_free > 0);
    CHECK(model.pool->fill.filling == Filling::yes);
    CHECK_FALSE(site.level_of("pool_is_full"));
    return std::pair(model.pool->fill.days, site.level_of("pool_fills"));
  };
  const auto slowly = look_after("slowly", 100'000);
  CHECK(slowly.first >= kFullSoon_days);
  CHECK_FALSE(slowly.second);
  const auto faster = look_after("faster", 2'500'000);
  CHECK(faster.first < kFullSoon_days);
  CHECK(faster.first >= kFullVerySoon_days);
  CHECK(faster.second == Verdict::attention);
  const auto fast = look_after("fast", 3'000'000);
  CHECK(fast.first < kFullVerySoon_days);
  CHECK(fast.second == Verdict::danger);
}

TEST_CASE("a listed place with a disk of another pool is told, and one where nothing lies is not") {
  Site site;
  site.disks.push_back(std::make_unique<sim::SimDisk>(site.world, "/once"));
  auto listed = vault::load_disk_paths(site.home);
  REQUIRE(listed);
  listed->push_back("/once");
  REQUIRE(ports::store(site.home, "pool", vault::encode_disk_paths(*listed)));
  CHECK_FALSE(site.level_of("disk_foreign"));
  Bytes label = *site.disks[0]->contents("label.a");
  const PoolId ours = *pool::peek_pool(label);
  *std::ranges::search(label, ours.bytes).begin() ^= 1;
  site.disks.back()->plant("label.a", label);
  CHECK(site.level_of("disk_foreign") == Verdict::attention);
}

TEST_CASE("a disk that is not there is named, and too few of them are danger") {
  Site site;
  REQUIRE(site.backup());
  site.missing["/disk3"] = true;
  const Model one = site.look();
  CHECK(one.verdict() == Verdict::attention);
  const auto named = std::ranges::find(one.reasons, "disk_missing", &Reason::code);
  REQUIRE(named != one.reasons.end());
  CHECK(named->where == "/disk3");
  CHECK(one.pool->may_lose == 1);
  site.missing["/disk1"] = true;
  CHECK(site.look().verdict() == Verdict::danger);
  CHECK(site.level_of("no_disk_to_lose") == Verdict::danger);
  for (const std::string& disk : site.disk_names()) site.missing[disk] = true;
  const Model none = site.look();
  CHECK(none.verdict() == Verdict::danger);
  CHECK_FALSE(none.pool);
  REQUIRE(none.businesses.size() == 1);
  CHECK_FALSE(none.businesses[0].snapshots);
  CHECK_FALSE(none.businesses[0].is_looked_at);
}

TEST_CASE("a disk that is mounted read-only is named before a backup meets it") {
  Site site;
  REQUIRE(site.backup());
  CHECK_FALSE(site.level_of("disk_read_only"));
  site.disks[4]->set_read_only(true);
  const std::uint64_t changes = site.world.changes();
  const Model model = site.look();
  CHECK(site.world.changes() == changes);
  CHECK(model.verdict() == Verdict::attention);
  const auto named = std::ranges::find(model.reasons, "disk_read_only", &Reason::code);
  REQUIRE(named != model.reasons.end());
  CHECK(named->where == "/disk4");
  site.disks[4]->set_read_only(false);
  CHECK_FALSE(site.level_of("disk_read_only"));
}

TEST_CASE("a disk that takes no writes and does not say so is named by the next tend") {
  Site site;
  REQUIRE(site.backup());
  const auto tend = [&] {
    const auto box = site.open();
    REQUIRE(box);
    REQUIRE(job::run_tend(**box, {}));
  };
  tend();
  CHECK(site.look().verdict() == Verdict::ok);
  site.disks[4]->set_read_only(true, false);
  CHECK_FALSE(site.level_of("disk_read_only"));
  tend();
  const Model model = site.look();
  for (const std::string_view code : {"disk_read_only", "disk_struck"}) {
    CAPTURE(code);
    const auto named = std::ranges::find(model.reasons, code, &Reason::code);
    REQUIRE(named != model.reasons.end());
    CHECK(named->level == Verdict::attention);
    CHECK(named->where == "/disk4");
    CHECK(std::ranges::count(model.reasons, code, &Reason::code) == 1);
  }
  site.disks[4]->set_read_only(false);
  CHECK(site.level_of("disk_read_only"));
  tend();
  CHECK_FALSE(site.level_of("disk_read_only"));
  CHECK(site.level_of("disk_struck"));
  site.clock.advance(24 * kHour_ns);
  CHECK_FALSE(site.level_of("disk_struck"));
}

TEST_CASE("a disk that failed in a backup is named after it, for a day") {
  Site site;
  site.disks[2]->set_read_only(true, false);
  {
    const auto box = site.open();
    const auto business = (*box)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    REQUIRE(job::run_backup(**business, site.files, site.backup_request()));
    REQUIRE(job::note_disks(**box));
  }
  const Model model = site.look();
  const auto named = std::ranges::find(model.reasons, "disk_struck", &Reason::code);
  REQUIRE(named != model.reasons.end());
  CHECK(named->where == "/disk2");
  CHECK(named->time);
  site.clock.advance(24 * kHour_ns);
  CHECK_FALSE(site.level_of("disk_struck"));
}

TEST_CASE("a disk that a job found slow is named with the day, until one finds it quick") {
  Site site;
  REQUIRE(site.backup());
  const auto tend = [&] {
    const auto box = site.open();
    REQUIRE(box);
    REQUIRE(job::run_tend(**box, {}));
    site.clock.advance(24 * kHour_ns);
  };
  site.disks[3]->set_faults({.delay_ns = kSecond_ns}, &site.clock);
  const Timestamp begun = site.clock.now();
  tend();
  const Model model = site.look();
  CHECK(model.verdict() == Verdict::attention);
  const auto named = std::ranges::find(model.reasons, "disk_slow", &Reason::code);
  REQUIRE(named != model.reasons.end());
  CHECK(named->where == "/disk3");
  REQUIRE(named->time);
  CHECK(named->time->ns > begun.ns);
  CHECK(named->time->ns < begun.ns + 24 * kHour_ns);
  CHECK(std::ranges::count(model.reasons, "disk_slow", &Reason::code) == 1);
  site.disks[3]->set_faults({});
  // A cycle, in which each disk is read.
  for (int day = 0; day < 14; ++day) tend();
  CHECK_FALSE(site.level_of("disk_slow"));
}

TEST_CASE("a backup is old after a day and a late run") {
  Site site;
  REQUIRE(site.backup());
  const Timestamp backup = *site.look().last_backup;
  site.clock.set(Timestamp{backup.ns + 26 * kHour_ns - kSecond_ns});
  CHECK_FALSE(site.level_of("backup_old"));
  CHECK(*site.look().businesses[0].rpo_proved_ns > 26 * kHour_ns - kSecond_ns);
  site.clock.set(Timestamp{backup.ns + 26 * kHour_ns});
  CHECK(site.level_of("backup_old") == Verdict::attention);
}

TEST_CASE("a business with a target of its own is measured by it, and by nothing else") {
  Site site;
  REQUIRE(site.backup());
  site.targets->rpo_ns = 2 * kHour_ns;
  site.clock.advance(kHour_ns);
  CHECK_FALSE(site.level_of("rpo_missed"));
  site.clock.advance(2 * kHour_ns);
  const Model late = site.look();
  const auto missed = std::ranges::find(late.reasons, "rpo_missed", &Reason::code);
  REQUIRE(missed != late.reasons.end());
  CHECK(missed->where == "calls");
  CHECK(missed->limit_ns == 2 * kHour_ns);
  CHECK(late.businesses[0].rpo_target_ns == 2 * kHour_ns);
  site.targets->rpo_ns = 100 * kHour_ns;
  site.clock.advance(30 * kHour_ns);
  CHECK_FALSE(site.level_of("rpo_missed"));
  CHECK_FALSE(site.level_of("backup_old"));
}

TEST_CASE("a definition with an error is a reason, and the box is looked at all the same") {
  Site site;
  REQUIRE(site.backup());
  site.targets = make_error(ErrorCode::bad_business, "/home/x.toml");
  const Model model = site.look();
  CHECK(model.verdict() == Verdict::attention);
  const auto told = std::ranges::find(model.reasons, "bad_business", &Reason::code);
  REQUIRE(told != model.reasons.end());
  REQUIRE(told->error);
  CHECK(told->where == "/home/x.toml");
  CHECK(model.businesses[0].snapshots == 1);
  CHECK_FALSE(model.businesses[0].is_looked_at);
  // By the one in force it is measured on.
  site.targets = Targets();
  site.targets->rpo_ns = kHour_ns;
  site.targets->wrong = make_error(ErrorCode::bad_business, "/home/x.toml");
  site.clock.advance(2 * kHour_ns);
  CHECK(site.level_of("bad_business") == Verdict::attention);
  CHECK(site.level_of("rpo_missed") == Verdict::attention);
  CHECK(site.look().businesses[0].is_looked_at);
}

TEST_CASE("a run that failed, or could not read everything, is told") {
  Site site;
  const auto report = site.backup();
  REQUIRE(report);
  const auto box = site.open();
  REQUIRE(box);
  const BusinessId id = (*box)->businesses().front().id;
  const job::LastRun unread{report->snapshot.number, site.clock.now(), 3};
  REQUIRE(job::note_last_run(site.home, id, unread));
  const Error why = make_error(ErrorCode::source_missing, "/calls");
  REQUIRE(job::note_failed_run(site.home, id, {Timestamp{5}, why}));
  const Model model = site.look();
  const auto failed = std::ranges::find(model.reasons, "backup_failed", &Reason::code);
  REQUIRE(failed != model.reasons.end());
  CHECK(failed->time == Timestamp{5});
  CHECK(failed->error->code == ErrorCode::source_missing);
  const auto not_all = std::ranges::find(model.reasons, "not_all_read", &Reason::code);
  REQUIRE(not_all != model.reasons.end());
  CHECK(not_all->count == 3);
}

TEST_CASE("what a verify or a drill said is told, until the next one says better or it is old") {
  Site site;
  REQUIRE(site.backup());
  CHECK_FALSE(site.look().last_verify);
  job::ProofNote proof{job::ProofKind::verify, site.clock.now(), 1, 18, 20, 12'600, 2, false};
  site.note(proof);
  const Model bad = site.look();
  const auto told = std::ranges::find(bad.reasons, "verify_differences", &Reason::code);
  REQUIRE(told != bad.reasons.end());
  CHECK(told->level == Verdict::danger);
  CHECK(told->count == 2);
  CHECK(told->time == proof.time);
  CHECK(bad.last_verify == proof.time);
  CHECK_FALSE(bad.last_drill);
  proof.differences = 0;
  site.note(proof);
  CHECK(site.level_of("verify_unfinished") == Verdict::attention);
  proof.items = 20;
  proof.good = true;
  site.note(proof);
  const Model good = site.look();
  CHECK(good.verdict() == Verdict::ok);
  REQUIRE(good.businesses[0].last_verify);
  CHECK(good.businesses[0].last_verify->items == 20);
  proof.kind = job::ProofKind::drill;
  site.note(proof);
  CHECK(site.look().last_drill == proof.time);
  site.targets->drill.age_max_ns = 24 * kHour_ns;
  site.clock.set(Timestamp{proof.time.ns + 24 * kHour_ns - kSecond_ns});
  CHECK(site.look().verdict() == Verdict::ok);
  site.clock.set(Timestamp{proof.time.ns + 24 * kHour_ns});
  CHECK(site.level_of("drill_old") == Verdict::attention);
  CHECK_FALSE(site.level_of("verify_old"));
  site.clock.set(Timestamp{proof.time.ns + 35 * 24 * kHour_ns});
  CHECK(site.level_of("verify_old") == Verdict::attention);
}

TEST_CASE("a drill of one business does not hide that of another one is older") {
  Site site;
  const auto box = site.open();
  REQUIRE(box);
  const auto write = [](const BusinessId& id) { return "id = \"" + id.hex() + "\"\n"; };
  for (const char* name : {"loans", "trial", "unmade"}) REQUIRE((*box)->add_business(name, write));
  const auto time_of = [&](const std::string& name) {
    return Timestamp{site.clock.now().ns - (name == "calls"   ? kHour_ns
                                            : name == "loans" ? 20 * kHour_ns
                                                              : 300 * kHour_ns)};
  };
  std::map<std::string, Timestamp> times;
  for (const vault::BusinessName& business : (*box)->businesses()) {
    if (business.name == "unmade") continue;
    times[business.name] = time_of(business.name);
    REQUIRE(job::note_proof(site.home, business.id,
                            {job::ProofKind::drill, times[business.name], 1, 2, 2, 9, 0, true}));
  }
  std::set<std::string> asked = {"calls", "loans", "unmade"};
  const auto last_drill = [&] {
    const auto model = survey(**box, {[&](vault::Business& business) {
                                        Targets targets;
                                        targets.drill.is_asked = asked.contains(business.name());
                                        return Result<Targets>(targets);
                                      },
                                      &site.stop});
    REQUIRE(model);
    return model->last_drill;
  };
  CHECK(last_drill() == times["loans"]);
  asked = {"unmade"};
  CHECK(last_drill() == times["calls"]);  // none is asked for and there: the newest
}

TEST_CASE("a drill that has been due and was never made is told") {
  Site site;
  REQUIRE(site.backup());
  CHECK(site.look().verdict() == Verdict::ok);
  const Timestamp since = site.clock.now();
  site.targets->drill = {26 * kHour_ns, since};
  site.clock.set(Timestamp{since.ns + 26 * kHour_ns - kSecond_ns});
  CHECK_FALSE(site.level_of("drill_never"));
  site.clock.set(Timestamp{since.ns + 26 * kHour_ns});
  const Model late = site.look();
  const auto told = std::ranges::find(late.reasons, "drill_never", &Reason::code);
  REQUIRE(told != late.reasons.end());
  CHECK(told->level == Verdict::attention);
  CHECK(told->where == "calls");
  CHECK(told->time == since);
  CHECK_FALSE(site.level_of("verify_never"));
  site.note({job::ProofKind::drill, site.clock.now(), 1, 20, 20, 12'600, 0, true});
  CHECK_FALSE(site.level_of("drill_never"));
}

TEST_CASE("a clock that is far from what is known is told") {
  Site site;
  REQUIRE(site.backup());
  const Timestamp right = site.clock.now();
  const auto told = [&](std::int64_t off_ns) {
    site.clock.set(Timestamp{right.ns + off_ns});
    std::string codes;
    for (const Reason& reason : site.look().reasons) {
      if (reason.code.starts_with("clock_")) codes += reason.code + " ";
    }
    return codes;
  };
  constexpr std::int64_t kYear_ns = 365 * 24 * kHour_ns;
  CHECK(told(0).empty());
  CHECK(told(-5 * 60 * kSecond_ns).empty());
  CHECK(told(-kYear_ns) == "clock_before_snapshot ");
  CHECK(told(kYear_ns).empty());  // nobody has confirmed a time
  {
    const auto box = site.open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    REQUIRE((*business)->confirm_time(right));
  }
  CHECK(told(0).empty());
  CHECK(told(30 * 24 * kHour_ns).empty());
  CHECK(told(kYear_ns) == "clock_ahead ");
  CHECK(told(-kYear_ns) == "clock_before_snapshot clock_behind ");
  const Model model = site.look();
  const auto behind = std::ranges::find(model.reasons, "clock_behind", &Reason::code);
  CHECK(behind->level == Verdict::attention);
  CHECK(behind->limit_ns > kYear_ns - kHour_ns);
}

TEST_CASE("a system disk without room is told") {
  Site site;
  REQUIRE(site.backup());
  REQUIRE(ports::store(site.home, "filler", Bytes(40 * kMiB)));
  CHECK(site.look().verdict() == Verdict::ok);
  site.home.set_capacity(100 * kMiB);
  const ports::Space space = site.home.space().value();
  const std::uint64_t used = space.total - space.free;
  site.home.set_capacity(used + 4 * kMiB);
  CHECK(site.look().verdict() == Verdict::ok);
  site.home.set_capacity(used + 2 * kMiB);
  CHECK(site.level_of("home_nearly_full") == Verdict::attention);
  CHECK_FALSE(site.level_of("home_full"));
  site.home.set_capacity(used + kMiB / 2);
  CHECK(site.level_of("home_full") == Verdict::danger);
  CHECK_FALSE(site.level_of("home_nearly_full"));
}

TEST_CASE(
    "what reports of a snapshot say is read once by who remembers, and anew of the next one") {
  test::RecordsBox box;
  for (int i = 0; i < 4; ++i) box.record(test::RecordsBox::call(i));
  box.write_rows("a.csv", box.header() + box.row(box.call(0)) + box.row(box.call(1)));
  box.backed_up();
  Memory memory;
  const auto look = [&](Memory* kept) {
    const auto opened = box.open();
    REQUIRE(opened);
    auto model = survey(**opened, {[](vault::Business&) { return Targets(); }, nullptr, kept});
    REQUIRE(model);
    return model->businesses.at(0).records;
  };
  const auto first = look(&memory);
  REQUIRE(first.size() == 1);
  CHECK(first[0].source == "rows");
  CHECK(first[0].rows == 2);
  CHECK(first[0].recordings == 4);
  box.write_rows("b.csv", box.header() + box.row(box.call(2)));
  box.backed_up();
  CHECK(look(&memory).at(0).rows == 3);
  CHECK(look(nullptr).at(0).rows == 3);
  // Now nobody can read it.
  for (const auto& disk : box.disks) {
    const auto folders = disk->list("packs");
    REQUIRE(folders);
    for (const auto& folder : *folders) {
      const auto shards = disk->list("packs/" + folder.name);
      REQUIRE(shards);
      for (const auto& shard : *shards) disk->erase("packs/" + folder.name + "/" + shard.name);
    }
  }
  CHECK(look(&memory).at(0).rows == 3);
  CHECK(look(nullptr).empty());
}

TEST_CASE("a survey that is told to stop does") {
  Site site;
  site.stop = true;
  const auto box = site.open();
  REQUIRE(box);
  const auto model = survey(**box, {[](vault::Business&) { return Targets(); }, &site.stop});
  REQUIRE_FALSE(model);
  CHECK(model.error().code == ErrorCode::interrupted);
}

}  // namespace
}  // namespace holdfast::status
