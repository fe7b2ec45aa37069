// SPDX-License-Identifier: Apache-2.0
// The book of alerts as the file `alerts` in home has it (docs/formats.md, section 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firmware/appliance/alert.h"

namespace holdfast::appliance {

struct KeptAlerts {
  std::uint64_t next_id = 1;
  std::vector<Alert> alerts;        // ids rising
  std::uint64_t lines_damaged = 0;  // that were left out when it was read
};

[[nodiscard]] std::string write_alerts(const KeptAlerts& kept);
// Lines that are damaged, or of kinds that are not known here, are left out.
[[nodiscard]] KeptAlerts read_alerts(std::string_view text);

}  // namespace holdfast::appliance
