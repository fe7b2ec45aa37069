// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/job_file.h"

#include <catch2/catch.hpp>

#include "firmware/vault/checked_line.h"

namespace holdfast::appliance {

namespace {

const Timestamp kTime = *Timestamp::parse("2026-03-01T01:02:03.5Z");

std::vector<Job> some_jobs() {
  const Job done{.id = 7,
                 .request = {.kind = JobKind::restore,
                             .business = "坐席 -",
                             .arguments = {"--target", "/a b\\c\n", "-", ""},
                             .priority = 4'000'000'000,
                             .asked_by = "ann"},
                 .state = JobState::done,
                 .asked = kTime,
                 .started = Timestamp{kTime.ns + 1},
                 .ended = Timestamp{kTime.ns + 2},
                 .exit_code = 3};
  const Job running{.id = 8,
                    .request = {.kind = JobKind::tend},
                    .state = JobState::running,
                    .asked = kTime,
                    .started = kTime,
                    .ended = {},
                    .exit_code = {},
                    .signal = 9,
                    .cuts = 2};
  return {done, running};
}

std::vector<DutyRecord> some_duties() {
  return {{JobKind::backup,
           "desk",
           {.since = kTime,
            .last_start = Timestamp{kTime.ns + 1},
            .last_good_end = Timestamp{kTime.ns + 2},
            .last_failure = Timestamp{kTime.ns + 3},
            .failures = 4,
            .cut_off = Timestamp{kTime.ns + 4}}},
          {JobKind::tend, "", {.since = kTime}}};
}

std::vector<TriggerRecord> some_triggers() {
  return {{"desk", "/srv/done flag\n", {7, kTime, Timestamp{kTime.ns + 1}}, true}};
}

std::size_t lines_kept(std::string_view text) {
  const KeptJobs kept = read_jobs(text);
  return kept.jobs.size() + kept.duties.size() + kept.triggers.size();
}

}  // namespace

TEST_CASE("jobs and duties come back as they were", "[job_file]") {
  const std::string text = write_jobs(some_jobs(), some_duties(), some_triggers());
  const KeptJobs kept = read_jobs(text);
  REQUIRE(kept.jobs.size() == 2);
  REQUIRE(kept.duties.size() == 2);
  REQUIRE(kept.triggers.size() == 1);
  CHECK(kept.triggers[0].path == some_triggers()[0].path);
  CHECK(kept.triggers[0].seen == some_triggers()[0].seen);
  CHECK(kept.triggers[0].is_owed);
  CHECK(kept.jobs[0].request.arguments == some_jobs()[0].request.arguments);
  CHECK(kept.jobs[0].request.business == "坐席 -");
  CHECK(kept.jobs[0].ended == Timestamp{kTime.ns + 2});
  CHECK(kept.jobs[1].state == JobState::running);
  CHECK(kept.duties[0].history.last_failure == Timestamp{kTime.ns + 3});
  CHECK_FALSE(kept.duties[1].history.last_start);
  CHECK(write_jobs(kept.jobs, kept.duties, kept.triggers) == text);  // which has all of it
}

TEST_CASE("the file of jobs is as its format says", "[job_file]") {
  CHECK(write_jobs(some_jobs(), some_duties(), some_triggers()) ==
        vault::checked_line(
            "job 7 restore 坐席\\x20- done 4000000000 0 2026-03-01T01:02:03.5Z "
            "2026-03-01T01:02:03.500000001Z 2026-03-01T01:02:03.500000002Z 3 0 ann --target "
            "/a\\x20b\\\\c\\x0a \\x2d -") +
            vault::checked_line("job 8 tend - running 0 2 2026-03-01T01:02:03.5Z "
                                "2026-03-01T01:02:03.5Z - - 9 -") +
            vault::checked_line("duty backup desk 2026-03-01T01:02:03.5Z "
                                "2026-03-01T01:02:03.500000001Z 2026-03-01T01:02:03.500000002Z "
                                "2026-03-01T01:02:03.500000003Z 4 "
                                "2026-03-01T01:02:03.500000004Z") +
            vault::checked_line("duty tend - 2026-03-01T01:02:03.5Z - - - 0 -") +
            vault::checked_line("trigger desk /srv/done\\x20flag\\x0a 7 2026-03-01T01:02:03.5Z "
                                "2026-03-01T01:02:03.500000001Z owed"));
}

TEST_CASE("a damaged line takes itself away and no other", "[job_file]") {
  const std::string text = write_jobs(some_jobs(), some_duties(), some_triggers());
  constexpr std::size_t kAll = 5;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const std::size_t left = lines_kept(damaged);
    REQUIRE(left < kAll);
    REQUIRE(left >= kAll - 2);  // without the end of a line, both of its neighbours
  }
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    REQUIRE(lines_kept(std::string_view(text).substr(0, size)) < kAll);
  }
}

TEST_CASE("lines that are whole but make no sense are left out", "[job_file]") {
  const std::string time = " 2026-03-01T01:02:03.5Z";
  const auto kept = [](const std::string& words) {
    return lines_kept(vault::checked_line(words)) == 1;
  };
  CHECK(kept("duty tend -" + time + " - - - 0"));
  CHECK(lines_kept("duty tend -" + time + " - - - 0\n") == 0);  // no check
  CHECK(kept("duty tend -" + time + " - - - 0" + time));
  CHECK_FALSE(kept("duty tend -" + time + " - - - 0 1"));
  CHECK_FALSE(kept("duty tend -" + time + " - - - 0 - -"));
  CHECK_FALSE(kept("duty tend -" + time + " - - -"));
  CHECK_FALSE(kept("duty tend - - - - - 0"));
  CHECK_FALSE(kept("duty tend -" + time + " - - - 99999999999"));
  CHECK_FALSE(kept("duty dance -" + time + " - - - 0"));
  CHECK_FALSE(kept("duty tend \\q" + time + " - - - 0"));
  CHECK(kept("job 1 tend - done 0 0" + time + " - - 0 0 -"));
  CHECK_FALSE(kept("job 1 tend - done 0 0" + time + " - - 256 0 -"));
  CHECK_FALSE(kept("job 1 tend - done 0 0" + time + " - - x 0 -"));
  CHECK_FALSE(kept("job 1 tend - over 0 0" + time + " - - 0 0 -"));
  CHECK_FALSE(kept("job 1 tend - done 0 0" + time + " - - 0 0"));
  CHECK(kept("trigger desk /a 0" + time + time + " served"));
  CHECK_FALSE(kept("trigger desk /a 0" + time + time + " eaten"));
  CHECK_FALSE(kept("trigger desk /a 0" + time + " - owed"));
  CHECK_FALSE(kept("trigger desk /a -1" + time + time + " owed"));
  CHECK_FALSE(kept("trigger desk /a 0" + time + time + " owed owed"));
  CHECK_FALSE(kept("task 1 tend - done 0 0" + time + " - - 0 0 -"));
}

TEST_CASE("ids rise, or the line is left out", "[job_file]") {
  std::vector<Job> jobs = some_jobs();
  jobs[1].id = jobs[0].id;
  CHECK(lines_kept(write_jobs(jobs, {}, {})) == 1);
}

}  // namespace holdfast::appliance
