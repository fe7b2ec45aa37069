// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and a polite request to end.
#pragma once

#include "firmware/job/progress.h"

namespace holdfast::app {

// From now on SIGINT, SIGTERM and SIGHUP set the flag that is returned; the second one ends the
// process at once with 130, which loses no more than a power cut would. A closed pipe becomes an
// error of the write instead of a silent death. The one process-wide state of the program: signals
// have no other place to leave word.
[[nodiscard]] const job::StopFlag& stop_on_interrupt();

}  // namespace holdfast::app
