// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/random.h"

#include <sys/random.h>

#include <cerrno>

namespace holdfast::linux {

void SystemRandom::fill(ByteSpan out) {
  while (!out.empty()) {
    const ssize_t count = ::getrandom(out.data(), out.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    HF_CHECK(count > 0);
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace holdfast::linux
