// SPDX-License-Identifier: Apache-2.0
#include "hal/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "holdfast: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace holdfast
