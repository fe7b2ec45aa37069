// SPDX-License-Identifier: Apache-2.0
// Lines of days, as the files below records/ have them.
#include "firmware/job/statistics_files.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace holdfast::job {

namespace {

using Line = std::vector<std::string>;

// What is read of a line whose file has the first `columns` columns only.
std::optional<records::DayStatistics> read_back(const Line& line, std::size_t columns) {
  const std::vector<std::string>& names = statistics_columns();
  const auto field = [&](std::string_view column) -> std::string_view {
    const auto place = static_cast<std::size_t>(std::ranges::find(names, column) - names.begin());
    return place < columns ? std::string_view(line.at(place)) : std::string_view();
  };
  records::DayStatistics day;
  if (!read_statistics_line(field, day)) return std::nullopt;
  return day;
}

}  // namespace

TEST_CASE("A day stands in the file of its month, and what has no start in one of its own") {
  CHECK(statistics_file("cdr", 20'786) == "records/cdr/statistics/2026-11.csv");
  CHECK(statistics_file("cdr", 20'787) == "records/cdr/statistics/2026-11.csv");
  CHECK(statistics_file("cdr", 20'788) == "records/cdr/statistics/2026-12.csv");
  CHECK(statistics_file("cdr", 0) == "records/cdr/statistics/1970-01.csv");
  CHECK(statistics_file("cdr", std::nullopt) == "records/cdr/statistics/undated.csv");
}

TEST_CASE("A line has a field for each column, and only classes that are there") {
  records::DayStatistics day;
  day.add_row(records::CallClass::matched, 9);
  day.add_row(records::CallClass::matched, 23);
  day.add_row(records::CallClass::missing_recording, 9);
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
  const Line line = statistics_line(20'786, day);
  CHECK(line == Line{"2026-11-29", "3", "3", "2", "57", "2000", "1",
                     "missing_recording=1;matched=2", "orphan_recording=1;matched=1",
                     ".=1/7;wav=1/50", "9=2;23=1"});
  CHECK(line.size() == statistics_columns().size());
  CHECK(statistics_line(std::nullopt, {}) ==
        Line{"", "0", "0", "0", "0", "0", "0", "", "", "", ""});
  CHECK(read_back(line, line.size()) == day);
}

TEST_CASE("A file that an earlier release wrote has no hours") {
  records::DayStatistics day;
  day.add_row(records::CallClass::matched, 9);
  const auto read = read_back(statistics_line(20'786, day), statistics_columns().size() - 1);
  REQUIRE(read);
  CHECK(read->calls == 1);
  CHECK(read->calls_by_hour == records::HoursOfDay{});
}

TEST_CASE("An hour that no day has is none") {
  Line line = statistics_line(20'786, {});
  for (const char* hours : {"24=1", "9", "9=", "=1", "-1=1", "9=1,10=1"}) {
    line.back() = hours;
    CHECK_FALSE(read_back(line, line.size()));
  }
}

}  // namespace holdfast::job
