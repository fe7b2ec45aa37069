// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/recording_names.h"

#include <catch2/catch.hpp>

#include "hal/base/time.h"

namespace holdfast::records {

namespace {

Mapping mapping() {
  Mapping mapping;
  mapping.zone = "Asia/Shanghai";
  return mapping;
}

RecordingFacts read(const Mapping& by, std::string path) {
  RecordingFacts facts;
  facts.path = std::move(path);
  RecordingNames(by).read(facts);
  return facts;
}

}  // namespace

TEST_CASE("a recording's name is read by the mapping") {
  Mapping by = mapping();
  by.recording.name_pattern = R"((?P<phone>\d+)_(?P<start>\d{14}))";
  by.recording.start_format = "%Y%m%d%H%M%S";
  const RecordingFacts facts = read(by, "rec/8613800138000_20210131114129.wav");
  CHECK(facts.numbers == std::vector<std::string>{"13800138000"});
  CHECK(facts.start_ms == Timestamp::parse("2021-01-31T03:41:29Z")->ns / 1'000'000);
}

TEST_CASE("a pattern without a start needs no format") {
  Mapping by = mapping();
  by.recording.name_pattern = R"(/(?P<call_id>\d+)-(?P<phone>\d+)\.wav$)";
  const RecordingFacts facts = read(by, "rec/77-13800138000.wav");
  CHECK(facts.call_id == "77");
  CHECK(facts.numbers == std::vector<std::string>{"13800138000"});
  CHECK_FALSE(facts.start_ms);
}

TEST_CASE("without a pattern a name says nothing") {
  const RecordingFacts facts = read(mapping(), "rec/13800138000_20210131114129.wav");
  CHECK(facts.call_id.empty());
  CHECK(facts.numbers.empty());
}

}  // namespace holdfast::records
