// SPDX-License-Identifier: Apache-2.0
// What the appliance is to do, from the files in home that people write: appliance.toml and the
// definitions of businesses. A file that is wrong counts as it was when it was right.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "firmware/app/appliance_config.h"
#include "firmware/app/config.h"
#include "firmware/appliance/settings.h"
#include "hal/ports/disk.h"

namespace holdfast::app {

class ApplianceFiles final : public appliance::SettingsSource {
 public:
  // References must outlive it.
  ApplianceFiles(ports::Disk& home, messages::Language language)
      : home_(home), language_(language) {}

  // Files that are as they were are not taken apart again.
  [[nodiscard]] appliance::Settings look() override;
  // As of the last look.
  [[nodiscard]] const ApplianceSettings& appliance() const { return appliance_.value; }

 private:
  template <class Value>
  struct File {
    std::optional<Bytes> bytes;      // that were looked at last; none: there is no file
    std::optional<Error> complaint;  // about them
    Value value = {};                // of the last ones that were right
  };
  struct Business {
    std::string name;  // empty: it was never right
    policy::Schedule schedule;
    std::vector<appliance::HotSource> sources = {};
  };
  // `parse` gives a Result<Value>.
  template <class Value, class Parse>
  void look_at(const std::string& path, File<Value>& file, const Parse& parse);
  void look_at_businesses();

  ports::Disk& home_;
  messages::Language language_;
  File<ApplianceSettings> appliance_;
  std::map<std::string, File<Business>> businesses_;  // by path
  std::optional<Error> list_complaint_;
};

}  // namespace holdfast::app
