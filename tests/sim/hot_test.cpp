// SPDX-License-Identifier: Apache-2.0
// Hot businesses of an appliance, with watches and children that do what a test says.
#include <catch2/catch.hpp>

#include "firmware/vault/hot_note.h"
#include "tests/sim/appliance_box.h"

namespace holdfast::test {

using appliance::JobKind;
using ports::FileEventKind;
using ports::WatchState;
using Words = std::vector<std::string>;

namespace {

constexpr const char* kWhole = "backup desk";

// A business with one hot source, that was backed up once, and whose newest folders were looked at.
struct HotBox : ApplianceBox {
  HotBox() {
    settings.settings.duties = {every("backup", "desk", 24 * kHour_ns)};
    settings.settings.hot = {{.name = "desk", .sources = {{.name = "calls", .path = "/calls"}}}};
    program = [this](const std::string& words) -> Result<sim::SimScript> {
      times.push_back(clock.monotonic_ns());
      const auto found = answers.find(words == kWhole ? "whole" : "paths");
      return found == answers.end() ? sim::SimScript{} : found->second;
    };
  }
  // Until it is proved that all is safe.
  void calm_down() {
    live(20 * kMinute_ns);
    forget();
  }
  void forget() {
    seen_ = begun().size();
    times.clear();
  }
  // What was begun since, as it is called.
  Words runs() {
    const Words all = begun();
    return {all.begin() + static_cast<std::ptrdiff_t>(seen_), all.end()};
  }
  void close(const std::string& path) { watches.happen(FileEventKind::closed, path); }
  vault::HotNote note() {
    const auto notes = vault::load_hot_notes(home);
    REQUIRE(notes.size() == 1);
    return notes.front();
  }
  // How old what is proved was when that was noted.
  std::int64_t proved_age_s() {
    const auto proved = note().proved;
    return proved ? (clock.now().ns - proved->ns) / kSecond_ns : -1;
  }
  void answer(const std::string& kind, sim::SimScript script) { answers[kind] = std::move(script); }
  void finish(const std::string& words, int exit_code = 0, const std::string& document = {}) {
    sim::SimProcess& one = child(words);
    one.speak(sim::Stream::output, document);
    one.finish({.exit_code = exit_code});
    settle();
  }

  std::map<std::string, sim::SimScript> answers;
  std::vector<std::int64_t> times;

