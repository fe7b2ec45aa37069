// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/interrupt.h"

#include <csignal>
#include <cstdlib>

#include "firmware/app/exit_code.h"

namespace holdfast::app {

namespace {

constinit job::StopFlag interrupted{false};
static_assert(job::StopFlag::is_always_lock_free, "a signal handler may not wait");

extern "C" void note_interrupt(int) {
  if (interrupted.exchange(true)) std::_Exit(static_cast<int>(ExitCode::interrupted));
}

}  // namespace

const job::StopFlag& stop_on_interrupt() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // A program started with the signal ignored (nohup) keeps ignoring it.
    if (std::signal(signal, note_interrupt) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
  std::signal(SIGPIPE, SIG_IGN);
  return interrupted;
}

}  // namespace holdfast::app
