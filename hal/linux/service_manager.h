// SPDX-License-Identifier: Apache-2.0
// What systemd wants to hear of a service (sd_notify(3)): datagrams to the socket that it names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hal/linux/descriptor.h"

namespace holdfast::linux {

class ServiceManager {
 public:
  // As NOTIFY_SOCKET and WATCHDOG_USEC of the environment have it.
  ServiceManager();

  // "READY=1", "WATCHDOG=1", "STOPPING=1". Nothing if nobody wants to hear it; a failure is not
  // told: the manager will see the silence.
  void tell(std::string_view state);
  // It gives up on a process from which it heard no WATCHDOG=1 for so long; none: it does not look.
  [[nodiscard]] std::optional<std::int64_t> watchdog_ns() const { return watchdog_ns_; }

 private:
  std::string address_;
  Descriptor socket_;
  std::optional<std::int64_t> watchdog_ns_;
};

}  // namespace holdfast::linux
