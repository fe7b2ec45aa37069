// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_signals.h"

#include <csignal>

namespace holdfast::app {

namespace {

constinit DaemonRequests requests;
constinit std::atomic<ports::Bell*> rung = nullptr;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait");
static_assert(std::atomic<ports::Bell*>::is_always_lock_free, "a signal handler may not wait");

extern "C" void note_request(int signal) {
  (signal == SIGHUP ? requests.reload : requests.stop) = true;
  if (ports::Bell* bell = rung.load()) bell->ring();
}

}  // namespace

DaemonRequests& take_signals(ports::Bell& bell) {
  rung = &bell;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, note_request);
  std::signal(SIGPIPE, SIG_IGN);
  return requests;
}

}  // namespace holdfast::app
