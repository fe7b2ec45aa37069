// SPDX-License-Identifier: Apache-2.0
// The book of alerts: since when each stands, who looks after it, and what is over.
#include "firmware/appliance/alert_book.h"

#include <catch2/catch.hpp>

#include "firmware/vault/checked_line.h"
#include "hal/sim/clock.h"
#include "hal/sim/disk.h"

namespace holdfast::appliance {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr std::int64_t kMinute_ns = 60 * kSecond_ns;

Calling calling_of(const std::string& code, const std::string& where = {},
                   status::Verdict level = status::Verdict::attention) {
  return {AlertOrigin::box, level, code, where, "what " + code, "\xE4\xBB\x80\xE4\xB9\x88 " + code};
}

struct Shelf {
  sim::World world{3};
  sim::SimClock clock{*Timestamp::parse("2026-03-02T10:00:00Z"), 0};
  sim::SimDisk home{world, "/home"};
  AlertBook book{home, clock};

  std::uint64_t look(const std::vector<Calling>& box, const std::vector<Calling>& own = {}) {
    const auto damaged = book.look(box, own, clock.now());
    REQUIRE(damaged);
    return *damaged;
  }
  std::vector<Alert> alerts() {
    const auto kept = book.list();
    REQUIRE(kept);
    return kept->alerts;
  }
  [[nodiscard]] std::string file() const {
    const auto bytes = home.contents(kAlertsPath);
    return bytes ? std::string(text_of(*bytes)) : std::string();
  }
  Timestamp later(std::int64_t ns) {
    clock.advance(ns);
    return clock.now();
  }
};

}  // namespace

TEST_CASE("an alert stands since it was seen first, and is over when it is gone") {
  Shelf shelf;
  const Timestamp first = shelf.clock.now();
  shelf.look({calling_of("disk_missing", "/mnt/\\xff")});
  shelf.later(kMinute_ns);
  shelf.look({calling_of("disk_missing", "/mnt/\\xff"), calling_of("disk_missing", "/mnt/b")});
  auto alerts = shelf.alerts();
  REQUIRE(alerts.size() == 2);
  CHECK(alerts[0].since == first);
  CHECK(alerts[0].calling.where == "/mnt/\\xff");
  CHECK(alerts[1].since.ns == first.ns + kMinute_ns);
  CHECK(alerts[1].id == alerts[0].id + 1);
  CHECK_FALSE(alerts[0].ended);

  const Timestamp gone = shelf.later(kMinute_ns);
  shelf.look({calling_of("disk_missing", "/mnt/b")});
  alerts = shelf.alerts();
  CHECK(alerts[0].ended == gone);
  CHECK(alerts[0].seen.ns <= gone.ns - kMinute_ns);
  CHECK_FALSE(alerts[1].ended);

  // Another time it is another alert, also if somebody looked after the one before.
  const Timestamp again = shelf.later(kAgain_ns + 1);
  shelf.look({calling_of("disk_missing", "/mnt/\\xff"), calling_of("disk_missing", "/mnt/b")});
  alerts = shelf.alerts();
  REQUIRE(alerts.size() == 3);
  CHECK(alerts[2].since == again);
  CHECK(alerts[2].id == 3);
  CHECK(alerts[0].ended == gone);
}

