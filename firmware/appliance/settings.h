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

struct HotSource {
  std::string name;
  std::string path;  // of its folder; empty: it has none
  std::vector<std::string> exclude = {};
  bool cross_file_systems = false;
  bool operator==(const HotSource&) const = default;
};
// What is new at its sources is backed up as it comes.
struct HotBusiness {
  std::string name;
  std::vector<HotSource> sources;
  std::optional<policy::Window> window = {};
};

// A file whose appearing or change starts a backup.
struct TriggerFile {
  std::string business;
  std::string path;  // absolute
  std::optional<policy::Window> window = {};
};

struct Settings {
  policy::TimeZone site;
  std::string site_name = "UTC";                   // as policy::TimeZone::find() takes it
  std::vector<policy::Duty> duties;                // their jobs are names of job kinds
  std::map<std::string, BackupCommands> commands;  // by business
  std::vector<HotBusiness> hot;
  std::vector<TriggerFile> triggers;
  std::vector<std::string> exclude_paths;  // real paths that no source is to tell of
  std::size_t running_max = 2;
  std::vector<std::string> tend_arguments;  // of each job of that kind
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