 private:
  std::size_t seen_ = 0;
};

const sim::SimScript kGoesOn = {.end = {}};
const sim::SimScript kFails = {.end = ports::ProcessEnd{.exit_code = 1}};

}  // namespace

TEST_CASE("what is closed is backed up within seconds, and nothing runs without need", "[hot]") {
  HotBox box;
  box.calm_down();
  box.live(kHour_ns);
  CHECK(box.runs().empty());
  const std::int64_t closed_ns = box.clock.monotonic_ns();
  box.close("/calls/31/a.wav");
  box.live(10 * kSecond_ns);
  CHECK(box.runs() == Words{"backup --path=calls/31/a.wav desk"});
  CHECK(box.times.front() - closed_ns <= 3 * kSecond_ns);
}

TEST_CASE("of what comes all the time much goes together, and nothing waits for a minute",
          "[hot]") {
  HotBox box;
  box.calm_down();
  for (int second = 0; second < 600; ++second) {
    box.close("/calls/" + std::to_string(second));
    box.live(kSecond_ns);
  }
  box.live(kMinute_ns);
  CHECK(box.runs().size() <= 600 / 30 + 2);
  std::string all;
  for (const std::string& words : box.runs()) all += words + " ";
  for (int second = 0; second < 600; ++second) {
    CHECK(all.find("--path=calls/" + std::to_string(second) + " ") != std::string::npos);
  }
}

TEST_CASE("a burst is handed over without loss, by folders where that is shorter", "[hot]") {
  HotBox box;
  box.calm_down();
  for (int i = 0; i < 10'000; ++i) box.close("/calls/31/" + std::to_string(i) + ".wav");
  box.live(kMinute_ns);
  CHECK(box.runs() == Words{"backup --path=calls/31 desk"});

  box.forget();
  for (int i = 0; i < 3000; ++i) box.close("/calls/" + std::to_string(i) + "/a.wav");
  box.live(kMinute_ns);
  CHECK(box.runs().size() == 3);  // at once, one after the other
  CHECK(box.times.back() - box.times.front() <= kSecond_ns);
}

TEST_CASE("paths of a backup that failed are tried again, less often each time", "[hot]") {
  HotBox box;
  box.calm_down();
  box.answer("paths", kFails);
  box.close("/calls/a.wav");
  box.live(8 * kSecond_ns);
  box.close("/calls/b.wav");
  box.live(kMinute_ns);
  box.answer("paths", {});
  box.live(kMinute_ns);
  const Words runs = box.runs();
  REQUIRE(runs.size() >= 4);
  CHECK(runs[0] == "backup --path=calls/a.wav desk");
  CHECK(runs[1] == "backup --path=calls/a.wav desk");
  // What is wrong is found out by one that looks at everything.
  CHECK(std::ranges::count(runs, kWhole) == 1);
  CHECK(std::ranges::count(runs, "backup --path=calls/a.wav --path=calls/b.wav desk") >= 1);
  box.live(kHour_ns);
  CHECK(box.runs().size() <= runs.size() + 1);
}

TEST_CASE("what could not be read waits and is tried again, and what went is not", "[hot]") {
  HotBox box;
  box.calm_down();
  box.answer("paths", kGoesOn);
  box.close("/calls/a.wav");
  box.close("/calls/b.wav");
  box.live(5 * kSecond_ns);
  box.finish("backup --path=calls/a.wav --path=calls/b.wav desk", 3,
             R"({"problems_total":2,"problems":[{"path":"calls/a.wav","code":"io"},)"
             R"({"path":"calls/b.wav","code":"source_vanished"}]})");
  box.live(59 * kSecond_ns);
  CHECK(box.runs().size() == 1);
  box.live(5 * kSecond_ns);
  CHECK(box.runs().back() == "backup --path=calls/a.wav desk");
}

TEST_CASE("a backup that does not tell all it could not read is repeated", "[hot]") {
  HotBox box;
  box.calm_down();
  box.answer("paths", kGoesOn);
  box.close("/calls/a.wav");
  box.live(5 * kSecond_ns);
  box.finish("backup --path=calls/a.wav desk", 3, R"({"problems_total":2,"problems":[]})");
  box.live(2 * kMinute_ns);
  CHECK(box.runs() == Words(2, "backup --path=calls/a.wav desk"));
}

TEST_CASE("after too many events, and at a start, the newest folders are looked at and then all",
          "[hot]") {
  HotBox box;
  box.live(5 * kSecond_ns);
  CHECK(box.runs().front() == kWhole);
  box.calm_down();
  const Words expected = {"backup --newest=calls desk", kWhole};
  box.watches.set("/calls", WatchState::events);
  box.live(20 * kMinute_ns);
  CHECK(box.runs() == expected);

  box.forget();
  box.kill();
  box.start();
  box.live(20 * kMinute_ns);
  CHECK(box.runs() == expected);
}

TEST_CASE("what a backup of everything could not read is neither forgotten nor proved", "[hot]") {
  HotBox box;
  box.calm_down();
  box.answer("paths", kFails);
  box.answer("whole", kGoesOn);
  box.close("/calls/a.wav");
  box.live(10 * kMinute_ns);
  SECTION("an item") {
    box.finish(kWhole, 3,
               R"({"problems_total":1,"problems":[{"path":"calls/a.wav","code":"io"}]})");
    box.answers.clear();
    box.live(10 * kSecond_ns);
    CHECK(box.proved_age_s() >= 600);
    box.forget();
    box.live(2 * kMinute_ns);
    CHECK(box.runs() == Words{"backup --path=calls/a.wav desk"});
    CHECK(box.proved_age_s() <= 61);
  }
  SECTION("a source") {
    box.finish(kWhole, 3,
               R"({"problems_total":1,"problems":[{"path":"calls","code":"source_empty"}]})");
    box.answers.clear();
    box.live(2 * kMinute_ns);
    CHECK(box.proved_age_s() == -1);
    box.live(kHour_ns);
    CHECK(box.proved_age_s() <= 61);
    CHECK(std::ranges::count(box.runs(), "backup --path=calls/a.wav desk") >= 1);
  }
  SECTION("nobody knows what") {
    box.finish(kWhole, 3);
    box.answer("whole", kFails);
    box.live(2 * kMinute_ns);
    CHECK(box.proved_age_s() >= 700);
  }
}

TEST_CASE("who cannot be read does not stand in the way of others", "[hot]") {
  HotBox box;
  box.calm_down();
  box.answer("paths", {.end = ports::ProcessEnd{.exit_code = 3}});  // too much to tell of
  box.answer("whole", kFails);
  for (int i = 0; i < 1000; ++i) box.close("/calls/" + std::to_string(i) + "/a.wav");
  box.live(kSecond_ns);
  box.close("/calls/b.wav");
  box.live(2 * kMinute_ns);
  const auto has_it = [](const std::string& words) {
    return words.find("--path=calls/b.wav") != std::string::npos;
  };
  CHECK(std::ranges::any_of(box.runs(), has_it));
}

TEST_CASE("a source that tells nothing has its newest folders looked at each minute", "[hot]") {
  HotBox box;
  box.watches.set("/calls", WatchState::silent);
  box.calm_down();
  box.live(10 * kMinute_ns);
  CHECK(box.runs() == Words(10, "backup --newest=calls desk"));
  CHECK(box.note().watch == vault::HotWatch::scan);
  CHECK(box.note().interval_s == 60);
  CHECK_FALSE(box.note().proved);
  REQUIRE(box.note().newest);

  SECTION("but not all the time, if that takes long") {
    box.answer("paths", kGoesOn);
    box.live(kMinute_ns);
    box.clock.advance(kMinute_ns);
    box.finish("backup --newest=calls desk");
    box.forget();
    box.live(3 * kMinute_ns);
    CHECK(box.runs().empty());
    CHECK(box.note().interval_s >= 300);
  }
  SECTION("and one that could not read the source is not taken for one") {
    const auto before = box.note().newest;
    box.answer("paths", kGoesOn);
    box.live(kMinute_ns);
    box.finish("backup --newest=calls desk", 3,
               R"({"problems_total":1,"problems":[{"path":"calls","code":"io"}]})");
    box.live(2 * kMinute_ns);
    CHECK(*box.note().newest == *before);
  }
  SECTION("and if it cannot tell what it did not read, it keeps nobody waiting") {
    box.answer("paths", {.end = ports::ProcessEnd{.exit_code = 3}});
    box.answer("whole", kFails);
    box.forget();
    box.live(5 * kMinute_ns);
    CHECK(std::ranges::count(box.runs(), "backup --newest=calls desk") <= 6);
  }
  SECTION("and if a look fails, it is not taken for one") {
    const auto before = box.note().newest;
    box.answer("paths", kFails);
    box.live(5 * kMinute_ns);
    CHECK(*box.note().newest <= Timestamp{before->ns + kMinute_ns});
  }
}

TEST_CASE("newest folders are looked at source by source, and paths by themselves", "[hot]") {
  HotBox box;
  box.settings.settings.hot.front().sources = {{.name = "calls", .path = "/calls"},
                                               {.name = "far", .path = "/far"},
                                               {.name = "away", .path = "/away"}};
  box.watches.set("/far", WatchState::silent);
  box.watches.set("/away", WatchState::silent);
  box.calm_down();
  box.close("/calls/a.wav");
  box.live(2 * kMinute_ns);
  for (const std::string& words : box.runs()) {
    CHECK(std::ranges::count(words, '=') == 1);
  }
  CHECK(std::ranges::count(box.runs(), "backup --newest=far desk") == 2);
  CHECK(std::ranges::count(box.runs(), "backup --newest=away desk") == 2);
  CHECK(std::ranges::count(box.runs(), "backup --path=calls/a.wav desk") == 1);
}

TEST_CASE("what is proved is as old as the oldest change that no snapshot has", "[hot]") {
  HotBox box;
  box.calm_down();
  box.live(10 * kMinute_ns);
  CHECK(box.note().watch == vault::HotWatch::events);
  CHECK(box.proved_age_s() <= 61);

  box.answer("paths", kFails);
  box.answer("whole", kFails);
  box.close("/calls/a.wav");
  box.live(10 * kMinute_ns);
  CHECK(box.proved_age_s() >= 600);
  box.close("/calls/b.wav");
  box.live(10 * kMinute_ns);
  CHECK(box.proved_age_s() >= 1200);

  box.answers.clear();
  box.live(10 * kMinute_ns);
  CHECK(box.proved_age_s() <= 61);
}

TEST_CASE("nothing is proved while events may be missed, until all was looked at", "[hot]") {
  HotBox box;
  box.calm_down();
  SECTION("too many at once") {
    box.answer("whole", kFails);
    box.watches.set("/calls", WatchState::events);
    box.live(10 * kMinute_ns);
    CHECK(box.proved_age_s() == -1);
    box.answers.clear();
    box.live(2 * kHour_ns);
    CHECK(box.proved_age_s() >= 0);
  }
  SECTION("the source is away") {
    box.watches.set("/calls", WatchState::away);
    box.live(10 * kMinute_ns);
    CHECK(box.note().watch == vault::HotWatch::away);
    CHECK(box.proved_age_s() == -1);
  }
  SECTION("too many while all is looked at") {
    box.answer("whole", kGoesOn);
    box.watches.set("/calls", WatchState::events);
    box.live(20 * kMinute_ns);
    box.watches.set("/calls", WatchState::events);
    box.live(kMinute_ns);
    box.finish(kWhole);
    box.live(2 * kMinute_ns);
    CHECK(box.proved_age_s() == -1);
  }
}

TEST_CASE("nothing is read while the window is closed, and then all that waited", "[hot]") {
  HotBox box;
  box.calm_down();
  policy::Window window;
  window.spans = {*policy::parse_span("12:00-13:00")};
  box.settings.settings.hot.front().window = window;
  box.live(2 * kMinute_ns);
  box.close("/calls/a.wav");
  box.live(10 * kMinute_ns);
  CHECK(box.runs().empty());
  CHECK(box.proved_age_s() >= 600);
  box.live(2 * kHour_ns);
  CHECK(box.runs() == Words{"backup --path=calls/a.wav desk"});
}

TEST_CASE("what is new waits for no place, but for the writer of its business", "[hot]") {
  HotBox box;
  box.calm_down();
  box.settings.settings.running_max = 1;
  box.program = [](const std::string&) { return kGoesOn; };
  REQUIRE(box.running->ask({.kind = JobKind::backup, .business = "other", .asked_by = "a"}));
  box.live(kMinute_ns);
  box.close("/calls/a.wav");
  box.live(5 * kSecond_ns);
  CHECK(box.runs() == Words{"backup other", "backup --path=calls/a.wav desk"});
  box.finish("backup --path=calls/a.wav desk");
  box.finish("backup other");

  REQUIRE(box.running->ask({.kind = JobKind::backup, .business = "desk", .asked_by = "a"}));
  box.live(kMinute_ns);
  box.forget();
  box.close("/calls/b.wav");
  box.live(10 * kMinute_ns);
  CHECK(box.runs().empty());
  box.finish(kWhole);
  box.live(5 * kSecond_ns);
  CHECK(box.runs() == Words{"backup --path=calls/b.wav desk"});
}

TEST_CASE("a lock that another process holds is tried again within seconds, and told of once",
          "[hot]") {
  HotBox box;
  box.calm_down();
  box.answer("paths", {.end = ports::ProcessEnd{.exit_code = 11}});
  box.close("/calls/a.wav");
  box.live(10 * kMinute_ns);
  CHECK(box.runs().size() > 100);
  CHECK(box.log.count(appliance::EventKind::job_waits) == 1);
  box.answers.clear();
  box.forget();
  box.live(5 * kSecond_ns);
  CHECK(box.runs() == Words{"backup --path=calls/a.wav desk"});
}

TEST_CASE("what takes too long by itself is left to a backup of everything", "[hot]") {
  HotBox box;
  box.calm_down();
  box.answer("paths", kGoesOn);
  const std::string paths = "backup --path=calls/moved desk";
  box.watches.happen(FileEventKind::folder, "/calls/moved");
  box.live(9 * kMinute_ns);
  CHECK(box.runs() == Words{paths});
  box.live(7 * kMinute_ns);
  CHECK(box.runs() == Words{paths, kWhole});
  CHECK(box.log.count(appliance::EventKind::job_ended) >= 1);
  box.answers.clear();
  box.close("/calls/a.wav");
  box.live(kMinute_ns);
  CHECK(box.runs() == Words{paths, kWhole, "backup --path=calls/a.wav desk"});
}

TEST_CASE("a business whose source hangs keeps no other one from its backups", "[hot]") {
  HotBox box;
  box.settings.settings.hot.push_back(
      {.name = "bank", .sources = {{.name = "tapes", .path = "/tapes"}}});
  box.calm_down();
  box.answer("paths", kGoesOn);
  box.close("/calls/a.wav");
  box.live(10 * kSecond_ns);
  box.answers.clear();
  box.forget();
  box.close("/tapes/b.wav");
  box.live(10 * kSecond_ns);
  CHECK(box.runs() == Words{"backup --path=tapes/b.wav bank"});
}

TEST_CASE("mounts that hang hold their places for so long, and no longer", "[hot]") {
  HotBox box;
  auto& hot = box.settings.settings.hot;
  hot.push_back({.name = "bank", .sources = {{.name = "tapes", .path = "/tapes"}}});
  hot.push_back({.name = "loans", .sources = {{.name = "notes", .path = "/notes"}}});
  box.watches.set("/calls", WatchState::silent);
  box.watches.set("/tapes", WatchState::silent);
  box.calm_down();
  const Words looks = {"backup --newest=calls desk", "backup --newest=tapes bank"};
  box.answer("paths", kGoesOn);
  box.live(2 * kMinute_ns);
  box.answers.clear();
  box.forget();
  box.close("/notes/a.wav");
  box.live(kMinute_ns);
  CHECK(box.runs().empty());  // as many as may run hang
  const std::string note = "backup --path=notes/a.wav loans";

  SECTION("without getting on for ten minutes they are stopped") {
    box.answer("paths", kGoesOn);
    box.live(9 * kMinute_ns);
    CHECK(std::ranges::count(box.runs(), note) == 1);
    // They come again, for a fifth of the time.
    box.live(5 * kHour_ns);
    CHECK(std::ranges::count(box.runs(), looks[0]) >= 3);
    CHECK(std::ranges::count(box.runs(), looks[0]) <= 7);
    // That would hang, too.
    CHECK(std::ranges::count(box.runs(), kWhole) == 0);
    CHECK(std::ranges::count(box.runs(), "backup bank") == 0);
  }
  SECTION("one that gets on may last") {
    for (int i = 0; i < 30; ++i) {
      box.child(looks[0]).speak(sim::Stream::error_output,
                                R"({"phase":"reading","items_done":)" + std::to_string(i) + "}\n");
      box.live(kMinute_ns);
    }
    box.finish(looks[0]);
    CHECK(std::ranges::count(box.runs(), looks[0]) == 0);
    CHECK(std::ranges::count(box.runs(), note) == 1);
  }
}

TEST_CASE("more than can be kept is looked at by folders, and nothing has to be proved anew",
          "[hot]") {
  HotBox box;
  box.calm_down();
  box.answer("whole", kGoesOn);
  REQUIRE(box.running->ask({.kind = JobKind::backup, .business = "desk", .asked_by = "a"}));
  box.live(kMinute_ns);
  box.forget();
  for (int i = 0; i < 110'000; ++i) {
    box.close("/calls/" + std::to_string(i / 1000) + "/" + std::to_string(i));
  }
  box.live(kMinute_ns);
  box.finish(kWhole);
  box.live(kMinute_ns);
  const Words runs = box.runs();
  CHECK_FALSE(runs.empty());
  CHECK(std::ranges::count(runs, kWhole) == 0);
  CHECK(box.proved_age_s() <= 61);
}

TEST_CASE("what was taken back while it waited for its business comes again", "[hot]") {
  HotBox box;
  box.calm_down();
  box.program = [](const std::string&) { return kGoesOn; };
  REQUIRE(box.running->ask({.kind = JobKind::backup, .business = "desk", .asked_by = "a"}));
  box.live(kMinute_ns);
  box.forget();
  box.close("/calls/a.wav");
  box.live(kMinute_ns);
  const auto waiting = box.running->state();
  for (const appliance::Job& job : waiting->jobs) {
    if (job.request.kind == JobKind::hot && job.state == appliance::JobState::queued) {
      CHECK(box.running->cancel(job.id));
    }
  }
  box.live(kMinute_ns);
  box.finish(kWhole);
  box.live(kMinute_ns);
  CHECK(box.runs() == Words{"backup --path=calls/a.wav desk"});
}

TEST_CASE("a clock that is set back ends nothing, and the newest jobs are those that are kept",
          "[hot]") {
  HotBox box;
  box.calm_down();
  for (int i = 0; i < 20; ++i) {
    if (i == 12) box.clock.set(Timestamp{box.clock.now().ns - kHour_ns});
    box.close("/calls/" + std::to_string(i));
    box.live(kMinute_ns);
  }
  CHECK(box.runs().size() == 20);
  appliance::JobId newest = 0;
  const auto state = box.running->state();
  for (const appliance::Job& job : state->jobs) newest = std::max(newest, job.id);
  CHECK(newest >= 20);
}

TEST_CASE("a business that is hot no more is left alone", "[hot]") {
  HotBox box;
  box.calm_down();
  CHECK(box.watches.count() == 1);
  box.settings.settings.hot.clear();
  box.live(2 * kMinute_ns);
  CHECK(box.watches.count() == 0);
  CHECK(vault::load_hot_notes(box.home).empty());
}

TEST_CASE("watches of what is as it was go on", "[hot]") {
  HotBox box;
  box.calm_down();
  box.settings.settings.hot.front().window = policy::Window();
  box.live(20 * kMinute_ns);
  CHECK(box.runs().empty());
  box.settings.settings.hot.front().sources.front().exclude = {"*.part"};
  box.live(20 * kMinute_ns);
  CHECK(box.runs() == Words{"backup --newest=calls desk", kWhole});
  box.forget();
  box.close("/calls/a.part");
  box.live(kMinute_ns);
  CHECK(box.runs().empty());
}

TEST_CASE("what is new leaves other jobs in the book, and no paths behind", "[hot]") {
  HotBox box;
  box.calm_down();
  for (int i = 0; i < 50; ++i) {
    box.close("/calls/" + std::to_string(i));
    box.live(20 * kSecond_ns);
  }
  std::ptrdiff_t hot = 0;
  const auto waiting = box.running->state();
  for (const appliance::Job& job : waiting->jobs) {
    if (job.request.kind != JobKind::hot) continue;
    ++hot;
    CHECK(job.request.arguments.empty());
  }
  CHECK(hot == 10);
  CHECK(box.running->state()->jobs.front().request.kind == JobKind::backup);
  CHECK(box.file().find("calls/") == std::string::npos);
}

}  // namespace holdfast::test
