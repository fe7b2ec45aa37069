// SPDX-License-Identifier: Apache-2.0
// What happens in the appliance, for its log.
#pragma once

#include "firmware/appliance/job.h"
#include "hal/base/error.h"

namespace holdfast::appliance {

enum class EventKind {
  job_started,
  job_ended,
  command_failed,  // behind a backup: `error`
  job_waits,       // it found a lock held, and tries again
  job_cut,         // it ran when the appliance or the machine went
  settings_wrong,  // `error`
  settings_good,   // what was wrong is so no more
  jobs_not_kept,   // `error`: a restart would not know of them
  status_hangs,
  alerts_not_kept,  // `error`: since when they stand is not in home
  alerts_damaged,   // lines of the book: what was found is put aside
};

struct Event {
  EventKind kind = EventKind::job_started;
  const Job* job = nullptr;      // of events of jobs
  const Error* error = nullptr;  // where there is one
};

class EventLog {
 public:
  virtual ~EventLog() = default;
  // One thread. What is pointed at lasts for the call.
  virtual void note(const Event& event) = 0;
};

}  // namespace holdfast::appliance
