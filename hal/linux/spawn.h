// SPDX-License-Identifier: Apache-2.0
// A new process that shares nothing with this one: what hal/ports/process.h promises of a child's
// beginning.
#pragma once

#include <sys/types.h>

#include "hal/linux/descriptor.h"
#include "hal/ports/process.h"

namespace holdfast::linux {

struct Spawned {
  pid_t id = 0;             // of the child, and of the group that it leads
  Descriptor handle;        // can be read when the child has ended; it is not reaped by that
  Descriptor output;        // what it writes; reading does not wait
  Descriptor error_output;  // the same
};

// The child gets SIGTERM when the calling *thread* ends, so that must live as long as the child,
// and have all signals blocked: none is to be handled in the child before its program runs. Returns
// when the program runs, or could not be started (errors of ports::Processes::start).
[[nodiscard]] Result<Spawned> spawn(const ports::ProcessRequest& request);

}  // namespace holdfast::linux
