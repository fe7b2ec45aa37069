// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/calendar.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

namespace holdfast::policy {
namespace {

Timestamp at(std::string_view text) {
  const auto moment = Timestamp::parse(text);
  REQUIRE(moment);
  return *moment;
}

TimeZone zone_of(std::string_view name) {
  const auto zone = TimeZone::find(name);
  REQUIRE(zone);
  return *zone;
}

std::string next_times(std::string_view text, std::string_view zone, std::string_view base,
                       std::size_t count = 3) {
  const auto calendar = parse_calendar(text);
  REQUIRE(calendar);
  std::string times;
  for (const Timestamp& each : upcoming(*calendar, at(base), zone_of(zone), count)) {
    times += (times.empty() ? "" : " ") + each.rfc3339();
  }
  return times;
}

struct Answer {
  const char* text;
  const char* zone;
  const char* base;
  const char* next;  // three
};

// What `systemd-analyze calendar --iterations=3` of systemd 252 says.
// clang-format off
constexpr Answer kAnswers[] = {
    {"minutely", "UTC", "2026-01-30T12:00:00Z", "2026-01-30T12:01:00Z 2026-01-30T12:02:00Z 2026-01-30T12:03:00Z"},
    {"hourly", "UTC", "2026-01-30T12:00:00Z", "2026-01-30T13:00:00Z 2026-01-30T14:00:00Z 2026-01-30T15:00:00Z"},
    {"daily", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z 2026-02-01T00:00:00Z 2026-02-02T00:00:00Z"},
    {"weekly", "UTC", "2026-01-30T12:00:00Z", "2026-02-02T00:00:00Z 2026-02-09T00:00:00Z 2026-02-16T00:00:00Z"},
    {"monthly", "UTC", "2026-01-30T12:00:00Z", "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z"},
    {"quarterly", "UTC", "2026-01-30T12:00:00Z", "2026-04-01T00:00:00Z 2026-07-01T00:00:00Z 2026-10-01T00:00:00Z"},
    {"semiannually", "UTC", "2026-01-30T12:00:00Z", "2026-07-01T00:00:00Z 2027-01-01T00:00:00Z 2027-07-01T00:00:00Z"},
    {"yearly", "UTC", "2026-01-30T12:00:00Z", "2027-01-01T00:00:00Z 2028-01-01T00:00:00Z 2029-01-01T00:00:00Z"},
    {"DAILY", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z 2026-02-01T00:00:00Z 2026-02-02T00:00:00Z"},
    {"Mon..Fri 01:30", "UTC", "2026-01-30T12:00:00Z", "2026-02-02T01:30:00Z 2026-02-03T01:30:00Z 2026-02-04T01:30:00Z"},
    {"Sat,Sun 08:05:40", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T08:05:40Z 2026-02-01T08:05:40Z 2026-02-07T08:05:40Z"},
    {"Mon,", "UTC", "2026-01-30T12:00:00Z", "2026-02-02T00:00:00Z 2026-02-09T00:00:00Z 2026-02-16T00:00:00Z"},
    {"monday *-12-* 17:00", "UTC", "2026-01-30T12:00:00Z", "2026-12-07T17:00:00Z 2026-12-14T17:00:00Z 2026-12-21T17:00:00Z"},
    {"Wed, 17:48", "UTC", "2026-01-30T12:00:00Z", "2026-02-04T17:48:00Z 2026-02-11T17:48:00Z 2026-02-18T17:48:00Z"},
    {"Tue..Tue", "UTC", "2026-01-30T12:00:00Z", "2026-02-03T00:00:00Z 2026-02-10T00:00:00Z 2026-02-17T00:00:00Z"},
    {"mon-wed,SAT 5:00", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T05:00:00Z 2026-02-02T05:00:00Z 2026-02-03T05:00:00Z"},
    {"*-*-01 02:00", "UTC", "2026-01-30T12:00:00Z", "2026-02-01T02:00:00Z 2026-03-01T02:00:00Z 2026-04-01T02:00:00Z"},
    {"*:0/15", "UTC", "2026-01-30T12:00:00Z", "2026-01-30T12:15:00Z 2026-01-30T12:30:00Z 2026-01-30T12:45:00Z"},
    {"*:30/29", "UTC", "2026-01-30T12:00:00Z", "2026-01-30T12:30:00Z 2026-01-30T12:59:00Z 2026-01-30T13:30:00Z"},
    {"10..12/2:5,50", "UTC", "2026-01-30T12:00:00Z", "2026-01-30T12:05:00Z 2026-01-30T12:50:00Z 2026-01-31T10:05:00Z"},
    {"00000001:1", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T01:01:00Z 2026-02-01T01:01:00Z 2026-02-02T01:01:00Z"},
    {"*:*:30", "UTC", "2026-01-30T12:00:00Z", "2026-01-30T12:00:30Z 2026-01-30T12:01:30Z 2026-01-30T12:02:30Z"},
    {"23:59:58/1", "UTC", "2026-01-30T12:00:00Z", "2026-01-30T23:59:58Z 2026-01-30T23:59:59Z 2026-01-31T23:59:58Z"},
    {"*-*~01", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z 2026-02-28T00:00:00Z 2026-03-31T00:00:00Z"},
    {"*-02~03", "UTC", "2026-01-30T12:00:00Z", "2026-02-26T00:00:00Z 2027-02-26T00:00:00Z 2028-02-27T00:00:00Z"},
    {"Mon *-05~07/1", "UTC", "2026-01-30T12:00:00Z", "2026-05-25T00:00:00Z 2027-05-31T00:00:00Z 2028-05-29T00:00:00Z"},
    {"*-*~1..6/3", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z 2026-02-25T00:00:00Z 2026-02-28T00:00:00Z"},
    {"*-*~05,3", "UTC", "2026-01-30T12:00:00Z", "2026-02-24T00:00:00Z 2026-02-26T00:00:00Z 2026-03-27T00:00:00Z"},
    {"*-*-31", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z 2026-03-31T00:00:00Z 2026-05-31T00:00:00Z"},
    {"*-02-29 12:00", "UTC", "2026-01-30T12:00:00Z", "2028-02-29T12:00:00Z 2032-02-29T12:00:00Z 2036-02-29T12:00:00Z"},
    {"Mon *-02-29", "UTC", "2026-01-30T12:00:00Z", "2044-02-29T00:00:00Z 2072-02-29T00:00:00Z 2112-02-29T00:00:00Z"},
    {"03-05", "UTC", "2026-01-30T12:00:00Z", "2026-03-05T00:00:00Z 2027-03-05T00:00:00Z 2028-03-05T00:00:00Z"},
    {"27-3..4-1,15", "UTC", "2026-01-30T12:00:00Z", "2027-03-01T00:00:00Z 2027-03-15T00:00:00Z 2027-04-01T00:00:00Z"},
    {"2027..2028-1/6-1", "UTC", "2026-01-30T12:00:00Z", "2027-01-01T00:00:00Z 2027-07-01T00:00:00Z 2028-01-01T00:00:00Z"},
    {"*-*", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z 2026-02-01T00:00:00Z 2026-02-02T00:00:00Z"},
    {"*~*", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z 2026-02-01T00:00:00Z 2026-02-02T00:00:00Z"},
    {"*-*-* *:*:0/20", "UTC", "2026-01-30T12:00:00Z", "2026-01-30T12:00:20Z 2026-01-30T12:00:40Z 2026-01-30T12:01:00Z"},
    {"*-1/2-1,3 *:30:45", "UTC", "2026-01-30T12:00:00Z", "2026-03-01T00:30:45Z 2026-03-01T01:30:45Z 2026-03-01T02:30:45Z"},
    {"99-12-31", "UTC", "2026-01-30T12:00:00Z", ""},
    {"2199-12-31 23:59:59", "UTC", "2026-01-30T12:00:00Z", "2199-12-31T23:59:59Z"},
    {"Fri *-*-13", "UTC", "2026-01-30T12:00:00Z", "2026-02-13T00:00:00Z 2026-03-13T00:00:00Z 2026-11-13T00:00:00Z"},
    {"12:00 utc", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T12:00:00Z 2026-02-01T12:00:00Z 2026-02-02T12:00:00Z"},
    {"12:00 Asia/Shanghai", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T04:00:00Z 2026-02-01T04:00:00Z 2026-02-02T04:00:00Z"},
    {"Mon America/New_York", "UTC", "2026-01-30T12:00:00Z", "2026-02-02T05:00:00Z 2026-02-09T05:00:00Z 2026-02-16T05:00:00Z"},
    {"*-*-1/30", "UTC", "2026-01-30T12:00:00Z", "2026-01-31T00:00:00Z 2026-02-01T00:00:00Z 2026-03-01T00:00:00Z"},
    {"02:30", "Europe/Berlin", "2025-03-28T11:00:00Z", "2025-03-29T01:30:00Z 2025-03-31T00:30:00Z 2025-04-01T00:30:00Z"},
    {"*:0/15", "Europe/Berlin", "2025-03-30T00:40:00Z", "2025-03-30T00:45:00Z 2025-03-30T01:00:00Z 2025-03-30T01:15:00Z"},
    {"02:30", "Europe/Berlin", "2025-10-24T10:00:00Z", "2025-10-25T00:30:00Z 2025-10-26T00:30:00Z 2025-10-27T01:30:00Z"},
    {"*:0/30", "Europe/Berlin", "2025-10-25T23:40:00Z", "2025-10-26T00:00:00Z 2025-10-26T00:30:00Z 2025-10-26T02:00:00Z"},
    {"daily", "Europe/Berlin", "2025-10-25T10:00:00Z", "2025-10-25T22:00:00Z 2025-10-26T23:00:00Z 2025-10-27T23:00:00Z"},
    {"daily", "America/Santiago", "2025-09-05T16:00:00Z", "2025-09-06T04:00:00Z 2025-09-08T03:00:00Z 2025-09-09T03:00:00Z"},
    {"00:30", "America/Santiago", "2025-09-05T16:00:00Z", "2025-09-06T04:30:00Z 2025-09-08T03:30:00Z 2025-09-09T03:30:00Z"},
    {"01:45", "Australia/Lord_Howe", "2025-04-05T12:00:00Z", "2025-04-05T14:45:00Z 2025-04-06T15:15:00Z 2025-04-07T15:15:00Z"},
    {"*:0/15", "Australia/Lord_Howe", "2025-04-05T14:20:00Z", "2025-04-05T14:30:00Z 2025-04-05T14:45:00Z 2025-04-05T15:30:00Z"},
    {"*-*-* 02:15", "Australia/Lord_Howe", "2025-10-04T01:30:00Z", "2025-10-05T15:15:00Z 2025-10-06T15:15:00Z 2025-10-07T15:15:00Z"},
    {"10:00", "Pacific/Apia", "2011-12-28T22:00:00Z", "2011-12-29T20:00:00Z 2011-12-30T20:00:00Z 2011-12-31T20:00:00Z"},
    {"Mon..Fri 01:30", "Asia/Shanghai", "2026-10-23T04:00:00Z", "2026-10-25T17:30:00Z 2026-10-26T17:30:00Z 2026-10-27T17:30:00Z"},
    {"02:30 Europe/Berlin", "UTC", "2025-03-28T12:00:00Z", "2025-03-29T01:30:00Z 2025-03-31T00:30:00Z 2025-04-01T00:30:00Z"},
    {"daily UTC", "Asia/Kolkata", "2025-12-31T18:30:00Z", "2026-01-01T00:00:00Z 2026-01-02T00:00:00Z 2026-01-03T00:00:00Z"},
    {"01:30", "America/New_York", "2025-11-01T16:00:00Z", "2025-11-02T05:30:00Z 2025-11-03T06:30:00Z 2025-11-04T06:30:00Z"},
    {"hourly", "America/New_York", "2025-11-02T04:10:00Z", "2025-11-02T05:00:00Z 2025-11-02T07:00:00Z 2025-11-02T08:00:00Z"},
};
// clang-format on

TEST_CASE("Calendars come when systemd says, changes of clocks included") {
  for (const Answer& answer : kAnswers) {
    INFO(answer.text << " in " << answer.zone << " after " << answer.base);
    CHECK(next_times(answer.text, answer.zone, answer.base) == answer.next);
  }
}

TEST_CASE("What comes behind the last number of a repetition is not left out") {
  // systemd 252 goes on with 10:00 here.
  CHECK(next_times("1/9:00", "UTC", "2026-09-30T23:56:29Z", 2) ==
        "2026-10-01T01:00:00Z 2026-10-01T10:00:00Z");
}

TEST_CASE("Of a time that comes twice the first is meant, also when the second is near") {
  // 02:40 in winter time: 02:45 was there an hour ago.
  CHECK(next_times("*:0/15", "Europe/Berlin", "2025-10-26T01:40:00Z", 2) ==
        "2025-10-26T02:00:00Z 2025-10-26T02:15:00Z");
}

TEST_CASE("A word may have a time behind it, and zones a fixed distance") {
  CHECK(parse_calendar("daily 01:30") == parse_calendar("01:30"));
  CHECK(parse_calendar("weekly 4:05") == parse_calendar("Mon 04:05"));
  CHECK(parse_calendar("Monthly 02:00 Asia/Shanghai") ==
        parse_calendar("*-*-01 02:00 Asia/Shanghai"));
  CHECK(next_times("daily 01:30", "+08:00", "2026-01-01T00:00:00Z", 1) == "2026-01-01T17:30:00Z");
  CHECK(next_times("daily 01:30 -03:30", "UTC", "2026-01-01T00:00:00Z", 1) ==
        "2026-01-01T05:00:00Z");
}

TEST_CASE("Fractions of a second of the moment count") {
  const auto calendar = parse_calendar("*:*:*");
  REQUIRE(calendar);
  CHECK(next_after(*calendar, {1'999'999'999}, TimeZone()) == Timestamp{2'000'000'000});
  CHECK(next_after(*calendar, {2'000'000'000}, TimeZone()) == Timestamp{3'000'000'000});
  CHECK(next_after(*calendar, {-1}, TimeZone()) == Timestamp{0});
}

TEST_CASE("What has had its last time does not come any more") {
  CHECK(next_times("2003-03-05", "UTC", "2026-01-01") == "");
  CHECK(next_times("2027..2028-01-01", "UTC", "2026-01-01") ==
        "2027-01-01T00:00:00Z 2028-01-01T00:00:00Z");
  CHECK(next_times("daily", "UTC", "2199-12-30T12:00Z") == "2199-12-31T00:00:00Z");
}

struct Refusal {
  const char* text;
  CalendarFault fault;
  std::size_t offset;
  std::size_t size;
};

// Those with a comment are taken by systemd 252.
constexpr Refusal kRefusals[] = {
    {"", CalendarFault::empty, 0, 0},
    {" daily", CalendarFault::neither, 0, 1},
    {"hourly 01:30", CalendarFault::unexpected, 7, 5},
    {"dayly", CalendarFault::unknown_word, 0, 5},
    {"Mon,Thr 01:30", CalendarFault::unknown_word, 4, 3},
    {"Mon,,Tue", CalendarFault::unknown_word, 4, 1},
    {"Fri..Mon", CalendarFault::backwards, 0, 8},
    {"Mon..", CalendarFault::unknown_word, 5, 0},
    {"Mon/2", CalendarFault::unexpected, 3, 1},
    {"5", CalendarFault::neither, 0, 1},
    {"*", CalendarFault::neither, 0, 1},
    {"1,2,3", CalendarFault::neither, 0, 1},
    {"*-*-* 5", CalendarFault::neither, 6, 1},
    {"*-*-*/5", CalendarFault::star_step, 4, 1},
    {"*:*/5", CalendarFault::star_step, 2, 1},
    {"24:00", CalendarFault::out_of_range, 0, 2},
    {"12:60", CalendarFault::out_of_range, 3, 2},
    {"12:00:60", CalendarFault::out_of_range, 6, 2},
    {"*-13-01", CalendarFault::out_of_range, 2, 2},
    {"*-*-0", CalendarFault::out_of_range, 4, 1},
    {"*-*~29", CalendarFault::out_of_range, 4, 2},
    {"1969-1-1", CalendarFault::out_of_range, 0, 4},
    {"2200-1-1", CalendarFault::out_of_range, 0, 4},
    {"99999999999:1", CalendarFault::out_of_range, 0, 11},
    {"5..3:00", CalendarFault::backwards, 0, 4},
    {"*-*~07..01", CalendarFault::backwards, 4, 6},
    {"*:0/0", CalendarFault::no_step, 3, 2},
    {"*:0/60", CalendarFault::long_step, 3, 3},
    {"*:30/30", CalendarFault::long_step, 4, 3},
    {"*-*~5/5", CalendarFault::long_step, 5, 2},
    {"*-*~1/1", CalendarFault::long_step, 5, 2},
    {"*:0/99999999999", CalendarFault::long_step, 3, 12},
    {"*:0/", CalendarFault::no_number, 4, 0},
    {"1:00,", CalendarFault::no_number, 5, 0},
    {"1..:00", CalendarFault::no_number, 3, 1},
    {"1.5:00", CalendarFault::unexpected, 1, 2},
    {"+1:00", CalendarFault::no_number, 0, 2},
    {"1:2:3:4", CalendarFault::unexpected, 5, 1},
    {"1-2-3-4", CalendarFault::unexpected, 5, 1},
    {"1~2~3", CalendarFault::unexpected, 1, 1},
    {"12:00:59.5", CalendarFault::fraction, 8, 2},  // there
    {"12:00 Europe/berlin", CalendarFault::unknown_zone, 6, 13},
    {"Mon America/Port-au-Princ", CalendarFault::unknown_zone, 4, 21},
    {"12:00  5", CalendarFault::unexpected, 7, 1},
    {"*-02-30", CalendarFault::never, 0, 7},            // there
    {"2027-02-29 12:00", CalendarFault::never, 0, 16},  // there
    {"@1395716396", CalendarFault::neither, 0, 11},     // there
};

TEST_CASE("What is no calendar is refused with the place") {
  for (const Refusal& refusal : kRefusals) {
    INFO(refusal.text);
    const auto calendar = parse_calendar(refusal.text);
    REQUIRE_FALSE(calendar);
    CHECK(name_of(calendar.error().fault) == name_of(refusal.fault));
    CHECK(calendar.error().offset == refusal.offset);
    CHECK(calendar.error().size == refusal.size);
  }
  const auto range = parse_calendar("*-*~29");
  CHECK(range.error().least == 1);
  CHECK(range.error().most == 28);
  CHECK(parse_calendar(std::string(513, '1')).error().fault == CalendarFault::too_long);
}

// Each second looked at by itself, on the wall of its zone: slow, and plain enough to believe.
bool matches(const Calendar& calendar, const TimeZone& zone, std::int64_t utc_s) {
  const ZoneStretch stretch = zone.stretch_at(utc_s);
  const WallSeconds wall = stretch.wall_of(utc_s);
  if (wall < zone.stretch_at(stretch.begin_s - 1).end_wall()) return false;  // it was there before
  const std::chrono::sys_days day{std::chrono::days{static_cast<int>(wall / 86'400)}};
  const std::chrono::year_month_day date{day};
  const auto last =
      std::chrono::year_month_day_last{date.year() / date.month() / std::chrono::last};
  const unsigned number = static_cast<unsigned>(date.day());
  const unsigned counted =
      calendar.is_from_end ? static_cast<unsigned>(last.day()) - number : number - 1;
  const auto time = static_cast<std::size_t>(wall % 86'400);
  return calendar.years[static_cast<std::size_t>(static_cast<int>(date.year()) - kYearLeast)] &&
         calendar.months[static_cast<unsigned>(date.month()) - 1] && calendar.days[counted] &&
         calendar.weekdays[std::chrono::weekday{day}.iso_encoding() - 1] &&
         calendar.hours[time / 3600] && calendar.minutes[time / 60 % 60] &&
         calendar.seconds[time % 60];
}

TEST_CASE("Nothing is left out and nothing is added, whatever clocks do") {
  constexpr std::int64_t kSpan_s = 36LL * 3600;
  const std::vector<std::pair<const char*, std::int64_t>> changes = {
      {"Europe/Berlin", 1743296400},       {"Europe/Berlin", 1761440400},
      {"America/Santiago", 1757217600},    {"Australia/Lord_Howe", 1743865200},
      {"Australia/Lord_Howe", 1759591800}, {"Pacific/Apia", 1325239200}};
  const std::vector<const char*> texts = {
      "*:0/15", "0/2:30", "02:15,45", "daily", "*-*~1..3 1/5:59", "Sat,Sun *:7:3/20", "23..23:00"};
  for (const auto& [name, change_s] : changes) {
    const TimeZone zone = zone_of(name);
    for (const char* text : texts) {
      INFO(text << " in " << name);
      const auto calendar = parse_calendar(text);
      REQUIRE(calendar);
      std::vector<std::int64_t> expected;
      for (std::int64_t s = change_s - kSpan_s; s < change_s + kSpan_s; ++s) {
        if (matches(*calendar, zone, s)) expected.push_back(s);
      }
      std::vector<std::int64_t> found;
      for (const Timestamp& each : upcoming(*calendar, {(change_s - kSpan_s) * 1'000'000'000 - 1},
                                            zone, expected.size() + 1)) {
        found.push_back(each.ns / 1'000'000'000);
      }
      REQUIRE(found.size() == expected.size() + 1);
      CHECK(found.back() >= change_s + kSpan_s);
      found.pop_back();
      CHECK(found == expected);
    }
  }
}

TEST_CASE("Zones are found by their names, or by their distance from UTC") {
  CHECK(zone_of("UTC") == TimeZone());
  CHECK(zone_of("-03:30").stretch_at(0).offset_s == -12'600);
  for (const char* name :
       {"", "utc", "Mars/Base", "+8:00", "+15:00", "+08:60", "../UTC", "+08:0x"}) {
    INFO(name);
    CHECK_FALSE(TimeZone::find(name));
  }
}

}  // namespace
}  // namespace holdfast::policy
