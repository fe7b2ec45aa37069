// SPDX-License-Identifier: Apache-2.0
// What a source did not give is told by counts alone, and what is usual is not complained about.
#include "firmware/records/completeness.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace holdfast::records {

namespace {

SequenceGaps gaps_of(const std::vector<SequenceNumber>& numbers, std::uint64_t jump_min = 1000,
                     std::size_t gaps_max = 100) {
  SequenceGaps gaps(jump_min, gaps_max);
  for (const SequenceNumber& number : numbers) REQUIRE(gaps.add(number));
  return gaps;
}

// Ten weeks from day 0, `workday` calls on five days of each and `weekend` on two.
std::vector<DayCount> ten_weeks(std::uint64_t workday, std::uint64_t weekend) {
  std::vector<DayCount> days;
  for (std::int64_t day = 0; day < 70; ++day) {
    days.push_back({day, day % 7 < 5 ? workday : weekend});
  }
  return days;
}

std::vector<LowDay> low(const std::vector<DayCount>& days, std::int64_t first, std::int64_t last,
                        const DayRules& rules = {}) {
  const auto found = low_days(days, first, last, rules);
  REQUIRE(found);
  return *found;
}

std::optional<std::int64_t> silence(const std::vector<DayCount>& days, std::int64_t last) {
  const auto since = silent_since(days, last);
  REQUIRE(since);
  return *since;
}

}  // namespace

TEST_CASE("A call id is split before the digits at its end") {
  const auto parts = [](std::string_view text) {
    const auto split = sequence_number_of(text);
    return split ? std::string(split->prefix) + "|" + std::to_string(split->number) : "none";
  };
  CHECK(parts("20260301-000123") == "20260301-|123");
  CHECK(parts("7") == "|7");
  CHECK(parts("999999999999999999") == "|999999999999999999");
  CHECK(parts("1000000000000000000") == "none");
  CHECK(parts("a5b") == "none");
  CHECK(parts("") == "none");
}

TEST_CASE("Gaps are told as ranges, within one prefix") {
  const auto gaps =
      gaps_of({{"a", 3}, {"a", 4}, {"a", 4}, {"a", 6}, {"a", 10}, {"b", 90}, {"b", 91}});
  CHECK(gaps.gaps() == std::vector<SequenceGap>{{"a", 5, 5}, {"a", 7, 9}});
  CHECK(gaps.missing() == 4);
  CHECK(gaps.jumps() == 0);
}

TEST_CASE("A gap is written as its ids are, and beside days that are not judged there is none") {
  SequenceGaps gaps;
  for (const char* id : {"C0098", "C0100", "C0103"}) REQUIRE(gaps.add(*sequence_number_of(id)));
  REQUIRE(gaps.add(*sequence_number_of("C0109"), false));
  REQUIRE(gaps.add(*sequence_number_of("C0111")));
  REQUIRE(gaps.gaps().size() == 3);
  CHECK(gaps.gaps()[0].text() == "C0099");
  CHECK(gaps.gaps()[1].text() == "C0101 … C0102");
  CHECK(gaps.gaps()[2].text() == "C0110");
}

