// SPDX-License-Identifier: Apache-2.0
// How fresh what is stored of each source is, as a survey says it.
#include <algorithm>

#include "firmware/vault/hot_note.h"
#include "tests/unit/status/survey_site.h"

namespace holdfast::status {
namespace {

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

TEST_CASE("what is new at a hot source has a target of its own, and one that is away is told") {
  using enum vault::HotWatch;
  Site site;
  site.targets->sources = {"a"};
  site.targets->is_hot = true;
  site.targets->rpo_ns = 26 * kHour_ns;
  site.targets->hot_ns = kHour_ns;
  REQUIRE(site.backup());
  site.note_looks({"a"}, *site.look().businesses[0].last_backup);
  site.clock.advance(2 * kHour_ns);
  const Timestamp now = site.clock.now();
  const Timestamp fresh{now.ns - kSecond_ns};
  const auto told = [&](const vault::HotNote& note) {
    REQUIRE(vault::store_hot_notes(site.home, {note}));
    const Model model = site.look();
    CHECK_FALSE(site.level_of("rpo_missed"));  // of backups of everything
    std::string codes;
    for (const Reason& reason : model.reasons) {
      if (reason.where != "calls/a") continue;
      CHECK(reason.level == Verdict::attention);
      if (reason.code == "hot_rpo_missed") CHECK(reason.limit_ns == kHour_ns);
      codes += reason.code + (model.businesses[0].sources[0].misses_hot_target() ? " late" : "");
    }
    return codes;
  };
  CHECK(told({"calls", "a", events, 0, fresh}).empty());
  CHECK(told({"calls", "a", events, 0, {}}) == "hot_rpo_missed late");
  CHECK(told({"calls", "a", starting, 0, {}}) == "hot_rpo_missed late");
  CHECK(told({"calls", "a", scan, 60, {}, fresh}).empty());
  CHECK(told({"calls", "a", scan, 60, {}, {}}) == "hot_rpo_missed late");
  CHECK(told({"calls", "a", none}).empty());
  CHECK(told({"calls", "a", away, 0, {}}) == "source_away late");
  CHECK(told({"calls", "a", away, 0, fresh}) == "source_away");
  CHECK(told({"other", "a", events, 0, fresh}) == "hot_rpo_missed late");  // nothing is told of it
  site.targets->hot_ns.reset();
  CHECK(told({"calls", "a", events, 0, {}}).empty());
  CHECK(told({"calls", "a", away, 0, fresh}) == "source_away");
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

}  // namespace
}  // namespace holdfast::status
