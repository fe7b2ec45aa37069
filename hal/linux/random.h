// SPDX-License-Identifier: Apache-2.0
// The kernel's random numbers. Early in the first boot this waits until there is entropy.
#pragma once

#include "hal/ports/random.h"

namespace holdfast::linux {

class SystemRandom final : public ports::Random {
 public:
  void fill(ByteSpan out) override;
};

}  // namespace holdfast::linux
