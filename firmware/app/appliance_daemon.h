// SPDX-License-Identifier: Apache-2.0
// holdfastd as a whole: words in, exit code out.
#pragma once

#include "firmware/app/appliance_pages.h"
#include "firmware/app/appliance_signals.h"
#include "firmware/app/session.h"
#include "hal/ports/process.h"
#include "hal/ports/watch.h"

namespace holdfast::app {

// References must outlive the daemon.
struct DaemonPorts {
  AppPorts app;
  ports::Bell& bell;
  ports::Processes& processes;
  ports::Watches& watches;
  PagePorts pages;
  std::string program;                                 // `holdfast`, absolute
  std::function<void(std::string_view)> tell_manager;  // of services: "READY=1", …
  std::optional<std::int64_t> watchdog_ns;             // it wants "WATCHDOG=1" that often
  std::optional<std::uint64_t> memory_bytes;           // of the machine; none: not known
};

// `arguments` without the program's name. Returns when it was asked to stop and nothing runs any
// more. One daemon a home: a second one ends at once (exit 11).
[[nodiscard]] int run_daemon(const DaemonPorts& ports, const Environment& environment,
                             const std::vector<std::string>& arguments, DaemonRequests& requests);

}  // namespace holdfast::app
