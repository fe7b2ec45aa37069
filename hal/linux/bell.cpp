// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/bell.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "hal/base/check.h"
#include "hal/linux/clock.h"

namespace holdfast::linux {

EventBell::EventBell() : counter_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  HF_CHECK(counter_.is_open());
}

void EventBell::ring() {
  const int before = errno;  // of what a signal interrupted
  const std::uint64_t one = 1;
  static_cast<void>(::write(counter_.number(), &one, sizeof one) > 0);
  errno = before;
}

bool EventBell::wait_until(std::int64_t until_ns) {
  constexpr std::int64_t kSecond_ns = 1'000'000'000;
  while (true) {
    std::uint64_t count = 0;
    if (::read(counter_.number(), &count, sizeof count) == sizeof count) return true;
    const std::int64_t left_ns = until_ns - SystemClock().monotonic_ns();
    if (left_ns <= 0) return false;
    const timespec left{left_ns / kSecond_ns, left_ns % kSecond_ns};
    pollfd looked{counter_.number(), POLLIN, 0};
    if (::ppoll(&looked, 1, &left, nullptr) < 0) HF_CHECK(errno == EINTR);
  }
}

}  // namespace holdfast::linux
