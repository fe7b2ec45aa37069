// SPDX-License-Identifier: Apache-2.0
// The appliance's own file, `appliance.toml` in home (docs/formats.md, section 11): what is of the
// box and not of one business. Everything in it may be left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/api/call_rules.h"
#include "firmware/app/bay_map.h"
#include "firmware/messages/messages.h"
#include "firmware/policy/schedule.h"
#include "hal/base/result.h"
#include "hal/ports/disk.h"

namespace holdfast::app {

inline constexpr std::string_view kApplianceFile = "appliance.toml";

struct ListenAddress {
  std::string address;  // numeric, IPv6 without brackets
  std::uint16_t port = 0;
  bool operator==(const ListenAddress&) const = default;
};

struct ApplianceSettings {
  std::string name;                            // for people; empty: it has none
  std::optional<messages::Language> language;  // of panel, alerts and reports
  policy::TimeZone zone;  // the site's clock: of calendars without a zone, and of windows
  std::string zone_name = "UTC";
  std::vector<policy::ScheduledJob> jobs;  // of the box
  std::uint32_t running_max = 2;           // so many jobs run at one time
  std::uint32_t away_hours = 24;           // after which a disk that is away is given up
  std::uint32_t scrub_days = 14;           // in which every pack is looked at once
  std::vector<ListenAddress> listen = {{"127.0.0.1", 8443}};  // empty: no pages
  api::CallRules calls;
  std::vector<std::string> host_names;      // by which browsers reach it, beside its addresses
  std::vector<std::string> export_folders;  // plain absolute paths, where exports may go
  std::optional<BayPlan> bays;              // how the bays of its disks sit
};

// bad_settings with {line} and {what} in that language; `where` is the file for people. An empty
// text gives the defaults.
[[nodiscard]] Result<ApplianceSettings> parse_appliance(std::string_view text,
                                                        const std::string& where,
                                                        messages::Language language);
// Of home; the defaults if it has no such file. Errors also of reading it.
[[nodiscard]] Result<ApplianceSettings> load_appliance(ports::Disk& home,
                                                       messages::Language language);

}  // namespace holdfast::app
