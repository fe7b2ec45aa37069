// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/schedule_config.h"

#include <catch2/catch.hpp>

#include "firmware/app/config.h"

namespace holdfast::app {
namespace {

constexpr std::int64_t kHour_ns = 3'600'000'000'000;
// Of five lines, so that the table begins in line 6.
const std::string kHead = "name = \"desk\"\n\n[[source]]\npath = \"/srv/x\"\n\n";

Result<BusinessFile> parse(const std::string& schedule,
                           messages::Language language = messages::Language::english) {
  return parse_business(kHead + schedule, "desk.toml", language);
}

policy::Schedule schedule_of(const std::string& text) {
  const auto file = parse(text);
  REQUIRE(file);
  return file->definition.schedule;
}

// "LINE: what".
std::string complaint_about(const std::string& schedule) {
  const auto file = parse(schedule);
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::bad_business);
  CHECK(file.error().where == "desk.toml");
  return std::string(file.error().argument("line")) + ": " +
         std::string(file.error().argument("what"));
}

std::string jobs_of(const policy::Schedule& schedule) {
  std::string jobs;
  for (const auto& job : schedule.jobs) jobs += job.job + "=" + job.text + ";";
  return jobs;
}

TEST_CASE("A business that says nothing of it is backed up each night, and drilled") {
  const policy::Schedule schedule = schedule_of("");
  CHECK(jobs_of(schedule) == "backup=daily 01:30;drill=daily 05:00;");
  CHECK(schedule.rpo_ns == 26 * kHour_ns);
  CHECK_FALSE(schedule.window);
  CHECK(schedule.mode == policy::BackupMode::cold);
  CHECK_FALSE(schedule.pre);
  CHECK(schedule.trigger_file.empty());
  CHECK(schedule_of("[schedule]\n") == schedule);
}

TEST_CASE("A schedule is read with all its keys") {
  const policy::Schedule schedule = schedule_of(R"([schedule]
backup = "Mon..Fri 01:30 Asia/Shanghai"
drill = "every 12h"
verify = "monthly"
prune = "Sun 04:00"
window = ["Mon..Fri 22:00-06:00", "Sat,Sun"]
rate = "200M"
rate_outside = "20M"
rpo = "4d"
mode = "hot"
trigger_file = "/srv/done\\xff"
[schedule.pre]
command = ["/usr/local/bin/flush", "--now"]
timeout_seconds = 30
[schedule.post]
command = ["/bin/true"]
)");
  CHECK(jobs_of(schedule) ==
        "backup=Mon..Fri 01:30 Asia/Shanghai;drill=every 12h;verify=monthly;prune=Sun 04:00;");
  CHECK(std::get<policy::Calendar>(schedule.jobs[0].times) ==
        policy::parse_calendar("Mon..Fri 01:30 Asia/Shanghai"));
  CHECK(std::get<policy::Interval>(schedule.jobs[1].times).ns == 12 * kHour_ns);
  REQUIRE(schedule.window);
  REQUIRE(schedule.window->spans.size() == 2);
  CHECK(schedule.window->spans[0] == policy::parse_span("Mon..Fri 22:00-06:00"));
  CHECK(schedule.window->rate == 200'000'000);
  CHECK(schedule.window->rate_outside == 20'000'000);
  CHECK(schedule.rpo_ns == 96 * kHour_ns);
  CHECK(schedule.mode == policy::BackupMode::hot);
  CHECK(schedule.trigger_file == "/srv/done\xff");
  CHECK(schedule.pre == policy::Command{{"/usr/local/bin/flush", "--now"}, 30});
  CHECK(schedule.post == policy::Command{{"/bin/true"}, 60});
}

TEST_CASE(
    "Packs of a hot business are put together each night unless its file says when, or never") {
  const std::string hot = "[schedule]\nmode = \"hot\"\n";
  CHECK(jobs_of(schedule_of(hot)) == "backup=daily 01:30;drill=daily 05:00;packs=daily 04:00;");
  CHECK(std::get<policy::Calendar>(schedule_of(hot).jobs.back().times) ==
        policy::parse_calendar("daily 04:00"));
  CHECK(jobs_of(schedule_of(hot + "prune = \"never\"\n")) ==
        "backup=daily 01:30;drill=daily 05:00;");
  CHECK(jobs_of(schedule_of(hot + "prune = \"weekly\"\n")) ==
        "backup=daily 01:30;drill=daily 05:00;prune=weekly;");
  CHECK(complaint_about(hot + "packs = \"daily\"\n").find("`packs` is not known") !=
        std::string::npos);
}

TEST_CASE("What is new at hot sources has a target, unless it has to wait for a window") {
  const std::string hot = "[schedule]\nmode = \"hot\"\n";
  const std::string window = "window = \"22:00-06:00\"\n";
  CHECK(schedule_of(hot).hot_rpo_ns == kHour_ns / 2);
  CHECK(schedule_of(hot + "rate = \"20M\"\n").hot_rpo_ns == kHour_ns / 2);
  CHECK_FALSE(schedule_of(hot + window).hot_rpo_ns);
  CHECK(schedule_of(hot + window + "rate_outside = \"20M\"\n").hot_rpo_ns == kHour_ns / 2);
  CHECK(schedule_of(hot + window + "hot_rpo = \"20h\"\n").hot_rpo_ns == 20 * kHour_ns);
  CHECK(schedule_of(hot + "hot_rpo = \"2min\"\n").hot_rpo_ns == kHour_ns / 30);
  CHECK_FALSE(schedule_of("").hot_rpo_ns);
  for (const char* text : {"119s", "10", "fast"}) {
    CHECK(complaint_about(hot + "hot_rpo = \"" + text + "\"\n") ==
          "8: `hot_rpo` must be \"2min\", \"30min\", \"1h\"");
  }
  CHECK(complaint_about("[schedule]\nhot_rpo = \"1h\"\n") ==
        "7: `hot_rpo` is of what is backed up as it comes, and `mode` is not hot");
}

TEST_CASE("A window may be one text, and a rate needs none") {
  CHECK(schedule_of("[schedule]\nwindow = \"22:00-06:00\"\n").window->spans.size() == 1);
  const auto rated = schedule_of("[schedule]\nrate = \"20M\"\n");
  REQUIRE(rated.window);
  CHECK(rated.window->spans.empty());
  CHECK(rated.window->rate == 20'000'000);
}

TEST_CASE("What is never to run does not, and then there is no target to miss") {
  const auto none = schedule_of("[schedule]\nbackup = \"never\"\ndrill = \"never\"\n");
  CHECK(none.jobs.empty());
  CHECK_FALSE(none.rpo_ns);
}

TEST_CASE("Backups that files or programs ask for may have a target of their own") {
  const std::string never = "[schedule]\nbackup = \"never\"\n";
  CHECK(schedule_of(never + "rpo = \"8d\"\n").rpo_ns == 8 * 24 * kHour_ns);
  CHECK(complaint_about(never + "rpo = \"8\"\n") == "8: `rpo` must be \"90min\", \"26h\", \"8d\"");
}

TEST_CASE("A schedule that can never be kept is told with its line and what to do") {
  const Timestamp now{1'790'000'000'000'000'000};  // in September of 2026
  const auto fault = [&](const std::string& text) {
    const auto kept = check_schedule(kHead + text, "desk.toml", messages::Language::english,
                                     schedule_of(text), now);
    if (kept) return std::string();
    CHECK(kept.error().code == ErrorCode::bad_business);
    CHECK(kept.error().where == "desk.toml");
    return std::string(kept.error().argument("line")) + ": " +
           std::string(kept.error().argument("what"));
  };
  CHECK(fault("").empty());
  CHECK(fault("[schedule]\nbackup = \"2020-01-01\"\nrpo = \"26h\"\n") ==
        "7: `backup` has no time that is still to come: it would never run again. Write `never` if "
        "that is meant");
  CHECK(fault("[schedule]\nbackup = \"daily\"\nrpo = \"1h\"\n") ==
        "8: `rpo` is shorter than the time between two backups, so that it is missed however well "
        "they run: write a longer one, or more backups");
  // Of the backup that nobody wrote.
  CHECK(fault("[schedule]\nrpo = \"2h\"\n").starts_with("7: `rpo` is shorter"));
  CHECK(
      fault("[schedule]\nmode = \"hot\"\nbackup = \"never\"\n") ==
      "7: `mode` is hot, and `backup` is never: a backup of everything is needed now and then, for "
      "it alone asks for rows and finds what nobody told");
}

TEST_CASE("Whoever says when backups come says how long there may be none") {
  CHECK(complaint_about("[schedule]\nbackup = \"weekly\"\n") == "6: `rpo` is missing here");
  CHECK(schedule_of("[schedule]\nrpo = \"2d\"\n").rpo_ns == 48 * kHour_ns);
}

TEST_CASE("A calendar that is none is refused with its line, its place and what to do") {
  const auto backup = [](const std::string& text) {
    return complaint_about("[schedule]\nrpo = \"26h\"\nbackup = \"" + text + "\"\n");
  };
  CHECK(backup("dayly 01:30") ==
        "8: `backup` = dayly 01:30: dayly at character 1 is neither a weekday nor a word such as "
        "daily");
  CHECK(backup("Mon 25:00") == "8: `backup` = Mon 25:00: 25 at character 5 should be from 0 to 23");
  CHECK(backup("*:*/5") ==
        "8: `backup` = *:*/5: a * has no repetition: write 0 in place of the * at character 3");
  CHECK(backup("*-02-30 01:30") == "8: `backup` = *-02-30 01:30: no such day will ever come");
  CHECK(backup("01:30 Mars/Base") ==
        "8: `backup` = 01:30 Mars/Base: Mars/Base at character 7 is no time zone that this system "
        "knows; write it like Asia/Shanghai or UTC");
  CHECK(backup("每天 01:30") ==
        "8: `backup` = 每天 01:30: 每天 at character 1 is neither a date "
        "like *-*-01 nor a time like 01:30");
  CHECK(backup("01:30 每天") ==
        "8: `backup` = 01:30 每天: 每天 at character 7 does not belong there");
  CHECK(backup("every 30s") == "8: `backup` must be \"every 1min\" … \"every 366d\"");
  CHECK(backup("every day") == "8: `backup` must be \"every 1min\" … \"every 366d\"");
  const auto chinese =
      parse("[schedule]\nrpo = \"26h\"\nbackup = \"24:00\"\n", messages::Language::chinese);
  REQUIRE_FALSE(chinese);
  CHECK(chinese.error().argument("what") ==
        "`backup` = 24:00：第 1 个字符处的 24 应在 0 到 23 之间");
}

TEST_CASE("A file that starts backups has an absolute path") {
  const auto after = [](const std::string& path) {
    return complaint_about("[schedule]\ntrigger_file = \"" + path + "\"\n");
  };
  const std::string complaint = "7: `trigger_file` must be \"/…\"";
  for (const char* path : {"", "done.flag", "/srv/", "/srv/\\\\x00", "/srv/\\\\q"}) {
    CAPTURE(path);
    CHECK(after(path) == complaint);
  }
}

TEST_CASE("Other slips of the pen have their lines, too") {
  const auto after = [](const std::string& lines) {
    return complaint_about("[schedule]\n" + lines + "\n");
  };
  CHECK(after("drlil = \"daily\"") == "7: the key `drlil` is not known; did you mean `drill`?");
  CHECK(after("drill = 5") == "7: `drill` must be \"…\"");
  CHECK(after("drill = \"daily\"\ndrill = \"weekly\"").starts_with("8: this is not TOML: "));
  CHECK(after("window = \"22:00\"") ==
        "7: `window` = 22:00: 22:00 at character 1 is no span of time like 22:00-06:00");
  CHECK(after("window = [\n\"Mon 22:00-06:00\",\n\"Tue 6:00-06:00\"]") ==
        "9: `window` = Tue 6:00-06:00: 6:00-06:00 at character 5 is no time at all; a whole day is "
        "00:00-24:00");
  CHECK(after("window = []") == "7: `window` must be \"Mon..Fri 22:00-06:00\", [\"…\"]");
  CHECK(after("window = [5]") == "7: `window` must be [\"…\", \"…\"]");
  CHECK(after("rate = \"fast\"") == "7: `rate` must be \"500K\", \"20M\", \"1G\"");
  CHECK(after("rate_outside = \"20M\"") == "6: `window` is missing here");
  CHECK(after("rpo = \"26\"") == "7: `rpo` must be \"90min\", \"26h\", \"8d\"");
  CHECK(after("mode = \"warm\"") == "7: `mode` must be \"cold\", \"hot\"");
  CHECK(after("pre = \"/bin/true\"") == "7: `pre` must be [pre]");
  CHECK(after("[schedule.pre]\ncomand = [\"/bin/true\"]") ==
        "8: the key `comand` is not known; did you mean `command`?");
  CHECK(after("[schedule.pre]\ntimeout_seconds = 5") == "7: `command` is missing here");
  CHECK(after("[schedule.pre]\ncommand = [\"true\"]") == "8: `command` must be [\"/…\", \"…\"]");
  CHECK(after("[schedule.pre]\ncommand = []") == "8: `command` must be [\"/…\", \"…\"]");
  CHECK(after("[schedule.pre]\ncommand = [\"/bin/a\\u0000b\"]") ==
        "8: `command` must be [\"/…\", \"…\"]");
  CHECK(after("[schedule.post]\ncommand = [\"/bin/true\"]\ntimeout_seconds = 0") ==
        "9: `timeout_seconds` must be 1, 2, 3 …");
}

TEST_CASE("Durations are a whole number and one unit") {
  CHECK(parse_duration("90s") == kHour_ns / 40);
  CHECK(parse_duration("15min") == kHour_ns / 4);
  CHECK(parse_duration("26h") == 26 * kHour_ns);
  CHECK(parse_duration("366d") == 366 * 24 * kHour_ns);
  for (const char* text : {"", "5", "0h", "-1h", "+1h", "1.5h", "5 h", "5m", "h", "367d",
                           "9223372036854775807d", "99999999999999999999h", "1h30min"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

}  // namespace
}  // namespace holdfast::app
