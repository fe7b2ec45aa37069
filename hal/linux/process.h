// SPDX-License-Identifier: Apache-2.0
// Children as processes of the system, each with a thread that starts it, reads what it writes and
// sees it end.
//
// The first one that is made lets this process inherit what its descendants leave behind when they
// die, for good: only so can it be known that none of a child's group is left. Nobody else in this
// process may wait for children that it does not know.
#pragma once

#include "hal/ports/process.h"

namespace holdfast::linux {

class PosixProcesses final : public ports::Processes {
 public:
  PosixProcesses();

  [[nodiscard]] Result<std::unique_ptr<ports::Process>> start(const ports::ProcessRequest& request,
                                                              ports::ProcessSink& sink) override;
};

}  // namespace holdfast::linux
