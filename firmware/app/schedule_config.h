// SPDX-License-Identifier: Apache-2.0
// When something runs by itself, as people write it: the table [schedule] of a business definition
// (docs/formats.md, section 11), and the readers of times that the appliance's own file shares.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "firmware/app/toml_table.h"
#include "firmware/policy/schedule.h"

namespace holdfast::app {

// [schedule] of `root`; without it, and for what it leaves out, the defaults: a backup each night
// and a drill each morning. bad_business with the line, also for a calendar that can never come.
[[nodiscard]] Result<void> read_schedule(const TomlReader& reader, const TomlTable& root,
                                         policy::Schedule& out);

// bad_business with the line in `text`, whose schedule it is, also of the box: it can never be kept
// (policy/schedule_outlook.h). A schedule that was good may turn so as time goes by: whoever takes
// a new one asks, and whoever reads one that was taken does not.
[[nodiscard]] Result<void> check_schedule(std::string_view text, const std::string& where,
                                          messages::Language language,
                                          const policy::Schedule& schedule, Timestamp now);

// `key` of `table`, or `text` where there is none: a calendar, "every 15min", or "never", for which
// nothing is added.
[[nodiscard]] Result<void> read_times(const TomlReader& reader, const TomlTable& table,
                                      std::string_view key, std::string text,
                                      std::vector<policy::ScheduledJob>& out);

// "90s", "15min", "26h", "7d": nanoseconds, above 0 and up to 366 days.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace holdfast::app
