// SPDX-License-Identifier: Apache-2.0
// What the names of recordings say of their calls.
#include "firmware/records/name_pattern.h"

#include <catch2/catch.hpp>
#include <string>

#include "hal/base/time.h"

namespace holdfast::records {

namespace {

RecordingFacts read(std::string_view pattern, std::string_view format, std::string path) {
  auto parsed = NamePattern::parse(pattern);
  REQUIRE(parsed);
  RecordingFacts facts;
  facts.path = std::move(path);
  facts.call_id = "of the path before";
  facts.numbers = {"of the path before"};
  facts.start_ms = 1;
  TimeZone zone = *TimeZone::find("Asia/Shanghai");
  parsed->read(facts, {}, TimeFormat::parse(format), zone);
  return facts;
}

constexpr std::string_view kRobot = R"((?P<agent>\d+)_(?P<phone>\d+)_(?P<start>\d{14})\.wav$)";

}  // namespace

TEST_CASE("numbers and start of a call are read from the name of its recording") {
  const RecordingFacts facts =
      read(kRobot, "%Y%m%d%H%M%S", "recordings/01/31/2049_15372388463_20210131114129.wav");
  CHECK(facts.numbers == std::vector<std::string>{"2049", "15372388463"});
  CHECK(facts.start_ms == Timestamp::parse("2021-01-31T03:41:29Z")->ns / 1'000'000);
  CHECK(facts.call_id.empty());
}

TEST_CASE("a start in pieces, and a call id") {
  const RecordingFacts facts = read(
      R"(/(?P<start_day>\d{8})/(?P<start_time>\d{6})-(?P<number_from>\+?\d+)-(?P<call_id>[^-]+)\.)",
      "%Y%m%d%H%M%S", "rec/20210131/114129-+8613800138000-1612064489.12.wav");
  CHECK(facts.call_id == "1612064489.12");
  CHECK(facts.numbers == std::vector<std::string>{"13800138000"});
  CHECK(facts.start_ms == Timestamp::parse("2021-01-31T03:41:29Z")->ns / 1'000'000);
}

TEST_CASE("a name that does not fit tells nothing") {
  for (const std::string path :
       {"recordings/01/31/readme.txt", "2049_15372388463_20210131.wav", ""}) {
    CAPTURE(path);
    const RecordingFacts facts = read(kRobot, "%Y%m%d%H%M%S", path);
    CHECK(facts.call_id.empty());
    CHECK(facts.numbers.empty());
    CHECK_FALSE(facts.start_ms);
  }
}

TEST_CASE("a start that is none leaves the numbers") {
  const RecordingFacts facts = read(kRobot, "%Y%m%d%H%M%S", "2049_15372388463_20211331114129.wav");
  CHECK(facts.numbers.size() == 2);
  CHECK_FALSE(facts.start_ms);
}

TEST_CASE("bytes that are no text are read around") {
  const RecordingFacts facts =
      read(kRobot, "%Y%m%d%H%M%S", "\xb0\xa1/2049_15372388463_20210131114129.wav");
  CHECK(facts.numbers.size() == 2);
}

TEST_CASE("a text that is no pattern, or names what nobody knows, is refused") {
  for (const std::string text :
       {"", "x", "(", "(?P<start>", R"((\d+))", R"((?P<fone>\d+))", R"((?P<call_id>\d+)(?P<x>y))",
        R"((?P<start>((((a{100}){100}){100}){100}))"}) {
    CAPTURE(text);
    CHECK_FALSE(NamePattern::parse(text));
  }
  CHECK(NamePattern::parse(R"((?P<call_id>\d+))"));
  CHECK_FALSE(NamePattern::parse(R"((?P<call_id>\d+))")->has_start());
  CHECK(NamePattern::parse(kRobot)->has_start());
}

}  // namespace holdfast::records
