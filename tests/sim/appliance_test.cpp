// SPDX-License-Identifier: Apache-2.0
// The appliance by itself, with children that do what a test says.
#include <catch2/catch.hpp>

#include "tests/sim/appliance_box.h"

namespace holdfast::test {

using appliance::EventKind;
using appliance::JobKind;
using appliance::StatusTrouble;
using Words = std::vector<std::string>;

namespace {

sim::SimScript quick(const std::string&) {
  return {};
}

}  // namespace

TEST_CASE("what is due begins once the status has been asked for, and ends up in the file",
          "[appliance]") {
  ApplianceBox box;
  std::string file_at_start;
  box.program = [&](const std::string&) {
    file_at_start = box.file();
    return sim::SimScript{.end = {}};
  };
  box.running->turn();
  CHECK(box.begun().empty());
  box.settle();
  CHECK(box.begun() == Words{"backup desk"});
  CHECK(file_at_start.starts_with("job 1 backup desk running 10 0 "));
  CHECK(box.states() == "1:running");
  CHECK_FALSE(box.running->is_idle());
  box.child("backup desk").finish({});
  box.settle();
  CHECK(box.states() == "1:done");
  CHECK(box.file().starts_with("job 1 backup desk done 10 0 "));
  CHECK(box.running->is_idle());
  CHECK(box.log.kinds == std::vector{EventKind::job_started, EventKind::job_ended});
}

TEST_CASE("a child is called as the command line is", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties = {ApplianceBox::every("tend", "", kHour_ns)};
  box.settings.settings.tend_arguments = {"--away-hours", "72"};
  box.settle();
  const ports::ProcessRequest& request = box.child("pool tend --away-hours 72").request();
  CHECK(request.arguments ==
        Words{"/bin/holdfast", "--home", "/home", "--json", "pool", "tend", "--away-hours", "72"});
  using Variables = std::vector<std::pair<std::string, std::string>>;
  CHECK(request.environment == Variables{{"LANG", "C"}, {"HOLDFAST_ZONE", "UTC"}});
  CHECK(request.is_background);
}

TEST_CASE("it runs again and again as it is written", "[appliance]") {
  ApplianceBox box;
  box.program = quick;
  box.live(10 * kHour_ns + kMinute_ns);
  CHECK(box.begun().size() == 11);
}

TEST_CASE("who looks sees progress, lines and the document of a job", "[appliance]") {
  ApplianceBox box;
  box.settle();
  const std::uint64_t before = box.running->state()->revision;
  sim::SimBell listener(box.clock);
  box.running->listen(listener);
  sim::SimProcess& child = box.child("backup desk");
  child.speak(sim::Stream::error_output,
              "{\"schema\":1,\"phase\":\"reading\",\"items_done\":3,\"items_total\":9,"
              "\"bytes_done\":30,\"bytes_total\":90,\"seconds\":1.5,\"bytes_per_second\":20,"
              "\"seconds_left\":3}\n{\"schema\":1,\"warning\":\"thin\"}\nbad\xff line\nhalf");
  box.settle();
  CHECK(listener.has_rung());
  CHECK(box.running->state()->revision > before);
  CHECK(box.job(1).progress == appliance::JobProgress{.phase = "reading",
                                                      .items_done = 3,
                                                      .items_total = 9,
                                                      .bytes_done = 30,
                                                      .bytes_total = 90,
                                                      .bytes_per_second = 20,
                                                      .seconds = 1.5,
                                                      .seconds_left = 3});
  CHECK(box.job(1).log == std::deque<std::string>{"thin", "bad\\xff line"});
  child.speak(sim::Stream::output, "{\"schema\":1,");
  child.speak(sim::Stream::output, "\"committed\":true}");
  child.finish({.exit_code = 3});
  static_cast<void>(listener.wait_until(0));
  box.running->unlisten(listener);
  box.settle();
  CHECK_FALSE(listener.has_rung());
  CHECK(box.job(1).document == "{\"schema\":1,\"committed\":true}");
  CHECK(box.job(1).log.back() == "half");
  CHECK(box.job(1).exit_code == 3);
  CHECK(box.states() == "1:done");
}

TEST_CASE("two businesses are backed up beside each other, a third one waits", "[appliance]") {
  ApplianceBox box;
  for (const char* business : {"cards", "loans"}) {
    box.settings.settings.duties.push_back(ApplianceBox::every("backup", business, kHour_ns, 20));
  }
  box.settle();
  CHECK(box.begun() == Words{"backup desk", "backup cards"});
  box.child("backup desk").finish({});
  box.settle();
  CHECK(box.begun().size() == 3);
  CHECK(box.states() == "1:done 2:running 3:running");
}

TEST_CASE("what failed is tried again after a minute, two, four", "[appliance]") {
  ApplianceBox box;
  box.program = [](const std::string&) { return ApplianceBox::answer("{}", 1); };
  box.settle();
  CHECK(box.begun().size() == 1);
  box.live(59 * kSecond_ns);
  CHECK(box.begun().size() == 1);
  box.live(2 * kSecond_ns);
  CHECK(box.begun().size() == 2);
  box.live(2 * kMinute_ns);
  CHECK(box.begun().size() == 3);
  CHECK(box.running->state()->duties.at(0).history.failures == 3);
  box.program = quick;
  box.live(4 * kMinute_ns);
  CHECK(box.begun().size() == 4);
  CHECK(box.running->state()->duties.at(0).history.failures == 0);
}

TEST_CASE("who finds a lock held tries again soon, and has not failed", "[appliance]") {
  ApplianceBox box;
  box.program = [](const std::string&) { return ApplianceBox::answer("{}", 11); };
  box.live(4 * kSecond_ns);
  CHECK(box.begun().size() == 3);
  box.program = quick;
  box.live(5 * kSecond_ns);
  CHECK(box.states() == "1:done");
  CHECK(box.running->state()->duties.at(0).history.failures == 0);
  CHECK(box.log.count(EventKind::job_waits) == 3);
}

TEST_CASE("what its window cuts off goes on when the window opens, and has not failed",
          "[appliance]") {
  ApplianceBox box;
  policy::Window hours;
  hours.spans = {*policy::parse_span("22:00-06:00"), *policy::parse_span("10:00-11:00")};
  policy::Duty duty = ApplianceBox::at("backup", "desk", "10:30");
  duty.window = hours;
  box.settings.settings.duties = {duty};
  box.live(kHour_ns);  // 11:00
  REQUIRE(box.begun().size() == 1);
  sim::SimProcess& child = box.child("backup desk");
  SECTION("in the middle") {
    child.finish({.exit_code = 130});
  }
  SECTION("before it had begun") {
    child.speak(sim::Stream::output,
                R"({"error":{"code":"window_closed","what":"not before night"}})");
    child.finish({.exit_code = 15});
  }
  box.settle();
  CHECK(box.states() == "1:stopped");
  const bool is_told = !box.job(1).log.empty() && box.job(1).log.back() == "not before night";
  CHECK(is_told == (box.job(1).exit_code == 15));
  const auto duty_now = [&] { return box.running->state()->duties.at(0); };
  CHECK(duty_now().history.failures == 0);
  CHECK(duty_now().outlook.next == *Timestamp::parse("2026-03-02T22:00:00Z"));
  box.kill();
  box.start();  // who comes after knows it
  box.program = quick;
  box.live(11 * kHour_ns - kMinute_ns);
  CHECK(box.begun().size() == 1);
  box.live(2 * kMinute_ns);
  CHECK(box.begun().size() == 2);
  CHECK(duty_now().outlook.next == *Timestamp::parse("2026-03-03T10:30:00Z"));
}

TEST_CASE("what a person has done at a terminal needs not be done again", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties = {ApplianceBox::at("backup", "desk", "10:30"),
                                  ApplianceBox::at("drill", "desk", "10:30")};
  std::string newest = "null";
  box.status = [&](const std::string&) {
    return ApplianceBox::answer(
        R"({"schema":1,"businesses":[{"name":"desk","last_backup":)" + newest +
        R"(,"proofs":[{"kind":"drill","time":"2026-03-02T10:50:00Z","good":false}]}]})");
  };
  box.program = [](const std::string&) { return ApplianceBox::answer("{}", 1); };
  box.live(35 * kMinute_ns);
  const std::size_t tries = box.begun().size();
  CHECK(tries >= 4);
  newest = "\"2026-03-02T10:50:00Z\"";
  box.live(kMinute_ns);
  const auto duties = [&] { return box.running->state()->duties; };
  CHECK(duties().at(0).history.failures == 0);
  CHECK(duties().at(0).outlook.next == *Timestamp::parse("2026-03-03T10:30:00Z"));
  CHECK(duties().at(1).history.failures > 0);
  const std::size_t before = box.begun().size();
  box.live(3 * kHour_ns);
  const auto begun = box.begun();
  CHECK(begun.size() > before);  // the drill
  CHECK(std::ranges::count(begun.begin() + static_cast<std::ptrdiff_t>(before), begun.end(),
                           "backup desk") == 0);
  box.program = quick;
  box.live(21 * kHour_ns);
  CHECK(std::ranges::count(box.begun(), "backup desk") > 0);
  CHECK(duties().at(0).history.last_start > *Timestamp::parse("2026-03-03T10:29:59Z"));
}

TEST_CASE("what a person stops is not begun again before its time", "[appliance]") {
  ApplianceBox box;
  box.settle();
  REQUIRE(box.running->cancel(1));
  box.settle();
  CHECK(box.states() == "1:stopped");
  CHECK_FALSE(box.running->cancel(1));
  CHECK_FALSE(box.running->cancel(2));
  box.live(59 * kMinute_ns);
  CHECK(box.begun().size() == 1);
  box.live(2 * kMinute_ns);
  CHECK(box.begun().size() == 2);
}

TEST_CASE("a person's wish goes before what the schedule wants", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.running_max = 1;
  box.settings.settings.duties.push_back(ApplianceBox::every("backup", "cards", kHour_ns, 20));
  box.settle();
  const auto id = box.running->ask({.kind = JobKind::restore,
                                    .business = "desk",
                                    .arguments = {"--target", "/t"},
                                    .asked_by = "ann"});
  REQUIRE(id);
  box.child("backup desk").finish({});
  box.settle();
  CHECK(box.begun().back() == "restore --target /t desk");
  CHECK(box.job(*id).request.asked_by == "ann");
}

TEST_CASE("a child that cannot be started is a failure that says why", "[appliance]") {
  ApplianceBox box;
  box.program = [](const std::string&) -> Result<sim::SimScript> {
    return make_error(ErrorCode::not_found, "/bin/holdfast");
  };
  box.settle();
  CHECK(box.states() == "1:failed");
  REQUIRE(box.job(1).error);
  CHECK_FALSE(box.job(1).exit_code);
  CHECK(box.job(1).error->where == "/bin/holdfast");
  box.program = quick;
  box.live(2 * kMinute_ns);
  CHECK(box.states() == "1:failed 2:done");
}

TEST_CASE("a backup stands between its commands, other jobs do not", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.commands["desk"] = {policy::Command{{"/flush", "now"}},
                                            policy::Command{{"/done"}}};
  box.program = quick;
  REQUIRE(box.running->ask({.kind = JobKind::verify, .business = "desk", .asked_by = "ann"}));
  box.settle();
  CHECK(box.begun() == Words{"verify desk", "/flush now", "backup desk", "/done"});
  CHECK(box.states() == "1:done 2:done");
  CHECK_FALSE(box.job(2).warning);
}

TEST_CASE("a command gets no variable that leads to a key", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.commands["desk"] = {policy::Command{{"/flush"}}, {}};
  box.settle();
  CHECK(box.child("/flush").request().environment ==
        std::vector{std::pair<std::string, std::string>("PATH", "/bin")});
}

TEST_CASE("a command that fails keeps its backup from being begun", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.commands["desk"] = {policy::Command{{"/flush"}, 5},
                                            policy::Command{{"/done"}}};
  std::string reason;
  SECTION("by its exit code") {
    box.program = [](const std::string&) { return ApplianceBox::answer("", 3); };
    box.settle();
    reason = "exit code 3";
  }
  SECTION("since it takes too long") {
    box.live(4 * kSecond_ns);
    CHECK(box.states() == "1:running");
    box.live(2 * kSecond_ns);
    reason = "time limit";
  }
  SECTION("since it was killed") {
    box.settle();
    box.child("/flush").finish({.signal = 9});
    box.settle();
    reason = "signal 9";
  }
  CHECK(box.begun() == Words{"/flush"});
  CHECK(box.states() == "1:failed");
  REQUIRE(box.job(1).error);
  CHECK(box.job(1).error->where == "/flush");
  CHECK(box.job(1).error->argument("operation") == "command before");
  CHECK(box.job(1).error->argument("reason") == reason);
  box.program = quick;
  box.live(61 * kSecond_ns);
  CHECK(box.states() == "1:failed 2:done");
}

TEST_CASE("a command behind a backup changes nothing about it", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.commands["desk"] = {{}, policy::Command{{"/done"}}};
  const bool can_start = GENERATE(true, false);
  box.program = [&](const std::string& words) -> Result<sim::SimScript> {
    if (words != "/done") return ApplianceBox::answer("{}", 3);
    if (!can_start) return make_error(ErrorCode::not_found, "/done");
    return ApplianceBox::answer("", 1);
  };
  box.settle();
  CHECK(box.states() == "1:done");
  CHECK(box.job(1).exit_code == 3);
  CHECK(box.job(1).document == "{}");
  REQUIRE(box.job(1).warning);
  CHECK(box.job(1).warning->where == "/done");
  CHECK(box.log.count(EventKind::command_failed) == 1);
}

TEST_CASE("a backup that is stopped at its command is not begun", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.commands["desk"] = {policy::Command{{"/flush"}},
                                            policy::Command{{"/done"}}};
  box.settle();
  REQUIRE(box.running->cancel(1));
  box.settle();
  CHECK(box.states() == "1:stopped");
  CHECK(box.begun() == Words{"/flush"});
}

TEST_CASE("what runs when the process is killed is cut, and begins anew", "[appliance]") {
  ApplianceBox box;
  box.settle();
  REQUIRE(box.running->ask({.kind = JobKind::verify, .business = "desk", .asked_by = "ann"}));
  REQUIRE(box.running->ask({.kind = JobKind::drill, .business = "desk", .asked_by = "ann"}));
  box.settle();
  CHECK(box.states() == "1:running 2:running 3:queued");
  box.kill();
  box.start();
  CHECK(box.states() == "1:cut 2:cut 3:queued 4:queued 5:queued");
  CHECK(box.log.count(EventKind::job_cut) == 2);
  box.program = quick;
  box.running->turn();
  CHECK(box.running->state()->duties.at(0).history.failures == 1);
  box.settle();
  CHECK(box.running->state()->duties.at(0).history.failures == 0);
  CHECK(box.states() == "1:cut 2:cut 3:done 4:done 5:done");
  CHECK(box.begun().size() == 5);
}

TEST_CASE("a run that was missed while the box was off is made up for, once", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties = {ApplianceBox::at("backup", "desk", "daily 01:30")};
  box.program = quick;
  box.live(kHour_ns);
  CHECK(box.begun().empty());
  const bool is_off_at_night = GENERATE(true, false);
  box.kill();
  box.clock.restart((is_off_at_night ? 5 * 24 : 2) * kHour_ns);
  box.start();
  box.live(kHour_ns);
  CHECK(box.begun().size() == (is_off_at_night ? 1 : 0));
}

TEST_CASE("a clock that goes a year off and is set right costs two runs and stops nothing",
          "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties = {ApplianceBox::at("backup", "desk", "10:30")};
  box.program = quick;
  box.live(kHour_ns);
  REQUIRE(box.begun().size() == 1);
  const std::int64_t year_ns = GENERATE(1, -1) * 365 * 24 * kHour_ns;
  const auto set = [&](std::int64_t by_ns) {
    box.clock.set(Timestamp{box.clock.now().ns + by_ns});
    box.live(2 * kMinute_ns);  // so soon it is noticed
  };
  set(year_ns);
  CHECK(box.begun().size() == 2);
  box.live(24 * kHour_ns);
  CHECK(box.begun().size() == 3);
  const int questions = box.questions();
  set(-year_ns);
  CHECK(box.questions() > questions);
  CHECK(box.begun().size() == 4);
  box.live(24 * kHour_ns);
  CHECK(box.begun().size() == 5);
  CHECK(box.running->state()->duties.at(0).history.failures == 0);
}

TEST_CASE("the status is asked for each minute, sooner while somebody looks", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.clear();
  box.settle();
  CHECK(box.questions() == 1);
  CHECK(box.running->state()->status.document == "{\"schema\":1}");
  const Timestamp first = *box.running->state()->status.taken;
  box.live(40 * kSecond_ns);  // somebody has looked just now
  CHECK(box.questions() == 4);
  box.live(10 * kMinute_ns);
  CHECK(box.questions() == 14);
  CHECK(*box.running->state()->status.taken > first);
}

TEST_CASE("the status is asked for when a job has ended", "[appliance]") {
  ApplianceBox box;
  box.live(30 * kSecond_ns);
  CHECK(box.questions() == 1);
  box.child("backup desk").finish({});
  box.settle();
  CHECK(box.questions() == 2);
}

TEST_CASE("a status that gives no answer is stopped, and that is said", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.clear();
  box.settle();
  box.status = [](const std::string&) {
    return sim::SimScript{.end = {}, .end_if_asked = ports::ProcessEnd{.signal = 9}};
  };
  box.live(60 * kSecond_ns);
  CHECK(box.running->state()->status.trouble == StatusTrouble::none);
  CHECK(box.child("status").was_asked() == false);
  box.live(61 * kSecond_ns);
  CHECK(box.running->state()->status.trouble == StatusTrouble::hangs);
  CHECK(box.running->state()->status.document == "{\"schema\":1}");
  CHECK(box.log.count(EventKind::status_hangs) == 1);
  box.status = [](const std::string&) { return ApplianceBox::answer("{\"schema\":2}"); };
  box.live(2 * kMinute_ns);
  CHECK(box.running->state()->status.trouble == StatusTrouble::none);
  CHECK(box.running->state()->status.document == "{\"schema\":2}");
}

TEST_CASE("jobs run although there is no status", "[appliance]") {
  ApplianceBox box;
  SECTION("it hangs") {
    box.status = [](const std::string&) { return sim::SimScript{.end = {}}; };
    box.live(59 * kSecond_ns);
    CHECK(box.begun().empty());
    box.live(2 * kSecond_ns);
  }
  SECTION("it fails") {
    box.status = [](const std::string&) {
      return ApplianceBox::answer("{\"error\":{\"code\":\"disk_missing\"}}", 13);
    };
    box.settle();
    CHECK(box.running->state()->status.trouble == StatusTrouble::failed);
    CHECK(box.running->state()->status.failure.find("disk_missing") != std::string::npos);
  }
  SECTION("it cannot be started") {
    box.status = [](const std::string&) -> Result<sim::SimScript> {
      return make_error(ErrorCode::out_of_memory);
    };
    box.settle();
    CHECK(box.running->state()->status.trouble == StatusTrouble::not_started);
  }
  CHECK(box.begun() == Words{"backup desk"});
}

TEST_CASE("without a box in its home it waits for one", "[appliance]") {
  ApplianceBox box;
  box.status = [](const std::string&) {
    return ApplianceBox::answer("{\"schema\":1,\"error\":{\"code\":\"no_home\",\"exit\":10}}", 10);
  };
  box.live(10 * kMinute_ns);
  CHECK(box.begun().empty());
  CHECK_FALSE(box.running->state()->status.is_set_up);
  box.status = [](const std::string&) { return ApplianceBox::answer("{}"); };
  box.live(11 * kSecond_ns);
  CHECK(box.begun() == Words{"backup desk"});
}

TEST_CASE("settings are looked at each minute, and when asked", "[appliance]") {
  ApplianceBox box;
  box.program = quick;
  box.live(10 * kMinute_ns);
  const int looks = box.settings.looks;
  CHECK(looks >= 10);
  CHECK(looks <= 11);
  box.settings.settings.duties.push_back(ApplianceBox::every("drill", "desk", kHour_ns));
  box.running->reload();
  box.settle();
  CHECK(box.settings.looks == looks + 1);
  CHECK(box.begun().back() == "drill desk");
}

TEST_CASE("what is wrong with settings is shown, and logged once", "[appliance]") {
  ApplianceBox box;
  box.program = quick;
  box.settings.settings.complaints = {make_error(ErrorCode::bad_business, "/home/a.toml")};
  box.live(5 * kMinute_ns);
  REQUIRE(box.running->state()->complaints.size() == 1);
  CHECK(box.running->state()->complaints[0].where == "/home/a.toml");
  CHECK(box.log.count(EventKind::settings_wrong) == 1);
  box.settings.settings.complaints.clear();
  box.live(5 * kMinute_ns);
  CHECK(box.running->state()->complaints.empty());
  CHECK(box.log.count(EventKind::settings_good) == 1);
}

TEST_CASE("a home that cannot be written stops no job, and is said", "[appliance]") {
  ApplianceBox box;
  box.home.set_read_only(true);
  box.program = quick;
  box.settle();
  CHECK(box.states() == "1:done");
  REQUIRE(box.running->state()->complaints.size() == 1);
  CHECK(box.running->state()->complaints[0].code == "read_only");
  CHECK(box.log.count(EventKind::jobs_not_kept) == 1);
  box.home.set_read_only(false);
  box.live(2 * kHour_ns);
  CHECK(box.running->state()->complaints.empty());
}

TEST_CASE("who stops asks its children to, and begins nothing more", "[appliance]") {
  ApplianceBox box;
  box.settings.settings.duties.push_back(ApplianceBox::every("backup", "cards", kHour_ns, 20));
  box.settings.settings.duties.push_back(ApplianceBox::every("backup", "loans", kHour_ns, 30));
  box.settle();
  CHECK(box.states() == "1:running 2:running 3:queued");
  box.running->stop();
  CHECK_FALSE(box.running->ask({.kind = JobKind::backup, .business = "x"}));
  box.running->turn();
  CHECK(box.child("backup desk").was_asked());
  // One of them comes to its end all the same.
  box.child("backup cards").finish({});
  box.settle();
  CHECK(box.running->is_idle());
  CHECK(box.running->state()->is_stopping);
  CHECK(box.begun().size() == 2);

  box.running.reset();
  box.start();
  CHECK(box.states() == "1:cut 2:done 3:queued 4:queued");
}

TEST_CASE("a lost file of jobs keeps nothing from working", "[appliance]") {
  ApplianceBox box;
  box.program = quick;
  box.settle();
  box.running.reset();
  box.home.plant(appliance::kJobsPath, view_of("no such line\n"));
  box.start();
  box.settle();
  CHECK(box.states() == "1:done");
}

TEST_CASE("wherever the power goes, what is due is done, and a job that ran is known as cut",
          "[appliance]") {
  const auto run_until_cut = [](ApplianceBox& box, std::uint64_t cut) {
    box.world.cut_at(cut);
    box.settle();
    if (!box.processes.running().empty()) box.child("backup desk").finish({});
    box.settle();
  };
  std::uint64_t operations = 0;
  {
    ApplianceBox box;
    box.program = quick;
    box.live(kMinute_ns);
    operations = box.world.operations();
  }
  REQUIRE(operations > 5);
  for (std::uint64_t cut = 1; cut <= operations + 1; ++cut) {
    for (const auto policy :
         {sim::CrashPolicy::drop_unsynced, sim::CrashPolicy::keep_all, sim::CrashPolicy::random}) {
      ApplianceBox box(cut);
      run_until_cut(box, cut);
      box.running.reset();
      box.world.crash({.policy = policy, .seed = cut});
      const bool is_known = box.file().find(" running ") != std::string::npos;
      const bool is_done = box.file().find(" done ") != std::string::npos;
      box.program = quick;
      box.start();
      CHECK(box.log.count(EventKind::job_cut) == (is_known ? 1 : 0));
      const std::size_t before = box.begun().size();
      box.settle();
      REQUIRE(box.begun().size() == before + (is_done ? 0 : 1));
      CHECK(box.file().find(" running ") == std::string::npos);
      CHECK(box.file().find(" queued ") == std::string::npos);
    }
  }
}

}  // namespace holdfast::test
