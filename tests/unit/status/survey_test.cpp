// SPDX-License-Identifier: Apache-2.0
// What a survey says of a whole box, when it is well and when it is not.
#include "firmware/status/survey.h"

#include <catch2/catch.hpp>

#include "firmware/job/last_run.h"
#include "firmware/job/proof_note.h"
#include "firmware/job/source_looks.h"
#include "firmware/job/tend.h"
#include "firmware/vault/hot_note.h"
#include "tests/sim/records_box.h"

namespace holdfast::status {
namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;  // more than a look takes
constexpr std::int64_t kHour_ns = 3600 * kSecond_ns;

struct Site : test::SimBox {
  Site() {
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    for (int i = 0; i < 20; ++i) write(std::to_string(i), std::string(700, 'a'));
  }
  Model look() {
    const auto box = open();
    REQUIRE(box);
    auto model = survey(**box, {[this](vault::Business&) { return targets; }, &stop});
    REQUIRE(model);
    return *std::move(model);
  }
  void note(const job::ProofNote& proof) {
    const auto box = open();
    REQUIRE(box);
    REQUIRE(job::note_proof(home, (*box)->businesses().front().id, proof));
  }
  // As a backup of everything notes it, of the sources of `targets`.
  void note_looks(const std::vector<std::string>& read, Timestamp time,
                  std::uint64_t snapshot = 1) {
    const auto box = open();
    REQUIRE(box);
    source::BusinessDefinition definition;
    for (const std::string& name : targets->sources) definition.sources.emplace_back().name = name;
    REQUIRE(job::note_source_looks(home, (*box)->businesses().front().id, definition, read,
                                   snapshot, time));
  }
  // The level of the reason with that code, if there is one.
  std::optional<Verdict> level_of(std::string_view code) {
    const Model model = look();
    for (const Reason& reason : model.reasons) {
      if (reason.code == code) return reason.level;
    }
    return std::nullopt;
  }

