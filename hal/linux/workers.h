// SPDX-License-Identifier: Apache-2.0
// Workers as threads of the system, started anew for each run: a run lasts minutes, a start
// microseconds, and nothing is left to shut down between runs.
#pragma once

#include "hal/ports/workers.h"

namespace holdfast::linux {

class ThreadWorkers final : public ports::Workers {
 public:
  // One worker for each processor.
  ThreadWorkers();
  explicit ThreadWorkers(std::size_t count);  // at least 1

  [[nodiscard]] std::size_t count() const override { return count_; }
  [[nodiscard]] Result<void> run(const std::function<Result<void>(std::size_t)>& task) override;
  void give_way() override;

 private:
  std::size_t count_;
  bool gives_way_ = false;
};

}  // namespace holdfast::linux
