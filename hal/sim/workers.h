// SPDX-License-Identifier: Apache-2.0
// Simulated: one worker, on the caller's thread, and so one order of all operations.
#pragma once

#include "hal/ports/workers.h"

namespace holdfast::sim {

class SimWorkers final : public ports::Workers {
 public:
  [[nodiscard]] std::size_t count() const override { return 1; }
  [[nodiscard]] Result<void> run(const std::function<Result<void>(std::size_t)>& task) override {
    return task(0);
  }
};

}  // namespace holdfast::sim
