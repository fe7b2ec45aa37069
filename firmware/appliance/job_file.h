// SPDX-License-Identifier: Apache-2.0
// What a restart must know, as the file `jobs` in home has it (docs/formats.md, section 2).
#pragma once

#include "firmware/appliance/duty_book.h"
#include "firmware/appliance/trigger_files.h"

namespace holdfast::appliance {

inline constexpr std::string_view kJobsPath = "jobs";
inline constexpr std::uint64_t kJobsSizeMax = 16 << 20;

struct KeptJobs {
  std::vector<Job> jobs;  // ids rising
  std::vector<DutyRecord> duties;
  std::vector<TriggerRecord> triggers;
};

[[nodiscard]] std::string write_jobs(const std::vector<Job>& jobs,
                                     const std::vector<DutyRecord>& duties,
                                     const std::vector<TriggerRecord>& triggers);
// Lines that are damaged, or of kinds that are not known here, are left out.
[[nodiscard]] KeptJobs read_jobs(std::string_view text);

}  // namespace holdfast::appliance
