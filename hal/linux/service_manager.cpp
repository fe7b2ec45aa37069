// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>

namespace holdfast::linux {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

ServiceManager::ServiceManager() : address_(variable("NOTIFY_SOCKET")) {
  const bool is_path = address_.starts_with('/');
  const bool is_abstract = address_.starts_with('@');
  if (!is_path && !is_abstract) return;
  if (is_abstract) address_.front() = '\0';
  socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto watched = number_of(variable("WATCHDOG_PID"));
  if (watched && *watched != ::getpid()) return;
  constexpr std::int64_t kMicrosecond_ns = 1000;
  if (const auto period_us = number_of(variable("WATCHDOG_USEC"))) {
    watchdog_ns_ = *period_us * kMicrosecond_ns;
  }
}

void ServiceManager::tell(std::string_view state) {
  sockaddr_un address{};
  if (!socket_.is_open() || address_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::ranges::copy(address_, address.sun_path);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  static_cast<void>(::sendto(socket_.number(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), size) >= 0);
}

}  // namespace holdfast::linux
