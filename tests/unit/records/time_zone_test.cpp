// SPDX-License-Identifier: Apache-2.0
// Local times, also where clocks are set.
#include "firmware/records/time_zone.h"

#include <catch2/catch.hpp>
#include <string>

#include "hal/base/time.h"

namespace holdfast::records {

namespace {

std::int64_t ms_of(std::string_view text) {
  return Timestamp::parse(text)->ns / 1'000'000;
}

Moment moment(std::string_view zone, std::string_view wall) {
  auto found = TimeZone::find(zone);
  REQUIRE(found);
  return found->moment_of(ms_of(wall));
}

}  // namespace

TEST_CASE("a zone by name and a fixed offset tell the same of a site without summer time") {
  for (const std::string zone : {"Asia/Shanghai", "+08:00"}) {
    CAPTURE(zone);
    const Moment told = moment(zone, "2021-01-31T11:41:29.5");
    CHECK(told.kind == Moment::Kind::once);
    CHECK(told.utc_ms == ms_of("2021-01-31T03:41:29.5Z"));
    CHECK(TimeZone::find(zone)->wall_of(told.utc_ms) == ms_of("2021-01-31T11:41:29.5"));
  }
  CHECK(moment("UTC", "2021-01-31T11:41:29").utc_ms == ms_of("2021-01-31T11:41:29Z"));
  CHECK(moment("-03:30", "2021-01-31T11:41:29").utc_ms == ms_of("2021-01-31T15:11:29Z"));
}

TEST_CASE("the hour that clocks skip never was") {
  CHECK(moment("Europe/Berlin", "2021-03-28T01:59:59.999").kind == Moment::Kind::once);
  CHECK(moment("Europe/Berlin", "2021-03-28T02:00:00").kind == Moment::Kind::skipped);
  CHECK(moment("Europe/Berlin", "2021-03-28T02:59:59.999").kind == Moment::Kind::skipped);
  const Moment after = moment("Europe/Berlin", "2021-03-28T03:00:00");
  CHECK(after.kind == Moment::Kind::once);
  CHECK(after.utc_ms == ms_of("2021-03-28T01:00:00Z"));
}

TEST_CASE("of the hour that comes twice the first is taken") {
  const Moment first = moment("Europe/Berlin", "2021-10-31T02:30:00");
  CHECK(first.kind == Moment::Kind::repeated);
  CHECK(first.utc_ms == ms_of("2021-10-31T00:30:00Z"));
  CHECK(moment("Europe/Berlin", "2021-10-31T01:59:59").kind == Moment::Kind::once);
  CHECK(moment("Europe/Berlin", "2021-10-31T03:00:00").utc_ms == ms_of("2021-10-31T02:00:00Z"));
  auto zone = TimeZone::find("Europe/Berlin");
  CHECK(zone->wall_of(ms_of("2021-10-31T00:30:00Z")) ==
        zone->wall_of(ms_of("2021-10-31T01:30:00Z")));
}

TEST_CASE("what a zone remembers changes nothing it says") {
  TimeZone used = *TimeZone::find("Europe/Berlin");
  const WallTime begin = ms_of("2021-01-01T00:00:00");
  constexpr std::int64_t kStepMs = 1'000'000;  // 16 minutes and some seconds, for two years
  for (std::int64_t i = 0; i < 63'000; ++i) {
    // Far apart and close together, forward and back.
    const WallTime wall = begin + (i % 3 == 0 ? i : 63'000 - i) * kStepMs;
    TimeZone fresh = *TimeZone::find("Europe/Berlin");
    const Moment told = used.moment_of(wall);
    const Moment wanted = fresh.moment_of(wall);
    REQUIRE(told.kind == wanted.kind);
    REQUIRE(told.utc_ms == wanted.utc_ms);
    REQUIRE(used.wall_of(wall) == fresh.wall_of(wall));
  }
}

TEST_CASE("China had summer time until 1991") {
  CHECK(moment("Asia/Shanghai", "1991-07-01T12:00:00").utc_ms == ms_of("1991-07-01T03:00:00Z"));
  CHECK(moment("Asia/Shanghai", "1992-07-01T12:00:00").utc_ms == ms_of("1992-07-01T04:00:00Z"));
}

TEST_CASE("what is no zone is refused") {
  for (const std::string zone : {"", "Asia/Peking", "asia/shanghai", "+8", "+0800", "+15:00",
                                 "+08:60", "08:00", "../etc/passwd", "/etc/localtime", "+0a:00"}) {
    CAPTURE(zone);
    CHECK_FALSE(TimeZone::find(zone));
  }
}

}  // namespace holdfast::records