  Result<Targets> targets = Targets();
};

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

TEST_CASE(
    "sources of a hot business are as old as the oldest of them, and no note makes one young") {
  Site site;
  REQUIRE(site.backup());
  const Timestamp backup = *site.look().businesses[0].last_backup;
  const auto at = [&](std::int64_t minutes) {
    return Timestamp{backup.ns + minutes * 60 * kSecond_ns};
  };
  site.clock.set(at(120));
  site.targets->sources = {"a", "a b", "c", "d"};
  site.note_looks(site.targets->sources, backup);
  site.targets->sources.clear();
  const auto age_of = [&](const std::vector<vault::HotNote>& notes) {
    REQUIRE(vault::store_hot_notes(site.home, notes));
    const Model model = site.look();
    return *model.businesses[0].rpo_proved_ns / (60 * kSecond_ns);
  };
  using enum vault::HotWatch;
  CHECK(age_of({}) == 120);
  CHECK(age_of({{"calls", "a b", events, 0, at(119)}, {"calls", "c", events, 0, at(110)}}) == 10);
  CHECK(age_of({{"calls", "a", events, 0, at(119)}, {"calls", "d", none}}) == 120);
  CHECK(age_of({{"calls", "a", scan, 60, {}, at(119)}}) == 120);
  CHECK(age_of({{"other", "a", events, 0, at(119)}}) == 120);
  CHECK(age_of({{"calls", "a", events, 0, at(121)}}) == 120);   // the clock was set back
  CHECK(age_of({{"calls", "a", events, 0, at(-600)}}) == 120);  // a note of long ago

  REQUIRE(vault::store_hot_notes(site.home, {{"calls", "a b", scan, 60, {}, at(119)}}));
  const SourceStatus source = site.look().businesses[0].sources.at(0);
  CHECK(source.name == "a b");
  CHECK(source.watch == "scan");
  CHECK(source.interval_ns == 60 * kSecond_ns);
  CHECK(*source.rpo_proved_ns / kSecond_ns == 7200);
  CHECK(*source.newest_ns / kSecond_ns == 60);
}

TEST_CASE("each source of a definition is shown, hot or cold, by itself as old as it is proved") {
  Site site;
  site.targets->sources = {"a", "b"};
  const BusinessStatus none = site.look().businesses[0];
  REQUIRE(none.sources.size() == 2);
  CHECK_FALSE(none.sources[0].rpo_proved_ns);
  REQUIRE(site.backup());
  const Timestamp backup = *site.look().businesses[0].last_backup;
  site.note_looks({"a", "b"}, backup);
  site.clock.set(Timestamp{backup.ns + 2 * kHour_ns});
  site.targets->rpo_ns = kHour_ns;
  const BusinessStatus cold = site.look().businesses[0];
  REQUIRE(cold.sources.size() == 2);
  for (const SourceStatus& source : cold.sources) {
    CHECK_FALSE(source.is_hot);
    CHECK(source.watch.empty());
    CHECK(*source.rpo_proved_ns / kSecond_ns == 7200);
    CHECK(cold.misses_target(source.rpo_proved_ns));
  }
  // Hot, and the appliance tells of one alone: the other one makes the business as old as it is.
  site.targets->is_hot = true;
  const Timestamp proved{site.clock.now().ns - kSecond_ns};
  REQUIRE(vault::store_hot_notes(site.home, {{"calls", "b", vault::HotWatch::events, 0, proved}}));
  const BusinessStatus hot = site.look().businesses[0];
  REQUIRE(hot.sources.size() == 2);
  CHECK(hot.sources[0].is_hot);
  CHECK(hot.sources[0].watch.empty());
  CHECK(hot.misses_target(hot.sources[0].rpo_proved_ns));
  CHECK(hot.sources[1].watch == "events");
  CHECK(*hot.sources[1].rpo_proved_ns / kSecond_ns == 1);
  CHECK_FALSE(hot.misses_target(hot.sources[1].rpo_proved_ns));
  CHECK(*hot.rpo_proved_ns / kSecond_ns == 7200);
}

TEST_CASE("a source that no backup could read has no age, and one that was away its own") {
  Site site;
  site.targets->sources = {"a", "b"};
  REQUIRE(site.backup());
  const Timestamp backup = *site.look().businesses[0].last_backup;
  site.note_looks({"a", "b"}, backup);
  site.clock.set(Timestamp{backup.ns + 2 * kHour_ns});
  // The next one found b away, and c has come to the definition since.
  site.note_looks({"a"}, site.clock.now());
  site.targets->sources = {"a", "b", "c"};
  site.targets->rpo_ns = kHour_ns;
  BusinessStatus status = site.look().businesses[0];
  CHECK(*status.sources[0].rpo_proved_ns / kSecond_ns == 0);
  CHECK(*status.sources[1].rpo_proved_ns / kSecond_ns == 7200);
  CHECK_FALSE(status.sources[2].rpo_proved_ns);
  CHECK_FALSE(status.misses_target(status.sources[0].rpo_proved_ns));
  CHECK(status.misses_target(status.sources[2].rpo_proved_ns));
  CHECK_FALSE(status.rpo_proved_ns);
  CHECK(site.level_of("rpo_missed") == Verdict::attention);  // b's
  const Model model = site.look();
  const auto told = std::ranges::find(model.reasons, "source_never_read", &Reason::code);
  REQUIRE(told != model.reasons.end());
  CHECK(told->where == "calls/c");
  site.note_looks({"b"}, site.clock.now());
  CHECK_FALSE(site.level_of("rpo_missed"));
  CHECK(site.level_of("source_never_read"));
  // A look at what no journal has, or at a time that has not come, proves nothing.
  site.note_looks({"a", "b", "c"}, site.clock.now(), 99);
  CHECK_FALSE(site.look().businesses[0].sources[0].rpo_proved_ns);
  site.note_looks({"a", "b", "c"}, Timestamp{site.clock.now().ns + kHour_ns});
  CHECK_FALSE(site.look().businesses[0].sources[0].rpo_proved_ns);
  site.note_looks({"a", "b", "c"}, Timestamp{site.clock.now().ns + kSecond_ns});
  CHECK(site.look().businesses[0].sources[0].rpo_proved_ns == 0);
  CHECK_FALSE(site.level_of("source_never_read"));
}

TEST_CASE("a note of freshness that rotted says nothing") {
  Site site;
  REQUIRE(site.backup());
  const Timestamp now = site.clock.now();
  REQUIRE(vault::store_hot_notes(site.home, {{"calls", "a", vault::HotWatch::events, 0, now}}));
  REQUIRE(site.look().businesses[0].sources.size() == 1);
  auto bytes = ports::load(site.home, "hot", 1000);
  REQUIRE(bytes);
  (*bytes)[3] ^= 1;
  REQUIRE(ports::store(site.home, "hot", *bytes));
  CHECK(site.look().businesses[0].sources.empty());
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