TEST_CASE(
    "who looks after an alert stands in the book until it is over, and changes nothing else") {
  Shelf shelf;
  shelf.look({calling_of("gap", "desk", status::Verdict::danger)});
  const Alert before = shelf.alerts().at(0);
  const Timestamp time = shelf.later(kMinute_ns);
  REQUIRE(shelf.book.acknowledge(before.id, "ann", "new disk - ordered, \xE5\xBC\xA0"));
  shelf.look({calling_of("gap", "desk", status::Verdict::danger)});
  Alert after = shelf.alerts().at(0);
  REQUIRE(after.acknowledged);
  CHECK(after.acknowledged->by == "ann");
  CHECK(after.acknowledged->time == time);
  CHECK(after.acknowledged->note == "new disk - ordered, \xE5\xBC\xA0");
  CHECK(after.since == before.since);
  CHECK(after.calling.level == status::Verdict::danger);
  CHECK_FALSE(after.ended);
  // The newest counts.
  REQUIRE(shelf.book.acknowledge(before.id, "bob", "-"));
  CHECK(shelf.alerts().at(0).acknowledged->by == "bob");
  CHECK(shelf.alerts().at(0).acknowledged->note == "-");

  shelf.look({});
  CHECK(shelf.alerts().at(0).acknowledged->by == "bob");
  CHECK(shelf.book.acknowledge(before.id, "ann", "x").error().code == ErrorCode::not_found);
  CHECK(shelf.book.acknowledge(9, "ann", "x").error().code == ErrorCode::not_found);
  shelf.look({calling_of("gap", "desk", status::Verdict::danger)});
  // Soon after, it is still that one.
  REQUIRE(shelf.alerts().size() == 1);
  CHECK(shelf.alerts().at(0).acknowledged->by == "bob");
  shelf.later(kMinute_ns);
  shelf.look({});
  shelf.later(kAgain_ns + 1);
  shelf.look({calling_of("gap", "desk", status::Verdict::danger)});
  CHECK_FALSE(shelf.alerts().at(1).acknowledged);
}

TEST_CASE("what is not known of the box is not over, and what the appliance knows of itself is") {
  Shelf shelf;
  Calling own = calling_of("overdue", "drill desk");
  own.origin = AlertOrigin::appliance;
  shelf.look({calling_of("no_parity")}, {own});
  REQUIRE(shelf.book.look(std::nullopt, {}, shelf.later(kMinute_ns)));
  const auto alerts = shelf.alerts();
  CHECK_FALSE(alerts[0].ended);
  CHECK(alerts[1].ended);
  // The same name of another origin is another alert.
  own = calling_of("no_parity");
  own.origin = AlertOrigin::appliance;
  shelf.look({calling_of("no_parity")}, {own});
  CHECK(shelf.alerts().size() == 3);
}

TEST_CASE("what could not be looked at is not over") {
  Shelf shelf;
  const std::vector<Calling> all = {calling_of("never_backed_up", "desk"),
                                    calling_of("source_never_read", "desk/a"),
                                    calling_of("packs_lost"), calling_of("rpo_missed", "desk2")};
  shelf.look(all);
  const auto over = [&](const Unseen& unseen) {
    REQUIRE(shelf.book.look(std::vector<Calling>(), {}, shelf.later(kMinute_ns), unseen));
    std::string text;
    for (const Alert& alert : shelf.alerts()) text += alert.ended ? alert.calling.code + " " : "";
    return text;
  };
  CHECK(over(unseen_in(R"({"pool":null})")).empty());
  CHECK(over(unseen_in(R"({"pool":{"looked_at":false},"businesses":[]})")).empty());
  const auto one =
      unseen_in(R"({"pool":{"looked_at":true},"businesses":[{"name":"desk","looked_at":false},)"
                R"({"name":"desk2","looked_at":true}]})");
  CHECK(over(one) == "rpo_missed ");
  CHECK(over(unseen_in(R"({"pool":{"looked_at":true},"businesses":[]})")) ==
        "never_backed_up source_never_read packs_lost rpo_missed ");
}

