// SPDX-License-Identifier: Apache-2.0
// Times as systems write them.
#include "firmware/records/time_format.h"

#include <catch2/catch.hpp>
#include <string>

#include "hal/base/time.h"

namespace holdfast::records {

namespace {

// The moment, or the time on the wall, as RFC 3339 text; what is no moment has no Z.
std::string read(std::string_view form, std::string_view text) {
  const auto format = TimeFormat::parse(form);
  REQUIRE(format);
  REQUIRE(format->can_read());
  const auto time = format->read(text);
  if (!time) return "none";
  std::string out = Timestamp{time->ms * 1'000'000}.rfc3339();
  if (!time->is_moment) out.pop_back();
  return out;
}

std::string written(std::string_view form, std::string_view moment) {
  const auto format = TimeFormat::parse(form);
  REQUIRE(format);
  REQUIRE(format->can_write());
  std::string out;
  format->write(Timestamp::parse(moment)->ns / 1'000'000, out);
  return out;
}

}  // namespace

TEST_CASE("a time is read by the directives of its format") {
  CHECK(read("%Y-%m-%d %H:%M:%S", "2021-01-31 11:41:29") == "2021-01-31T11:41:29");
  CHECK(read("%F %T", "2021-01-31 11:41:29") == "2021-01-31T11:41:29");
  CHECK(read("%Y%m%d%H%M%S", "20210131114129") == "2021-01-31T11:41:29");
  CHECK(read("%Y/%m/%d %H:%M:%S", "2021/1/3 9:05:07") == "2021-01-03T09:05:07");
  CHECK(read("%d/%m/%y %H:%M", "31/01/21 11:41") == "2021-01-31T11:41:00");
  CHECK(read("%y%m%d%H%M", "9901311141") == "1999-01-31T11:41:00");
  CHECK(read("%Y年%m月%d日 %H时%M分%S秒", "2021年1月31日 11时41分29秒") == "2021-01-31T11:41:29");
  CHECK(read("%d-%b-%Y %H:%M:%S", "31-Jan-2021 11:41:29") == "2021-01-31T11:41:29");
  CHECK(read("%Y%m%d%H%M%S%L", "20210131114129123") == "2021-01-31T11:41:29.123");
  CHECK(read("%Y-%m-%dT%H:%M:%S%z", "2021-01-31T11:41:29+08:00") == "2021-01-31T03:41:29Z");
  CHECK(read("%Y%%%m%%%d %H%M", "2021%01%31 1141") == "2021-01-31T11:41:00");
}

TEST_CASE("hours of twelve are read with their half of the day") {
  const std::string form = "%m/%d/%Y %I:%M:%S %p";
  CHECK(read(form, "01/31/2021 11:41:29 PM") == "2021-01-31T23:41:29");
  CHECK(read(form, "1/31/2021 12:00:00 AM") == "2021-01-31T00:00:00");
  CHECK(read(form, "1/31/2021 12:00:00 PM") == "2021-01-31T12:00:00");
  CHECK(read(form, "1/31/2021 13:00:00 PM") == "none");
  CHECK(read(form, "1/31/2021 0:00:00 AM") == "none");
  CHECK(read("%Y/%m/%d %p %I:%M:%S", "2021/1/31 下午 3:04:05") == "2021-01-31T15:04:05");
  CHECK(read("%Y/%m/%d %p %I:%M:%S", "2021/1/31 上午 3:04:05") == "2021-01-31T03:04:05");
}

TEST_CASE("a fraction of the seconds is taken where nothing else can be meant") {
  CHECK(read("%F %T", "2021-01-31 11:41:29.5") == "2021-01-31T11:41:29.5");
  CHECK(read("%F %T", "2021-01-31 11:41:29.123999") == "2021-01-31T11:41:29.123");
  CHECK(read("%F %T", "2021-01-31 11:41:29.") == "none");
  CHECK(read("%F-%H%M%S.wav", "2021-01-31-114129.wav") == "2021-01-31T11:41:29");
  CHECK(read("%F-%H%M%S.%L", "2021-01-31-114129.250") == "2021-01-31T11:41:29.25");
}

TEST_CASE("ISO 8601 is read in its forms, with an offset and without") {
  for (const std::string text :
       {"2021-01-31T11:41:29", "2021-01-31 11:41:29", "20210131T114129", "2021-01-31t11:41:29"}) {
    CAPTURE(text);
    CHECK(read("iso8601", text) == "2021-01-31T11:41:29");
  }
  for (const std::string text :
       {"2021-01-31T11:41:29+08:00", "2021-01-31 11:41:29+08", "2021-01-31T11:41:29+0800",
        "2021-01-31T03:41:29Z", "20210131T034129Z", "2021-01-31 11:41:29 +0800",
        "2021-01-30T22:11:29-05:30"}) {
    CAPTURE(text);
    CHECK(read("iso8601", text) == "2021-01-31T03:41:29Z");
  }
  CHECK(read("iso8601", "2021-01-31T11:41:29,25") == "2021-01-31T11:41:29.25");
  for (const std::string text :
       {"2021-01-31", "2021-01-31T11:41", "2021-1-31T11:41:29", "2021-01-31T11:41:29+15:00",
        "2021-01-31T11:41:29x", "2021-01-31T11:41:29 ", "2021-01-31T114129", ""}) {
    CAPTURE(text);
    CHECK(read("iso8601", text) == "none");
  }
}

TEST_CASE("counts since 1970 are moments, and a count in another unit is none") {
  CHECK(read("epoch_s", "1612064489") == "2021-01-31T03:41:29Z");
  CHECK(read("epoch_s", "1612064489.25") == "2021-01-31T03:41:29.25Z");
  CHECK(read("epoch_ms", "1612064489123") == "2021-01-31T03:41:29.123Z");
  CHECK(read("epoch_us", "1612064489123456") == "2021-01-31T03:41:29.123Z");
  CHECK(read("epoch_s", "1612064489123") == "none");
  CHECK(read("epoch_ms", "1612064489") == "none");
  CHECK(read("epoch_ms", "1612064489123456") == "none");
  CHECK(read("epoch_us", "1612064489123") == "none");
  CHECK(read("epoch_ms", "1612064489123.5") == "none");
  for (const std::string text :
       {"-1", "", "1.61E+12", "9223372036854775808", "12a", " 1612064489"}) {
    CAPTURE(text);
    CHECK(read("epoch_s", text) == "none");
  }
}

TEST_CASE("what is no time of the calendar is refused") {
  for (const std::string text :
       {"2021-02-29 00:00:00", "2021-13-01 00:00:00", "2021-00-01 00:00:00", "2021-01-31 24:00:00",
        "2021-01-31 23:60:00", "2021-01-31 23:59:60", "1989-12-31 23:59:59", "2200-01-01 00:00:00",
        "2021-01-31 11:41:29x", "x2021-01-31 11:41:29", "2021-01-31", "21-01-31 11:41:29", ""}) {
    CAPTURE(text);
    CHECK(read("%F %T", text) == "none");
  }
  CHECK(read("%F %T", "2020-02-29 00:00:00") == "2020-02-29T00:00:00");
}

TEST_CASE("a text that is no format is refused") {
  for (const std::string text : {"", "%", "%Q", "%Y%Y", "%F %Y", "iso", "yyyy-mm-dd", "2021"}) {
    CAPTURE(text);
    CHECK_FALSE(TimeFormat::parse(text));
  }
  for (const std::string text :
       {"%Y-%m %H:%M", "%F", "%F %I:%M", "%F %H", "%F %H:%M %p", "%Y %y-%m-%d %H:%M", "%H:%M:%S"}) {
    CAPTURE(text);
    REQUIRE(TimeFormat::parse(text));
    CHECK_FALSE(TimeFormat::parse(text)->can_read());
  }
  CHECK_FALSE(TimeFormat::parse("epoch_s")->can_write());
  CHECK_FALSE(TimeFormat::parse("%F %T%z")->can_write());
}

TEST_CASE("a time is written by its directives") {
  const std::string moment = "2021-01-03T09:05:07.045Z";
  CHECK(written("%m/%d", moment) == "01/03");
  CHECK(written("%Y%m%d%H%M%S%L", moment) == "20210103090507045");
  CHECK(written("%d-%b-%y at %I:%M %p, 100%%", moment) == "03-Jan-21 at 09:05 AM, 100%");
  CHECK(written("%I%p", "2021-01-03T00:30:00Z") == "12AM");
  CHECK(written("%I%p", "2021-12-03T13:30:00Z") == "01PM");
}

}  // namespace holdfast::records
