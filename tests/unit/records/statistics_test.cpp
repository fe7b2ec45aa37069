// SPDX-License-Identifier: Apache-2.0
// Statistics count what they are given, and parts merge to the whole.
#include "firmware/records/statistics.h"

#include <catch2/catch.hpp>

namespace holdfast::records {

namespace {

RecordingFacts recording(const char* path, std::uint64_t size,
                         std::optional<std::int64_t> duration_ms,
                         AudioState audio = AudioState::sound) {
  RecordingFacts facts;
  facts.path = path;
  facts.size = size;
  facts.duration_ms = duration_ms;
  facts.audio = audio;
  return facts;
}

}  // namespace

TEST_CASE("The type of a file is the ending of its name") {
  CHECK(file_type_of("recordings/01/a.WAV") == "wav");
  CHECK(file_type_of("a.b/c") == "");
  CHECK(file_type_of("a.tar.gz") == "gz");
  CHECK(file_type_of("a.12345678") == "12345678");
  CHECK(file_type_of("a.123456789") == "");
  CHECK(file_type_of("a.w v") == "");
  CHECK(file_type_of("a.") == "");
  CHECK(file_type_of("") == "");
}

TEST_CASE("A day counts rows, calls, speech, bytes and types") {
  DayStatistics day;
  day.add_row(CallClass::matched, 9);
  day.add_row(CallClass::row_rejected, 9);
  day.add_row(CallClass::duplicate_key, 9);
  day.add_row(CallClass::missing_recording, 9);
  day.add_recording(recording("a.wav", 100, 2000), CallClass::matched);
  day.add_recording(recording("b.wav", 50, 1000, AudioState::lying), CallClass::unreadable_audio);
  day.add_recording(recording("c.mp3", 7, std::nullopt), CallClass::orphan_recording);
  CHECK(day.rows == 4);
  CHECK(day.calls == 2);
  CHECK(day.recordings == 3);
  CHECK(day.bytes == 157);
  CHECK(day.speech_ms == 2000);
  CHECK(day.unmeasured == 2);
  CHECK(day.row_classes.sum() == 4);
  CHECK(day.row_classes.of(CallClass::duplicate_key) == 1);
  CHECK(day.recording_classes.of(CallClass::unreadable_audio) == 1);
  CHECK(day.file_types.at("wav") == FileTypeCount{2, 150});
  CHECK(day.file_types.at("mp3") == FileTypeCount{1, 7});
}

TEST_CASE("An hour has the calls that start in it, and no other rows") {
  DayStatistics day;
  day.add_row(CallClass::matched, 0);
  day.add_row(CallClass::row_rejected, 0);
  day.add_row(CallClass::duplicate_key, 23);
  day.add_row(CallClass::missing_recording, 23);
  day.add_row(CallClass::missing_recording, 23);
  day.add_row(CallClass::matched, std::nullopt);
  HoursOfDay hours{};
  hours.front() = 1;
  hours.back() = 2;
  CHECK(day.calls_by_hour == hours);
  CHECK(day.calls == 4);
}

TEST_CASE("Parts of statistics merge to those of the whole") {
  Statistics whole;
  Statistics left;
  Statistics right;
  for (int index = 0; index < 40; ++index) {
    Statistics& part = index % 3 == 0 ? left : right;
    const auto day = index % 5 == 0 ? std::nullopt : std::optional<std::int64_t>(index % 5);
    const CallClass call_class = kCallClasses.at(static_cast<std::size_t>(index) % 13);
    const auto facts = recording(index % 2 == 0 ? "a.wav" : "a.mp3", 10, index * 100);
    for (Statistics* statistics : {&whole, &part}) {
      statistics->days[day].add_row(call_class, static_cast<std::size_t>(index) % 24);
      statistics->days[day].add_recording(facts, call_class);
    }
  }
  Statistics merged = left;
  merged.merge(right);
  CHECK(merged.days == whole.days);
  CHECK(merged.sum().rows == 40);
  CHECK(merged.sum().row_classes.sum() == 40);
  CHECK(merged.sum() == whole.sum());
}

TEST_CASE("File types beyond the bound are counted together") {
  DayStatistics day;
  for (int index = 0; index < 200; ++index) {
    day.add_recording(recording(("a." + std::to_string(index)).c_str(), 1, 1), CallClass::matched);
  }
  CHECK(day.file_types.size() == 64);
  CHECK(day.file_types.at("").files == 200 - 63);
  DayStatistics other;
  other.add_recording(recording("a.wav", 1, 1), CallClass::matched);
  day.merge(other);
  CHECK(day.file_types.size() == 64);
  CHECK(day.file_types.at("").files == 201 - 63);
}

}  // namespace holdfast::records