TEST_CASE("what comes and goes is one alert with a count, and is not written for ever") {
  Shelf shelf;
  const Timestamp first = shelf.clock.now();
  shelf.look({calling_of("io", "/a")});
  const std::uint64_t begun = shelf.world.changes();
  std::uint64_t early = 0;
  constexpr int kCycles = 360;  // of 20 s: two hours
  for (int i = 0; i < kCycles; ++i) {
    shelf.later(kMinute_ns / 6);
    shelf.look({});
    shelf.later(kMinute_ns / 6);
    shelf.look({calling_of("io", "/a")});
    if (i == 0) early = shelf.world.changes() - begun;
  }
  const auto alerts = shelf.alerts();
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].since == first);
  CHECK_FALSE(alerts[0].ended);
  CHECK(alerts[0].returns == 10);
  // Once in ten minutes at last, and the first few times more often.
  CHECK(shelf.world.changes() - begun < early * 25);
  // And it is over when it is.
  shelf.later(kAgain_ns);
  shelf.look({});
  CHECK(shelf.alerts()[0].ended == shelf.clock.now());
  CHECK(shelf.alerts()[0].returns == alerts[0].returns);
}

TEST_CASE("two reasons of one name are one alert, as bad as the worse of them") {
  Shelf shelf;
  shelf.look({calling_of("io", "/a"), calling_of("io", "/a", status::Verdict::danger)});
  REQUIRE(shelf.alerts().size() == 1);
  CHECK(shelf.alerts()[0].calling.level == status::Verdict::danger);
  shelf.look({calling_of("io", "/a")});
  REQUIRE(shelf.alerts().size() == 1);
  CHECK(shelf.alerts()[0].calling.level == status::Verdict::attention);
}

TEST_CASE("a book is written when something changes, and each ten minutes while something stands") {
  Shelf shelf;
  shelf.look({});
  CHECK(shelf.file().empty());
  shelf.look({calling_of("no_parity")});
  const std::uint64_t changes = shelf.world.changes();
  for (int i = 0; i < 9; ++i) {
    shelf.later(kMinute_ns);
    shelf.look({calling_of("no_parity")});
  }
  CHECK(shelf.world.changes() == changes);
  const Timestamp seen = shelf.later(kMinute_ns);
  shelf.look({calling_of("no_parity")});
  CHECK(shelf.alerts()[0].seen == seen);
  // Other words count after a minute.
  Calling other = calling_of("no_parity");
  other.english = "else";
  shelf.look({other});
  CHECK(shelf.alerts()[0].calling.english == "what no_parity");
  shelf.later(kMinute_ns);
  shelf.look({other});
  CHECK(shelf.alerts()[0].calling.english == "else");
  CHECK(shelf.alerts()[0].since < seen);
  CHECK(shelf.alerts().size() == 1);
  // Other numbers alone only each ten minutes.
  other.english = "else 7";
  shelf.later(kMinute_ns);
  shelf.look({other});
  const std::uint64_t written = shelf.world.changes();
  for (int i = 1; i < 10; ++i) {
    other.english = "else " + std::to_string(70 + i);
    shelf.later(kMinute_ns);
    shelf.look({other});
  }
  CHECK(shelf.world.changes() == written);
  shelf.later(kMinute_ns);
  shelf.look({other});
  CHECK(shelf.alerts()[0].calling.english == "else 79");
}

TEST_CASE("a book is bounded: of those that are over the oldest go, and no number comes again") {
  Shelf shelf;
  shelf.look({calling_of("stays")});
  for (std::size_t i = 0; i < kOverMax + 3; ++i) {
    shelf.look({calling_of("stays"), calling_of("comes", std::to_string(i))});
    shelf.later(1);
    shelf.look({calling_of("stays")});
  }
  auto alerts = shelf.alerts();
  REQUIRE(alerts.size() == kOverMax + 1);
  CHECK(alerts[0].calling.code == "stays");
  CHECK(alerts[1].id == 5);
  CHECK(alerts.back().id == kOverMax + 4);
  // The one that stood for longest is the last one that was over.
  shelf.later(kMinute_ns);
  shelf.look({});
  alerts = shelf.alerts();
  REQUIRE(alerts.size() == kOverMax);
  CHECK(alerts[0].calling.code == "stays");
  CHECK(alerts[1].id == 6);

  Shelf many;
  std::vector<Calling> all;
  for (std::size_t i = 0; i < kStandingMax + 9; ++i) {
    all.push_back(calling_of("disk_missing", std::to_string(i)));
  }
  many.look(all);
  CHECK(many.alerts().size() == kStandingMax);
  const std::uint64_t changes = many.world.changes();
  many.look(all);
  CHECK(many.world.changes() == changes);
  many.look({});
  many.look({calling_of("new")});
  CHECK(many.alerts().back().id == kStandingMax + 1);
}

