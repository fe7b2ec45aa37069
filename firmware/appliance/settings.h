// SPDX-License-Identifier: Apache-2.0
// What people have written down for the appliance to do, as it stands now.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "firmware/policy/agenda.h"
#include "firmware/policy/schedule.h"
#include "hal/base/error.h"

namespace holdfast::appliance {

// Of a business: what is run before and after each of its backups.
struct BackupCommands {
  std::optional<policy::Command> before;
  std::optional<policy::Command> after;
};

struct Settings {
  policy::TimeZone site;
  std::vector<policy::Duty> duties;                // their jobs are names of job kinds
  std::map<std::string, BackupCommands> commands;  // by business
  std::size_t running_max = 2;
  // What is wrong with files that were changed: they count as they were before.
  std::vector<Error> complaints;
};

class SettingsSource {
 public:
  virtual ~SettingsSource() = default;
  // Looks at the files anew. One thread.
  [[nodiscard]] virtual Settings look() = 0;
};

}  // namespace holdfast::appliance
