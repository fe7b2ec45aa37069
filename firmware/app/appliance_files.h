// SPDX-License-Identifier: Apache-2.0
// What the appliance is to do, from the files in home that people write: appliance.toml and the
// definitions of businesses. A file that is wrong counts as it was when it was right. So does one
// whose schedule can never be kept; where none was right before, or where it turned so as time went
// by, it counts with a complaint.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "firmware/app/appliance_config.h"
#include "firmware/app/config.h"
#include "firmware/appliance/settings.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"

namespace holdfast::app {

// What a job may take of the machine's memory: no more of them run at one time, whatever is
// written. The most that one was seen to take is 146 MiB (docs/bench.md); one runs in any case.
inline constexpr std::uint64_t kJobMemory = 256ULL << 20U;

class ApplianceFiles final : public appliance::SettingsSource {
 public:
  // References must outlive it.
  ApplianceFiles(ports::Disk& home, ports::Clock& clock, messages::Language language,
                 std::optional<std::uint64_t> memory_bytes = std::nullopt)
      : home_(home), clock_(clock), language_(language), memory_bytes_(memory_bytes) {}

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
    bool was_right = false;
  };
  struct Business {
    std::string name;  // empty: it was never right
    policy::Schedule schedule;
    std::vector<appliance::HotSource> sources = {};
  };
  // `parse` gives a Result<Value>, `check` what speaks against the schedule of one, a Result<void>.
  template <class Value, class Parse, class Check>
  void look_at(const std::string& path, File<Value>& file, const Parse& parse, const Check& check);
  template <class Value, class Parse, class Check>
  void take(const std::string& path, File<Value>& file, const Parse& parse, const Check& check);
  void look_at_businesses();

  ports::Disk& home_;
  ports::Clock& clock_;
  messages::Language language_;
  std::optional<std::uint64_t> memory_bytes_;
  File<ApplianceSettings> appliance_;
  std::map<std::string, File<Business>> businesses_;  // by path
  std::optional<Error> list_complaint_;
};

// False: home has no definition of that name now. True, too, if that cannot be told: what is wrong
// with a file is for the job to tell. Any thread.
[[nodiscard]] bool may_have_business(ports::Disk& home, const std::string& name,
                                     messages::Language language);

}  // namespace holdfast::app
