// SPDX-License-Identifier: Apache-2.0
// A bench that cannot go on says why, and ends.
#pragma once

#include <cstdlib>
#include <iostream>
#include <utility>

#include "hal/base/error.h"
#include "hal/base/result.h"

namespace holdfast {

template <class T>
T value_of(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << debug_text(result.error()) << "\n";
  std::exit(1);
}
inline void must(const Result<void>& result) {
  if (result) return;
  std::cerr << debug_text(result.error()) << "\n";
  std::exit(1);
}

}  // namespace holdfast
