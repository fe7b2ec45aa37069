// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/clock.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <string>

#include "hal/base/check.h"
#include "hal/linux/descriptor.h"

namespace holdfast::linux {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;

std::int64_t read_clock(clockid_t which) {
  timespec time{};
  HF_CHECK(::clock_gettime(which, &time) == 0);
  return std::int64_t{time.tv_sec} * kSecond_ns + time.tv_nsec;
}

}  // namespace

Timestamp SystemClock::now() {
  return Timestamp{read_clock(CLOCK_REALTIME)};
}

std::int64_t SystemClock::monotonic_ns() {
  return read_clock(CLOCK_MONOTONIC);
}

// A uuid: 36 characters and the end of the line.
std::optional<BootId> SystemClock::boot() {
  constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
  const Descriptor file = open_at(AT_FDCWD, kPath, O_RDONLY);
  if (!file.is_open()) return std::nullopt;
  std::array<std::uint8_t, 64> bytes{};
  const auto size = read_at(file, 0, bytes, kPath);
  if (!size) return std::nullopt;
  std::string digits(text_of(ByteView(bytes).first(*size)));
  std::erase_if(digits, [](char each) { return each == '-' || each == '\n'; });
  const auto boot = BootId::parse(digits);
  if (!boot) return std::nullopt;
  return *boot;
}

void SystemClock::wait(std::int64_t duration_ns) {
  timespec end{};
  HF_CHECK(::clock_gettime(CLOCK_MONOTONIC, &end) == 0);
  const std::int64_t ns = end.tv_nsec + duration_ns;
  end.tv_sec += static_cast<time_t>(ns / kSecond_ns);
  end.tv_nsec = static_cast<long>(ns % kSecond_ns);
  // A signal ends a wait early; what is left of it is to the same moment.
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr) == EINTR) {
  }
}

}  // namespace holdfast::linux
