// SPDX-License-Identifier: Apache-2.0
// What pages need of the appliance that runs the box: its newest state, and its queue.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hal/base/result.h"

namespace holdfast::api {

// What jobs have said names recordings, and so numbers: how much of it is shown.
enum class JobLogs : std::uint8_t { none, masked, whole };

// What somebody wants to be run.
struct JobWish {
  std::string kind;
  std::string business = {};   // empty: of the box
  std::string account = {};    // whose wish it is
  bool ignore_window = false;  // of a backup: now, and as fast as it goes
};

// A part of a snapshot, to be taken out into a new folder on a medium (docs/decisions/0044).
struct ExportWish {
  std::string business;
  std::string snapshot;            // its number
  std::vector<std::string> paths;  // as the command line has them
  std::string folder;
  std::string reason;
  bool with_rows = false;
  std::string account;
};

// Any thread.
class BoxState {
 public:
  virtual ~BoxState() = default;
  // The newest document of `holdfast status`, with what only the appliance knows. Never empty.
  [[nodiscard]] virtual std::string status() = 0;
  // Jobs that wait, run and have ended, newest first.
  [[nodiscard]] virtual std::string jobs(JobLogs logs) = 0;
  // Grows with each change of either.
  [[nodiscard]] virtual std::uint64_t version() = 0;
  // Returns when the version is another one, or after the time.
  virtual void wait_for_change(std::uint64_t version, std::int64_t timeout_ns) = 0;
  // The job's number; that of the one which waits already, if it is the same. invalid_argument
  // {what "job_kind"}, no_business.
  [[nodiscard]] virtual Result<std::uint64_t> ask(const JobWish& wish) = 0;
  // The job's number. no_business; limit_exceeded: too many wait.
  [[nodiscard]] virtual Result<std::uint64_t> ask_export(const ExportWish& wish) = 0;
  // What the appliance goes by has been changed: it counts before anything that is asked for after.
  virtual void look_at_settings() = 0;
  // not_found.
  [[nodiscard]] virtual Result<void> cancel(std::uint64_t job) = 0;
  // The same of an export alone: not_found, too, if the job is another one.
  [[nodiscard]] virtual Result<void> cancel_export(std::uint64_t job) = 0;
};

}  // namespace holdfast::api
