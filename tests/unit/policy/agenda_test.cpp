// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/agenda.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace holdfast::policy {
namespace {

constexpr std::int64_t kMinute_ns = 60'000'000'000;
constexpr std::int64_t kHour_ns = 60 * kMinute_ns;
constexpr std::int64_t kDay_ns = 24 * kHour_ns;

Timestamp at(std::string_view text) {
  const auto moment = Timestamp::parse(text);
  REQUIRE(moment);
  return *moment;
}

Duty duty_of(std::string_view times) {
  const auto calendar = parse_calendar(times);
  REQUIRE(calendar);
  Duty duty;
  duty.job = "backup";
  duty.times = *calendar;
  return duty;
}

Duty every(std::int64_t ns) {
  Duty duty;
  duty.times = Interval{ns};
  return duty;
}

// One duty, and what becomes of it.
struct Box {
  Duty duty;
  DutyHistory history{.since = at("2026-01-01T12:00Z")};

  [[nodiscard]] Outlook look(Timestamp now) const {
    return plan_agenda({&duty, 1}, {&history, 1}, now, {}).outlooks[0];
  }
  [[nodiscard]] Outlook look(std::string_view now) const { return look(at(now)); }
  [[nodiscard]] std::string next(std::string_view now) const {
    const Outlook outlook = look(now);
    CHECK(outlook.is_due == (outlook.next && *outlook.next <= at(now)));
    return outlook.next ? outlook.next->rfc3339() : "none";
  }
  void start(Timestamp now) {
    history.last_start = now;
    history.is_running = true;
  }
  void end_good(Timestamp now) {
    history.last_good_end = now;
    history.failures = 0;
    history.is_running = false;
  }
  void fail(Timestamp now) {
    history.last_failure = now;
    ++history.failures;
    history.is_running = false;
  }
  void run(std::string_view begin, std::string_view end) {
    start(at(begin));
    end_good(at(end));
  }
};

TEST_CASE("A duty is due from its time on until it starts, and then at its next time") {
  Box box{duty_of("01:30")};
  CHECK(box.next("2026-01-01T13:00Z") == "2026-01-02T01:30:00Z");
  CHECK(box.next("2026-01-02T01:29:59Z") == "2026-01-02T01:30:00Z");
  CHECK(box.look("2026-01-02T01:30:00Z").is_due);
  CHECK(box.next("2026-01-02T01:31:00Z") == "2026-01-02T01:30:00Z");
  box.start(at("2026-01-02T01:31:00Z"));
  CHECK(box.next("2026-01-02T01:32:00Z") == "none");
  CHECK(box.next("2026-01-03T01:32:00Z") == "none");
  box.end_good(at("2026-01-02T03:00:00Z"));
  CHECK(box.next("2026-01-02T03:00:00Z") == "2026-01-03T01:30:00Z");
}

TEST_CASE("However many times passed, one run makes up for them") {
  Box box{duty_of("hourly")};
  box.run("2026-01-01T13:00Z", "2026-01-01T13:01Z");
  CHECK(box.next("2026-01-20T09:40Z") == "2026-01-01T14:00:00Z");
  box.run("2026-01-20T09:40Z", "2026-01-20T09:41Z");
  CHECK(box.next("2026-01-20T09:42Z") == "2026-01-20T10:00:00Z");
  SECTION("also those that passed while it ran") {
    box.run("2026-01-20T10:00Z", "2026-01-20T15:20Z");
    CHECK(box.next("2026-01-20T15:20Z") == "2026-01-20T11:00:00Z");
    box.run("2026-01-20T15:20Z", "2026-01-20T15:30Z");
    CHECK(box.next("2026-01-20T15:30Z") == "2026-01-20T16:00:00Z");
  }
}

TEST_CASE("An interval begins with a run, and is counted from each start") {
  Box box{every(15 * kMinute_ns)};
  CHECK(box.look("2026-01-01T12:00Z").is_due);
  box.run("2026-01-01T12:00Z", "2026-01-01T12:10Z");
  CHECK(box.next("2026-01-01T12:11Z") == "2026-01-01T12:15:00Z");
  CHECK(box.look("2025-01-01T12:00Z").is_due);
}

TEST_CASE("What failed is tried again after 1 min to 1 h, and at its regular time at the latest") {
  CHECK(retry_delay_ns(1) == kMinute_ns);
  CHECK(retry_delay_ns(2) == 2 * kMinute_ns);
  CHECK(retry_delay_ns(6) == 32 * kMinute_ns);
  CHECK(retry_delay_ns(7) == kHour_ns);
  CHECK(retry_delay_ns(4'000'000'000) == kHour_ns);
  Box box{duty_of("01:30")};
  box.start(at("2026-01-02T01:30Z"));
  box.fail(at("2026-01-02T01:40Z"));
  CHECK(box.next("2026-01-02T01:40Z") == "2026-01-02T01:41:00Z");
  CHECK(box.look("2026-01-02T01:40Z").is_retry);
  box.start(at("2026-01-02T01:41Z"));
  box.fail(at("2026-01-02T01:42Z"));
  CHECK(box.next("2026-01-02T01:42Z") == "2026-01-02T01:44:00Z");
  box.history.failures = 30;
  box.start(at("2026-01-03T01:00Z"));
  box.fail(at("2026-01-03T01:10Z"));
  CHECK(box.next("2026-01-03T01:10Z") == "2026-01-03T01:30:00Z");
  CHECK_FALSE(box.look("2026-01-03T01:10Z").is_retry);
  box.run("2026-01-03T01:30Z", "2026-01-03T01:35Z");
  CHECK(box.next("2026-01-03T01:36Z") == "2026-01-04T01:30:00Z");
}

TEST_CASE("What has no regular time any more is still tried until it is good") {
  Box box{duty_of("2026-01-02 01:30")};
  box.start(at("2026-01-02T01:30Z"));
  box.fail(at("2026-01-02T01:40Z"));
  CHECK(box.next("2026-01-02T01:40Z") == "2026-01-02T01:41:00Z");
  box.run("2026-01-02T01:41Z", "2026-01-02T01:50Z");
  CHECK(box.next("2026-01-02T01:50Z") == "none");
}

TEST_CASE("Nothing begins while its window is closed") {
  Box box{duty_of("hourly")};
  const auto span = parse_span("22:00-06:00");
  REQUIRE(span);
  box.duty.window = Window{.spans = {*span}, .rate = {}, .rate_outside = {}};
  box.run("2026-01-02T05:00Z", "2026-01-02T06:30Z");
  CHECK(box.next("2026-01-02T06:30Z") == "2026-01-02T22:00:00Z");
  CHECK(box.look("2026-01-02T06:30Z").waits_for_window);
  CHECK(box.look("2026-01-02T22:00Z").is_due);
  CHECK_FALSE(box.look("2026-01-02T22:00Z").waits_for_window);
  SECTION("a time to come that lies outside waits for the opening after it") {
    box.run("2026-01-02T05:10Z", "2026-01-02T05:20Z");
    CHECK(box.next("2026-01-02T05:30Z") == "2026-01-02T22:00:00Z");
    CHECK_FALSE(box.look("2026-01-02T05:30Z").waits_for_window);
  }
  SECTION("neither does another try") {
    box.start(at("2026-01-02T05:30Z"));
    box.fail(at("2026-01-02T06:00Z"));
    CHECK(box.next("2026-01-02T06:10Z") == "2026-01-02T22:00:00Z");
  }
  SECTION("what it cut off goes on at its opening, or at its regular time before that") {
    box.duty.times = *parse_calendar("daily 23:00");
    box.run("2026-01-02T23:00Z", "2026-01-02T23:10Z");
    box.start(at("2026-01-03T23:00Z"));
    box.history.is_running = false;
    box.history.cut_off = at("2026-01-04T06:00Z");
    CHECK(box.next("2026-01-04T06:00Z") == "2026-01-04T22:00:00Z");
    CHECK(box.look("2026-01-04T06:00Z").is_retry);
    CHECK(box.look("2026-01-04T06:02Z").waits_for_window);
    // Its window was open all the same: no more than once a minute.
    box.history.cut_off = at("2026-01-04T01:00Z");
    CHECK(box.next("2026-01-04T01:00Z") == "2026-01-04T01:01:00Z");
    CHECK(box.look("2026-01-03T01:00Z").is_due);  // the clock was set back
  }
  SECTION("a rate outside lets it begin") {
    box.duty.window->rate_outside = 1000;
    CHECK(box.look("2026-01-02T06:30Z").is_due);
  }
}

TEST_CASE("Without a good end within its target a duty is overdue") {
  Box box{duty_of("01:30")};
  box.duty.rpo_ns = 26 * kHour_ns;
  CHECK(box.look("2026-01-01T12:00Z").overdue_at == at("2026-01-02T14:00Z"));
  CHECK_FALSE(box.look("2026-01-02T13:59:59Z").is_overdue);
  CHECK(box.look("2026-01-02T14:00Z").is_overdue);
  box.start(at("2026-01-02T15:00Z"));
  CHECK(box.look("2026-01-02T15:30Z").is_overdue);
  box.fail(at("2026-01-02T15:30Z"));
  CHECK(box.look("2026-01-02T15:30Z").is_overdue);
  box.run("2026-01-02T15:40Z", "2026-01-02T16:00Z");
  CHECK_FALSE(box.look("2026-01-03T17:59Z").is_overdue);
  CHECK(box.look("2026-01-03T18:00Z").is_overdue);
  SECTION("a good end that lies a little ahead is one, and one far ahead proves nothing") {
    CHECK_FALSE(box.look("2026-01-02T15:59Z").is_overdue);
    CHECK_FALSE(box.look("2026-01-01T14:00Z").is_overdue);
    CHECK(box.look("2026-01-01T13:59Z").is_overdue);
  }
  SECTION("without a target it never is") {
    box.duty.rpo_ns.reset();
    CHECK_FALSE(box.look("2036-01-03T18:00Z").is_overdue);
    CHECK_FALSE(box.look("2036-01-03T18:00Z").overdue_at);
  }
}

TEST_CASE("How old a good end becomes while all is well") {
  const auto age = [](const Times& times) {
    return good_age_max_ns(times, at("2026-01-01T12:00Z"));
  };
  CHECK(age(duty_of("daily 05:00").times) == 26 * kHour_ns);
  CHECK(age(duty_of("Mon..Fri 05:00").times) == 78 * kHour_ns);
  CHECK(age(duty_of("*-*-01 12:00").times) == 31 * kDay_ns * 13 / 12);
  CHECK(age(duty_of("8..18:00").times) == 16 * kHour_ns);
  CHECK(age(every(15 * kMinute_ns).times) == 135 * kMinute_ns);
  CHECK(age(every(4 * kDay_ns).times) == 104 * kHour_ns);
  CHECK_FALSE(age(duty_of("2026-01-02 01:30").times));
}

TEST_CASE("A start that lies ahead is believed while it leaves out no more than one time") {
  Box box{duty_of("01:30")};
  box.run("2026-01-10T01:30Z", "2026-01-10T01:40Z");
  CHECK(box.next("2026-01-10T00:00Z") == "2026-01-11T01:30:00Z");
  CHECK(box.next("2026-01-09T01:30Z") == "2026-01-11T01:30:00Z");
  CHECK(box.look("2026-01-09T01:29Z").is_due);
  CHECK(box.look("2025-01-10T00:00Z").is_due);
  SECTION("then it is due once, and has a start to count from") {
    box.run("2025-01-10T00:00Z", "2025-01-10T00:10Z");
    CHECK(box.next("2025-01-10T00:11Z") == "2025-01-10T01:30:00Z");
    CHECK(box.look("2026-01-10T02:00Z").is_due);
  }
  SECTION("a failure that lies ahead is not waited for") {
    box.fail(at("2026-01-10T01:50Z"));
    CHECK(box.next("2026-01-10T01:40Z") == "2026-01-10T01:40:00Z");
  }
}

TEST_CASE("A box whose clock was ahead when it learned of a duty does not wait for that time") {
  for (const Duty& duty : {duty_of("01:30"), every(kHour_ns)}) {
    CHECK(Box{duty}.look("2024-01-01T00:00Z").is_due);
  }
}

TEST_CASE("Of those that are due the smaller priority goes first, then who waits longest") {
  std::vector<Duty> duties = {duty_of("01:30"), duty_of("01:00"), duty_of("01:15"),
                              duty_of("02:00"), duty_of("01:00")};
  duties[2].priority = 1;
  duties[0].priority = duties[1].priority = duties[4].priority = 2;
  const std::vector<DutyHistory> histories(5, DutyHistory{.since = at("2026-01-01T12:00Z")});
  const Agenda agenda = plan_agenda(duties, histories, at("2026-01-02T01:40Z"), {});
  CHECK(agenda.due == std::vector<std::size_t>{2, 1, 4, 0});
  CHECK(agenda.outlooks[3].next == at("2026-01-02T02:00Z"));
}

TEST_CASE("It is asked again when something is to come, and within a minute anyway") {
  Box box{duty_of("01:30")};
  const auto wait_ns = [&](std::string_view now) {
    return plan_agenda({&box.duty, 1}, {&box.history, 1}, at(now), {}).wait_ns;
  };
  CHECK(wait_ns("2026-01-02T01:00Z") == kMinute_ns);
  CHECK(wait_ns("2026-01-02T01:29:20Z") == 40 * kSecond_ns);
  CHECK(wait_ns("2026-01-02T01:29:59.9Z") == kSecond_ns);
  CHECK(wait_ns("2026-01-02T01:30Z") == kMinute_ns);
  box.duty.rpo_ns = 13 * kHour_ns + 29 * kMinute_ns;
  CHECK(wait_ns("2026-01-02T01:28:30Z") == 30 * kSecond_ns);
  CHECK(plan_agenda({}, {}, at("2026-01-02"), {}).wait_ns == kMinute_ns);
}

// A box that runs for weeks on a clock that is set to and fro by up to two years.
struct World {
  explicit World(unsigned seed, Duty duty) : random(seed), box{std::move(duty)} {
    box.history.since = true_time;
  }

  std::minstd_rand random;
  Box box;
  Timestamp true_time = at("2026-01-01T12:00Z");
  std::int64_t error_ns = 0;
  int starts = 0;

  void live(std::int64_t span_ns) {
    const Timestamp end{true_time.ns + span_ns};
    while (true_time < end) {
      const Timestamp now{true_time.ns + error_ns};
      const Agenda agenda = plan_agenda({&box.duty, 1}, {&box.history, 1}, now, {});
      if (!agenda.due.empty()) {
        ++starts;
        box.start(now);
        true_time.ns += 3 * kMinute_ns;
        box.end_good({true_time.ns + error_ns});
      }
      true_time.ns += std::max(agenda.wait_ns, 5 * kMinute_ns);
    }
  }
  void jump() { error_ns = (static_cast<std::int64_t>(random() % 35'000) - 17'500) * kHour_ns; }
};

TEST_CASE("Whatever is done to the clock, nothing runs again and again, and nothing stops") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    World world(seed, seed % 2 == 0 ? duty_of("01:30") : every(kDay_ns));
    constexpr int kJumps = 6;
    int days = 0;
    for (int jump = 0; jump < kJumps; ++jump) {
      const int stay = static_cast<int>(world.random() % 4);
      days += stay;
      world.live(stay * kDay_ns);
      world.jump();
    }
    // A run a day, one that each jump costs, and one for the part of a day on each side of it.
    CHECK(world.starts <= days + 2 * kJumps + 1);
    world.starts = 0;
    world.live(10 * kDay_ns);
    CHECK(world.starts >= 8);
    CHECK(world.starts <= 12);
    CHECK_FALSE(world.box.look(Timestamp{world.true_time.ns + world.error_ns}).is_due);
  }
}

}  // namespace
}  // namespace holdfast::policy
