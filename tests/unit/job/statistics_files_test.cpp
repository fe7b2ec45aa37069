// SPDX-License-Identifier: Apache-2.0
// Lines of days, as the files below records/ have them.
#include "firmware/job/statistics_files.h"

#include <catch2/catch.hpp>

namespace holdfast::job {

TEST_CASE("A day stands in the file of its month, and what has no start in one of its own") {
  CHECK(statistics_file("cdr", 20'786) == "records/cdr/statistics/2026-11.csv");
  CHECK(statistics_file("cdr", 20'787) == "records/cdr/statistics/2026-11.csv");
  CHECK(statistics_file("cdr", 20'788) == "records/cdr/statistics/2026-12.csv");
  CHECK(statistics_file("cdr", 0) == "records/cdr/statistics/1970-01.csv");
  CHECK(statistics_file("cdr", std::nullopt) == "records/cdr/statistics/undated.csv");
}

TEST_CASE("A line has a field for each column, and only classes that are there") {
  records::DayStatistics day;
  day.add_row(records::CallClass::matched);
  day.add_row(records::CallClass::matched);
  day.add_row(records::CallClass::missing_recording);
  records::RecordingFacts recording;
  recording.path = "rec/a.WAV";
  recording.size = 50;
  recording.duration_ms = 2000;
  recording.audio = records::AudioState::sound;
  day.add_recording(recording, records::CallClass::matched);
  recording.path = "rec/b";
  recording.size = 7;
  recording.duration_ms.reset();
  day.add_recording(recording, records::CallClass::orphan_recording);
  using Line = std::vector<std::string>;
  const Line line = statistics_line(20'786, day);
  CHECK(line == Line{"2026-11-29", "3", "3", "2", "57", "2000", "1",
                     "missing_recording=1;matched=2", "orphan_recording=1;matched=1",
                     ".=1/7;wav=1/50"});
  CHECK(line.size() == statistics_columns().size());
  CHECK(statistics_line(std::nullopt, {}) == Line{"", "0", "0", "0", "0", "0", "0", "", "", ""});
}

}  // namespace holdfast::job
