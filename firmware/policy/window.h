// SPDX-License-Identifier: Apache-2.0
// At which times of the day something may read, and how fast: so that a backup leaves the lines and
// servers of a site alone while people work.
//
//   [WEEKDAYS] [HH:MM-HH:MM]     Mon..Fri 22:00-06:00     Sat,Sun     00:00-24:00
//
// WEEKDAYS as in calendar.h; a span belongs to the day on which it begins, and one that ends before
// it begins goes on past midnight. The clock on the wall decides: an hour that comes twice is in or
// out twice, one that is left out is not missed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "firmware/policy/calendar.h"
#include "firmware/policy/time_zone.h"
#include "hal/base/time.h"

namespace holdfast::policy {

struct DaySpan {
  CalendarSet weekdays;
  std::int64_t begin_s = 0;     // since midnight
  std::int64_t end_s = 86'400;  // exclusive, behind the beginning; above 86400: of the day after
  bool operator==(const DaySpan&) const = default;
};

// The faults of a calendar, at places of this text.
[[nodiscard]] std::expected<DaySpan, CalendarError> parse_span(std::string_view text);

// "20M": bytes a second, above 0; K, M and G are thousands, as in systemd's rates. Nothing if it is
// none.
[[nodiscard]] std::optional<std::uint64_t> parse_rate(std::string_view text);

struct Window {
  std::vector<DaySpan> spans;  // none: it is always open
  // Bytes a second while it is open, none: as fast as it goes; and while it is closed, none:
  // nothing may be read then.
  std::optional<std::uint64_t> rate;
  std::optional<std::uint64_t> rate_outside;
  bool operator==(const Window&) const = default;
};

struct Allowance {
  bool is_open = true;
  bool may_read = true;               // open, or slower outside
  std::optional<std::uint64_t> rate;  // bytes a second; none: no limit
  // When the window opens or closes next; none: it stays as it is.
  std::optional<Timestamp> changes;
};

[[nodiscard]] Allowance allowance_at(const Window& window, Timestamp now, const TimeZone& site);

}  // namespace holdfast::policy
