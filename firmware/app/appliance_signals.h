// SPDX-License-Identifier: Apache-2.0
// What the system asks of a daemon by signals.
#pragma once

#include <atomic>

#include "hal/ports/bell.h"

namespace holdfast::app {

struct DaemonRequests {
  std::atomic<bool> stop = false;
  std::atomic<bool> reload = false;
};

// From now on SIGTERM and SIGINT ask it to stop, SIGHUP to look at its files; each rings the bell,
// which must live as long as the process. A closed pipe becomes an error of the write. As in
// interrupt.h, signals have no other place to leave word than what all of the process shares.
[[nodiscard]] DaemonRequests& take_signals(ports::Bell& bell);

}  // namespace holdfast::app
