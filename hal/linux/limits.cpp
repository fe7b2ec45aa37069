// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/limits.h"

#include <sys/resource.h>

namespace holdfast::linux {

void raise_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace holdfast::linux
