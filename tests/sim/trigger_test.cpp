// SPDX-License-Identifier: Apache-2.0
// Files that start backups, on an appliance whose looks and children do what a test says.
#include <catch2/catch.hpp>

#include "tests/sim/appliance_box.h"

namespace holdfast::test {

using appliance::JobKind;
using appliance::TriggerState;

namespace {

const std::string kFlag = "/srv/done.flag";
constexpr std::int64_t kPromise_ns = 60 * kSecond_ns;
const std::string kAway =
    R"({"problems_total":1,"problems":[{"path":"calls","code":"not_found"}]})";

// No schedule: what begins is what the file has started, or a person.
class TriggeredBox : public ApplianceBox {
 public:
  TriggeredBox() {
    settings.settings.duties.clear();
    settings.settings.triggers = {{"desk", kFlag}};
    running->reload();
  }
  void put(std::uint64_t size, std::int64_t mtime_ns = 0) {
    watches.put(kFlag, ports::FileStatus{.size = size, .mtime_ns = mtime_ns});
  }
  void take_away() { watches.put(kFlag, make_error(ErrorCode::not_found)); }
  // As the last child of a backup.
  void end(int exit_code, const std::string& document = {}) {
    sim::SimProcess& backup = child("backup desk");
    backup.speak(sim::Stream::output, document);
    backup.finish({.exit_code = exit_code});
    settle();
  }
  appliance::TriggerView view() { return running->state()->triggers.at(0); }
  // Off and on again, nothing being changed meanwhile.
  void restart() {
    kill();
    start();
  }
};

}  // namespace

TEST_CASE("a file that appears or changes starts a backup within a minute", "[trigger]") {
  TriggeredBox box;
  box.live(kHour_ns);
  CHECK(box.begun().empty());
  CHECK(box.view().state == TriggerState::absent);
  box.put(0);
  box.live(kPromise_ns);
  REQUIRE(box.begun() == std::vector<std::string>{"backup desk"});
  CHECK(box.job(1).request.asked_by == "file");
  CHECK(box.view().is_owed);
  box.end(0);
  CHECK_FALSE(box.view().is_owed);
  box.live(kHour_ns);
  CHECK(box.begun().size() == 1);
  std::size_t count = 1;
  for (const auto& change : std::vector<ports::FileStatus>{
           {.size = 1}, {.size = 1, .mtime_ns = 5}, {.size = 1, .mtime_ns = 5, .ctime_ns = 5}}) {
    box.watches.put(kFlag, change);
    box.live(kPromise_ns);
    REQUIRE(box.begun().size() == ++count);
    box.end(0);
    box.live(kHour_ns);
    CHECK(box.begun().size() == count);
  }
  // Mounts come and go, and number their files anew.
  box.take_away();
  box.live(kHour_ns);
  box.watches.put(
      kFlag, ports::FileStatus{.size = 1, .mtime_ns = 5, .ctime_ns = 5, .inode = 9, .device = 9});
  box.live(kHour_ns);
  CHECK(box.begun().size() == count);
}

TEST_CASE("what changes while its backup runs starts another one", "[trigger]") {
  TriggeredBox box;
  box.put(1);
  box.live(kPromise_ns);
  box.put(2);
  box.live(kPromise_ns);
  REQUIRE(box.begun().size() == 1);
  box.end(0);
  CHECK(box.view().is_owed);
  // Of programs: one that writes it all the time does not keep the disks at work all day.
  box.live(4 * kMinute_ns);
  CHECK(box.begun().size() == 1);
  box.live(2 * kMinute_ns);
  REQUIRE(box.begun().size() == 2);
  box.end(0);
  CHECK_FALSE(box.view().is_owed);
}

TEST_CASE("a restart neither loses nor repeats what a file has started", "[trigger]") {
  TriggeredBox box;
  box.live(kMinute_ns);
  SECTION("it changed while the box was off") {
    box.kill();
    box.put(1);
    box.start();
    box.live(kPromise_ns);
    CHECK(box.begun().size() == 1);
  }
  SECTION("its backup was cut, and the file is gone") {
    box.put(1);
    box.live(kPromise_ns);
    box.take_away();
    box.restart();
    box.live(kHour_ns);
    CHECK(box.begun().size() == 2);
    CHECK(box.view().is_owed);
    box.end(0);
    box.live(kHour_ns);
    CHECK(box.begun().size() == 2);
  }
  SECTION("its backup had failed, and the file is gone") {
    box.put(1);
    box.live(kPromise_ns);
    box.take_away();
    box.end(1);
    box.restart();
    box.live(10 * kMinute_ns);
    REQUIRE(box.begun().size() == 2);
    box.end(0);
    CHECK_FALSE(box.view().is_owed);
  }
  SECTION("its backup had ended") {
    box.put(1);
    box.live(kPromise_ns);
    box.end(0);
    box.restart();
    box.live(kHour_ns);
    CHECK(box.begun().size() == 1);
    CHECK(box.view().state == TriggerState::there);
  }
}

TEST_CASE("what a file has started is tried again until it ends well", "[trigger]") {
  TriggeredBox box;
  box.put(1);
  box.live(kPromise_ns);
  box.end(1);
  box.live(kMinute_ns + kSecond_ns);
  REQUIRE(box.begun().size() == 2);
  box.end(3, kAway);
  box.live(kMinute_ns);
  CHECK(box.begun().size() == 2);
  box.live(kMinute_ns + kSecond_ns);
  REQUIRE(box.begun().size() == 3);
  box.end(1);
  box.live(3 * kMinute_ns);
  CHECK(box.begun().size() == 3);
  box.live(kMinute_ns + kSecond_ns);
  REQUIRE(box.begun().size() == 4);
  // Some files could not be read: that is told, and a backup.
  box.end(3, R"({"problems_total":2,"problems":[{"path":"recordings/a.wav","code":"io"},)"
             R"({"path":"recordings/b.wav","code":"source_vanished"}]})");
  CHECK_FALSE(box.view().is_owed);
  box.live(5 * kHour_ns);
  CHECK(box.begun().size() == 4);
}

TEST_CASE("while backups fail, a file that is written all the time is not tried all the time",
          "[trigger]") {
  TriggeredBox box;
  for (std::uint64_t size = 1; size <= 360; ++size) {  // two hours
    box.put(size);
    box.live(20 * kSecond_ns);
    if (!box.processes.running().empty()) box.end(1);
  }
  CHECK(box.begun().size() >= 20);  // but another one does not wait for an hour either
  CHECK(box.begun().size() <= 28);
}

TEST_CASE("a backup that a source was away from serves no file", "[trigger]") {
  TriggeredBox box;
  box.put(1);
  box.live(kPromise_ns);
  const auto document =
      GENERATE(as<std::string>(), kAway,
               R"({"problems_total":1,"problems":[{"path":"calls","code":"source_empty"}]})",
               R"({"problems_total":2,"problems":[{"path":"calls/a","code":"io"}]})", "");
  box.end(3, document);
  CHECK(box.view().is_owed);
  box.restart();
  box.live(10 * kMinute_ns);
  REQUIRE(box.begun().size() == 2);
  box.end(0);
  CHECK_FALSE(box.view().is_owed);
  box.live(5 * kHour_ns);
  CHECK(box.begun().size() == 2);
}

TEST_CASE("a backup that a person stops is not owed any more", "[trigger]") {
  TriggeredBox box;
  box.put(1);
  SECTION("it runs") {
    box.live(kPromise_ns);
    REQUIRE(box.running->cancel(1));
    box.settle();
  }
  SECTION("it waits") {
    REQUIRE(box.running->ask({.kind = JobKind::prune, .business = "desk", .asked_by = "ann"}));
    box.live(kPromise_ns);
    REQUIRE(box.running->cancel(2));
    box.settle();
    box.child("prune desk").finish({});
  }
  box.live(kHour_ns);
  CHECK(std::ranges::count(box.begun(), "backup desk") <= 1);
  CHECK_FALSE(box.view().is_owed);
  box.put(2);
  box.live(kHour_ns);
  CHECK(box.view().is_owed);
}

TEST_CASE("any backup of everything that begins after the file was seen serves it", "[trigger]") {
  TriggeredBox box;
  REQUIRE(box.running->ask({.kind = JobKind::backup, .business = "desk", .asked_by = "ann"}));
  box.live(kMinute_ns);
  box.put(1);
  box.live(kPromise_ns);
  CHECK(box.begun().size() == 1);
  box.end(0);  // it had begun before
  CHECK(box.view().is_owed);
  box.live(kPromise_ns);
  CHECK(box.begun().size() == 2);
  box.end(0);
  CHECK_FALSE(box.view().is_owed);
}

TEST_CASE("while the window is closed a file waits", "[trigger]") {
  TriggeredBox box;
  const auto span = policy::parse_span("12:00-13:00");
  REQUIRE(span);
  box.settings.settings.triggers[0].window =
      policy::Window{.spans = {*span}, .rate = {}, .rate_outside = {}};
  box.running->reload();
  box.put(1);
  box.live(kHour_ns);  // from ten
  CHECK(box.begun().empty());
  CHECK(box.view().is_owed);
  box.take_away();
  box.restart();  // nothing but the file of jobs knows of it now
  box.live(kHour_ns + kPromise_ns);
  CHECK(box.begun().size() == 1);
}

TEST_CASE("a mount that hangs holds up nothing, and is told", "[trigger]") {
  TriggeredBox box;
  box.settings.settings.triggers.push_back({"loans", "/far/done"});
  box.watches.hang("/far/done", true);
  box.running->reload();
  box.live(10 * kMinute_ns);
  const auto far = [&] { return box.running->state()->triggers.at(1); };
  CHECK(far().state == TriggerState::hangs);
  const std::size_t looks = box.watches.looks();
  box.put(1);
  box.live(kPromise_ns);
  CHECK(box.begun() == std::vector<std::string>{"backup desk"});
  CHECK(box.watches.looks() - looks <= 5);  // nobody asks once more what hangs
  box.watches.put("/far/done", ports::FileStatus{.size = 1});
  box.watches.hang("/far/done", false);
  box.live(kPromise_ns);
  CHECK(far().state == TriggerState::there);
  CHECK(box.begun() == std::vector<std::string>{"backup desk", "backup loans"});
}

TEST_CASE("a file that cannot be looked at says nothing about the one that was there",
          "[trigger]") {
  TriggeredBox box;
  box.put(1);
  box.live(kPromise_ns);
  box.end(0);
  box.watches.put(kFlag, make_error(ErrorCode::permission_denied));
  box.live(kMinute_ns);
  CHECK(box.view().state == TriggerState::unreadable);
  CHECK(box.view().error.has_value());
  box.put(1);
  box.live(kHour_ns);
  CHECK(box.begun().size() == 1);
  CHECK(box.view().state == TriggerState::there);
}

TEST_CASE("another file of a business begins anew, and one that is named no more starts nothing",
          "[trigger]") {
  TriggeredBox box;
  box.put(1);
  box.live(kPromise_ns);
  box.end(0);
  box.watches.put("/srv/other", ports::FileStatus{.size = 1});
  box.settings.settings.triggers = {{"desk", "/srv/other"}};
  box.live(10 * kMinute_ns);
  REQUIRE(box.begun().size() == 2);
  box.end(0);
  box.settings.settings.triggers.clear();
  box.live(2 * kMinute_ns);
  box.watches.put("/srv/other", ports::FileStatus{.size = 2});
  box.live(kHour_ns);
  CHECK(box.begun().size() == 2);
  CHECK(box.running->state()->triggers.empty());
  // It is back, as after a definition that could not be read.
  box.settings.settings.triggers = {{"desk", "/srv/other"}};
  box.live(kHour_ns);
  CHECK(box.begun().size() == 3);
}

}  // namespace holdfast::test
