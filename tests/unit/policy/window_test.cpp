// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/window.h"

#include <catch2/catch.hpp>
#include <string>

namespace holdfast::policy {
namespace {

Timestamp at(std::string_view text) {
  const auto moment = Timestamp::parse(text);
  REQUIRE(moment);
  return *moment;
}

Window window_of(const std::vector<std::string>& spans) {
  Window window;
  for (const std::string& text : spans) {
    const auto span = parse_span(text);
    REQUIRE(span);
    window.spans.push_back(*span);
  }
  return window;
}

// "open until …", "closed until …", or without the end.
std::string told(const Window& window, std::string_view now, std::string_view zone = "UTC") {
  const auto site = TimeZone::find(zone);
  REQUIRE(site);
  const Allowance allowance = allowance_at(window, at(now), *site);
  CHECK(allowance.may_read == allowance.is_open);
  const std::string state = allowance.is_open ? "open" : "closed";
  return allowance.changes ? state + " until " + allowance.changes->rfc3339() : state;
}

TEST_CASE("Without spans, or with those that leave nothing out, a window is always open") {
  CHECK(told({}, "2026-01-31T12:00Z") == "open");
  CHECK(told(window_of({"00:00-24:00"}), "2026-01-31T12:00Z") == "open");
  CHECK(told(window_of({"Mon..Fri", "Sat,Sun"}), "2026-01-31T12:00Z") == "open");
  CHECK(told(window_of({"06:00-18:00", "18:00-06:00"}), "2026-01-31T12:00Z") == "open");
}

TEST_CASE("A night belongs to the day on which it begins") {
  const Window nights = window_of({"Mon..Fri 22:00-06:00"});
  // 2026-01-30 was a Friday.
  CHECK(told(nights, "2026-01-30T21:59:59.9Z") == "closed until 2026-01-30T22:00:00Z");
  CHECK(told(nights, "2026-01-30T22:00Z") == "open until 2026-01-31T06:00:00Z");
  CHECK(told(nights, "2026-01-31T05:59:59Z") == "open until 2026-01-31T06:00:00Z");
  CHECK(told(nights, "2026-01-31T06:00Z") == "closed until 2026-02-02T22:00:00Z");
  CHECK(told(nights, "2026-02-01T23:00Z") == "closed until 2026-02-02T22:00:00Z");
}

TEST_CASE("What is open once a week opens again a week later") {
  CHECK(told(window_of({"Mon 01:00-02:00"}), "2026-02-02T02:00Z") ==
        "closed until 2026-02-09T01:00:00Z");
}

TEST_CASE("Spans that meet or overlap are one") {
  const Window window = window_of({"Fri 20:00-24:00", "Sat", "Sat,Sun 22:00-02:00"});
  CHECK(told(window, "2026-01-30T21:00Z") == "open until 2026-02-01T02:00:00Z");
  CHECK(told(window, "2026-02-01T12:00Z") == "closed until 2026-02-01T22:00:00Z");
  CHECK(told(window, "2026-02-01T22:00Z") == "open until 2026-02-02T02:00:00Z");
  CHECK(told(window, "2026-02-02T02:00Z") == "closed until 2026-02-06T20:00:00Z");
}

TEST_CASE("The clock on the wall decides, whatever is done to it") {
  const Window early = window_of({"02:15-02:45"});
  const auto berlin = [&](std::string_view now) { return told(early, now, "Europe/Berlin"); };
  // Left out on 2025-03-30, and there twice on 2025-10-26.
  CHECK(berlin("2025-03-29T22:00Z") == "closed until 2025-03-31T00:15:00Z");
  CHECK(berlin("2025-10-25T22:00Z") == "closed until 2025-10-26T00:15:00Z");
  CHECK(berlin("2025-10-26T00:20Z") == "open until 2025-10-26T00:45:00Z");
  CHECK(berlin("2025-10-26T00:50Z") == "closed until 2025-10-26T01:15:00Z");
  CHECK(berlin("2025-10-26T01:20Z") == "open until 2025-10-26T01:45:00Z");
  // Clocks are set while it is open, or into it, or out of it.
  const Window across = window_of({"01:30-02:30"});
  CHECK(told(across, "2025-03-30T00:40Z", "Europe/Berlin") == "open until 2025-03-30T01:00:00Z");
  CHECK(told(window_of({"02:30-03:30"}), "2025-03-30T00:40Z", "Europe/Berlin") ==
        "closed until 2025-03-30T01:00:00Z");
  CHECK(told(window_of({"01:00-03:30"}), "2025-03-30T00:40Z", "Europe/Berlin") ==
        "open until 2025-03-30T01:30:00Z");
  CHECK(told(window_of({"Mon..Fri 22:00-06:00"}), "2026-01-30T13:59Z", "+08:00") ==
        "closed until 2026-01-30T14:00:00Z");
}

TEST_CASE("Each side of the window has its own rate") {
  Window window = window_of({"22:00-06:00"});
  const Timestamp noon = at("2026-01-30T12:00Z");
  const Timestamp night = at("2026-01-30T23:00Z");
  CHECK_FALSE(allowance_at(window, noon, {}).may_read);
  CHECK(allowance_at(window, night, {}).rate == std::nullopt);
  window.rate_outside = 20'000'000;
  CHECK(allowance_at(window, noon, {}).may_read);
  CHECK_FALSE(allowance_at(window, noon, {}).is_open);
  CHECK(allowance_at(window, noon, {}).rate == 20'000'000);
  CHECK(allowance_at(window, night, {}).rate == std::nullopt);
  window.rate = 200'000'000;
  CHECK(allowance_at(window, night, {}).rate == 200'000'000);
  CHECK(allowance_at({.spans = {}, .rate = 5, .rate_outside = 4}, noon, {}).rate == 5);
}

TEST_CASE("Rates are whole numbers of bytes, thousands, millions or thousand millions") {
  CHECK(parse_rate("20M") == 20'000'000);
  CHECK(parse_rate("1K") == 1000);
  CHECK(parse_rate("3G") == 3'000'000'000);
  CHECK(parse_rate("65536") == 65536);
  CHECK(parse_rate("18446744073G") == 18'446'744'073'000'000'000ULL);
  for (const char* text : {"", "M", "0", "0M", "-1", "+1", "1.5M", "20 M", "20m", "20MB", "K20",
                           "18446744074G", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_rate(text));
  }
}

struct Refusal {
  const char* text;
  CalendarFault fault;
  std::size_t offset;
  std::size_t size;
};

TEST_CASE("What is no window is refused with the place") {
  constexpr Refusal kRefusals[] = {
      {"", CalendarFault::empty, 0, 0},
      {"Fri..Mon 22:00-06:00", CalendarFault::backwards, 0, 8},
      {"weekdays 22:00-06:00", CalendarFault::unknown_word, 0, 8},
      {"*-*-1 22:00-06:00", CalendarFault::unknown_word, 0, 1},
      {"Mon,Tue Wed 22:00-06:00", CalendarFault::unexpected, 8, 3},
      {"Mon Tue", CalendarFault::no_end, 4, 3},
      {"22:00", CalendarFault::no_end, 0, 5},
      {"Mon 22:00", CalendarFault::no_end, 4, 5},
      {"22:00-", CalendarFault::neither, 6, 0},
      {"22-06:00", CalendarFault::neither, 0, 2},
      {"22:00-6:0", CalendarFault::no_number, 6, 3},
      {"22:00-06:0x", CalendarFault::unexpected, 6, 5},
      {"22:00-122:00", CalendarFault::unexpected, 6, 6},
      {"22:00-24:01", CalendarFault::out_of_range, 6, 5},
      {"Sun 25:00-06:00", CalendarFault::out_of_range, 4, 5},
      {"22:60-06:00", CalendarFault::out_of_range, 0, 5},
      {"06:00-06:00", CalendarFault::no_time, 0, 11},
      {"24:00-06:00", CalendarFault::no_time, 0, 11},
      {"22:00-02:00-06:00", CalendarFault::no_number, 6, 11},
  };
  for (const Refusal& refusal : kRefusals) {
    INFO(refusal.text);
    const auto span = parse_span(refusal.text);
    REQUIRE_FALSE(span);
    CHECK(name_of(span.error().fault) == name_of(refusal.fault));
    CHECK(span.error().offset == refusal.offset);
    CHECK(span.error().size == refusal.size);
  }
}

// Every minute of a week and two changes of clocks, by the states alone.
TEST_CASE("The next change is the first minute that is otherwise") {
  const auto site = TimeZone::find("Europe/Berlin");
  REQUIRE(site);
  constexpr std::int64_t kMinute_ns = 60'000'000'000;
  const std::vector<Window> windows = {window_of({"Sat,Sun 22:00-06:00", "02:10-02:50"}),
                                       window_of({"Sun"}), window_of({"02:00-03:00"})};
  for (const Window& window : windows) {
    for (const char* begin : {"2025-03-28T12:00Z", "2025-10-24T12:00Z"}) {
      Timestamp now = at(begin);
      Allowance before = allowance_at(window, now, *site);
      for (int minute = 0; minute < 8 * 1440; ++minute) {
        now.ns += kMinute_ns;
        const Allowance next = allowance_at(window, now, *site);
        if (next.is_open == before.is_open) {
          REQUIRE(next.changes == before.changes);
        } else {
          REQUIRE(before.changes == now);
        }
        before = next;
      }
    }
  }
}

}  // namespace
}  // namespace holdfast::policy