TEST_CASE("a damaged book counts as far as it can be read, and what was found stays") {
  Shelf shelf;
  shelf.look({calling_of("a"), calling_of("b"), calling_of("c")});
  const Timestamp since = shelf.alerts()[2].since;
  std::string text = shelf.file();
  text[text.find("box attention b")] ^= 1;
  text += "alert 9 box attention";  // cut off
  shelf.home.plant(kAlertsPath, view_of(text));
  CHECK(shelf.book.list()->lines_damaged == 2);
  shelf.later(kMinute_ns);
  CHECK(shelf.look({calling_of("a"), calling_of("b"), calling_of("c")}) == 2);
  const auto alerts = shelf.alerts();
  REQUIRE(alerts.size() == 3);
  CHECK(alerts[1].calling.code == "c");
  CHECK(alerts[1].since == since);
  CHECK(alerts[2].calling.code == "b");
  CHECK(alerts[2].id == static_cast<std::uint64_t>(shelf.clock.now().ns / 1'000'000'000));
  CHECK(shelf.book.list()->lines_damaged == 0);
  CHECK(text_of(*shelf.home.contents(kDamagedAlertsPath)) == text);

  // Once more: the first one stays.
  shelf.home.plant(kAlertsPath, view_of("nothing of the kind\n"));
  REQUIRE(shelf.book.acknowledge(1, "ann", "x").error().code == ErrorCode::not_found);
  CHECK(shelf.look({calling_of("a")}) == 1);
  // Who notes something is told as well.
  shelf.home.plant(kAlertsPath, view_of(shelf.file() + "rot\n"));
  CHECK(*shelf.book.acknowledge(shelf.alerts()[0].id, "ann", "x") == 1);
  CHECK(*shelf.book.acknowledge(shelf.alerts()[0].id, "ann", "x") == 0);
  CHECK(text_of(*shelf.home.contents(kDamagedAlertsPath)) == text);
  CHECK(shelf.alerts().size() == 1);
}

TEST_CASE(
    "lines that are whole and say what cannot be are damaged, unknown kinds are passed over") {
  const auto damaged_of = [](const std::string& words) {
    return read_alerts(vault::checked_line(words)).lines_damaged;
  };
  const std::string times = " 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z - e z";
  CHECK(damaged_of("alert 1 box attention c -" + times) == 0);
  CHECK(damaged_of("alert 1 box attention c -" + times + " ann 2026-01-01T00:00:00Z note") == 0);
  CHECK(damaged_of("alert 1 box attention c -" + times + " ann") == 1);
  CHECK(damaged_of("alert 1 box attention c -" + times + " ann 2026-01-01T00:00:00Z n more") == 1);
  CHECK(damaged_of("alert x box attention c -" + times) == 1);
  CHECK(damaged_of("alert 1 moon attention c -" + times) == 1);
  CHECK(damaged_of("alert 1 box ok c -" + times) == 1);
  CHECK(damaged_of("alert 1 box attention c - - - - e z") == 1);
  CHECK(damaged_of("next -1") == 1);
  CHECK(damaged_of("omen 1") == 0);
  CHECK(damaged_of("returns 1 2") == 0);
  CHECK(damaged_of("returns 1") == 1);
  const std::string one = vault::checked_line("alert 1 box attention c -" + times);
  CHECK(read_alerts(one + one).lines_damaged == 1);
  CHECK(read_alerts("").alerts.empty());
}

TEST_CASE("while home cannot be written an alert keeps the time at which it was seen first") {
  Shelf shelf;
  shelf.look({calling_of("a")});
  shelf.world.ask([](const sim::Moment& moment) -> std::optional<ErrorCode> {
    if (moment.touch == sim::Touch::change) return ErrorCode::no_space;
    return std::nullopt;
  });
  const Timestamp first = shelf.later(kMinute_ns);
  const auto look = [&] {
    return shelf.book.look(std::vector{calling_of("a"), calling_of("b")}, {}, shelf.clock.now());
  };
  CHECK_FALSE(look());
  shelf.later(kMinute_ns);
  CHECK_FALSE(look());
  CHECK_FALSE(shelf.book.acknowledge(1, "ann", "x"));
  shelf.world.ask({});
  CHECK(shelf.alerts().size() == 1);
  CHECK_FALSE(shelf.alerts()[0].acknowledged);
  shelf.later(kMinute_ns);
  REQUIRE(look());
  CHECK(shelf.alerts().at(1).since == first);
}

TEST_CASE("a book that cannot be read is left alone") {
  Shelf shelf;
  shelf.look({calling_of("a")});
  const std::string before = shelf.file();
  shelf.world.ask([](const sim::Moment& moment) -> std::optional<ErrorCode> {
    if (moment.name == "read" && moment.where == "/home/alerts") return ErrorCode::io;
    return std::nullopt;
  });
  CHECK_FALSE(shelf.book.look(std::vector{calling_of("b")}, {}, shelf.clock.now()));
  CHECK_FALSE(shelf.book.list());
  shelf.world.ask({});
  CHECK(shelf.file() == before);
}

TEST_CASE("what another process has written counts: nobody's note is lost") {
  Shelf shelf;
  shelf.look({calling_of("a")});
  AlertBook of_the_command_line(shelf.home, shelf.clock);
  REQUIRE(of_the_command_line.acknowledge(1, "uid 0", "at it"));
  shelf.later(20 * kMinute_ns);
  shelf.look({calling_of("a"), calling_of("b")});
  CHECK(shelf.alerts()[0].acknowledged->note == "at it");
  // It waits for one that is at work, and gives up after some time.
  const auto lock = shelf.home.lock("locks/alerts", ports::LockMode::exclusive, "other");
  REQUIRE(lock);
  CHECK(of_the_command_line.acknowledge(1, "ann", "x").error().code == ErrorCode::locked);
}

TEST_CASE("what a status says calls for somebody, unless it is only good to know") {
  const auto callings = callings_in(
      R"({"reasons":[{"level":"info","code":"key_in_clear","where":"/h"},)"
      R"({"level":"danger","code":"gap","where":"desk","what":"x","texts":{"en":"A","zh-CN":"B"}},)"
      R"({"level":"attention","code":"no_parity"},{"level":"attention"},7]})");
  REQUIRE(callings);
  REQUIRE(callings->size() == 2);
  CHECK((*callings)[0].level == status::Verdict::danger);
  CHECK((*callings)[0].where == "desk");
  CHECK((*callings)[0].english == "A");
  CHECK((*callings)[0].chinese == "B");
  CHECK((*callings)[1].code == "no_parity");
  CHECK_FALSE(callings_in("{\"reasons\":7}"));
  CHECK_FALSE(callings_in(""));
  // A name of very many bytes is cut, within no character.
  std::string where;
  for (int i = 0; i < 1000; ++i) where += "\xE5\xBC\xA0";
  const auto cut =
      callings_in(R"({"reasons":[{"level":"attention","code":"c","where":")" + where + "\"}]}");
  REQUIRE(cut);
  CHECK((*cut)[0].where == where.substr(0, 1023) + "\xE2\x80\xA6");
}

}  // namespace holdfast::appliance