TEST_CASE("Days and hours are written as on the wall") {
  CHECK(day_text(20'454) == "2026-01-01");
  CHECK(hour_text(20'454 * 24 + 9) == "2026-01-01 09:00");
  CHECK(day_of_text("2026-01-01") == 20'454);
  CHECK(!day_of_text("2026-02-30"));
  CHECK(!day_of_text("2026-01-01T00:00"));
}

TEST_CASE("A holiday is no low day, no silence, and not what is usual") {
  std::vector<DayCount> days = ten_weeks(100, 100);
  days.erase(days.begin() + 69);
  CHECK(low(days, 69, 69) == std::vector<LowDay>{{69, 0, 100}});
  DayRules rules;
  rules.holidays = {69};
  CHECK(low(days, 69, 69, rules).empty());
  CHECK(silent_since(days, 69, rules).value() == std::nullopt);
  // Three of the weeks before were holidays, of four that are asked: one is not enough.
  rules = {.weeks = 4};
  rules.holidays = {62, 55, 48};
  CHECK(low(days, 69, 69, rules).empty());
}

TEST_CASE("A counter that was set anew is a jump and no gap") {
  const auto gaps = gaps_of({{"", 1}, {"", 1002}, {"", 2004}});
  CHECK(gaps.gaps() == std::vector<SequenceGap>{{"", 2, 1001}});
  CHECK(gaps.missing() == 1000);
  CHECK(gaps.jumps() == 1);
}

TEST_CASE("Gaps beyond the bound are counted and not listed") {
  std::vector<SequenceNumber> numbers;
  for (std::uint64_t number = 0; number < 20; number += 2) numbers.push_back({"", number});
  const auto gaps = gaps_of(numbers, 1000, 3);
  CHECK(gaps.gaps().size() == 3);
  CHECK(gaps.gap_count() == 9);
  CHECK(gaps.missing() == 9);
}

TEST_CASE("Numbers out of order are an error, not a gap") {
  SequenceGaps gaps;
  REQUIRE(gaps.add({"b", 5}));
  CHECK(!gaps.add({"b", 4}));
  CHECK(!gaps.add({"a", 9}));
  CHECK(gaps.add({"c", 1}));
}

TEST_CASE("An hour with only rows or only recordings is told from a quiet one") {
  const std::vector<HourCount> hours = {{1, 5, 5}, {2, 5, 0}, {3, 0, 9},
                                        {4, 4, 0}, {5, 0, 0}, {6, 500, 1}};
  const auto found = one_sided_hours(hours, 5);
  REQUIRE(found);
  CHECK(*found == std::vector<OneSidedHour>{{2, true, 5}, {3, false, 9}});
  CHECK(!one_sided_hours(std::vector<HourCount>{{2, 1, 1}, {2, 1, 1}}));
}

TEST_CASE("A day is compared with the same weekday, and half of it is not far below") {
  auto days = ten_weeks(100, 30);
  CHECK(low(days, 0, 69).empty());
  days[63].count = 49;  // a workday
  days[64].count = 50;
  days[68].count = 14;  // a weekend
  days[69].count = 15;
  CHECK(low(days, 0, 69) == std::vector<LowDay>{{63, 49, 100}, {68, 14, 30}});
  CHECK(low(days, 64, 67).empty());
}

TEST_CASE("A day that nobody counted has no calls, and one feast changes no median") {
  auto days = ten_weeks(100, 0);
  days[56].count = 0;  // one of the last weeks was a feast: 63 is judged by the others
  days.erase(days.begin() + 63);
  CHECK(low(days, 60, 69) == std::vector<LowDay>{{63, 0, 100}});
}

TEST_CASE("Too few weeks, or too few calls, judge nothing") {
  auto days = ten_weeks(19, 0);
  days[63].count = 0;
  CHECK(low(days, 0, 69).empty());
  days = ten_weeks(100, 0);
  days[20].count = days[14].count = 0;
  CHECK(low(days, 0, 20).empty());
  days[21].count = 0;
  CHECK(low(days, 0, 21) == std::vector<LowDay>{{21, 0, 100}});
  CHECK(!low_days(std::vector<DayCount>{{2, 1}, {1, 1}}, 0, 9));
}

TEST_CASE("The median of two middle counts is the lower one") {
  const std::vector<DayCount> days = {{0, 30}, {7, 40}, {14, 200}, {21, 300}, {28, 20}};
  CHECK(low(days, 28, 28) == std::vector<LowDay>{});
  DayRules rules;
  rules.weeks = 3;  // 40, 200, 300
  CHECK(low(days, 28, 28, rules) == std::vector<LowDay>{{28, 20, 200}});
}

TEST_CASE("A recorder went silent, and a weekend is no silence") {
  auto days = ten_weeks(100, 0);
  CHECK(silence(days, 69) == std::nullopt);
  CHECK(silence(days, 70) == 68);  // the weekend was quiet, and then so is a workday
  for (std::int64_t day = 60; day < 70; ++day) days[static_cast<std::size_t>(day)].count = 0;
  CHECK(silence(days, 69) == 60);
  CHECK(silence(days, 1000) == 60);
  CHECK(silence({}, 69) == std::nullopt);
  CHECK(silence(ten_weeks(0, 0), 69) == std::nullopt);
}

}  // namespace holdfast::records
