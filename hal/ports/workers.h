// SPDX-License-Identifier: Apache-2.0
// Threads from outside. Work is split by pack, so the only shape needed is "run this on every
// worker and wait"; simulation has one worker and so one order.
#pragma once

#include <cstddef>
#include <functional>

#include "hal/base/result.h"

namespace holdfast::ports {

class Workers {
 public:
  virtual ~Workers() = default;
  // At least 1. Constant.
  [[nodiscard]] virtual std::size_t count() const = 0;
  // Calls task(0) .. task(count() - 1), each on a thread of its own (task(0) on the caller's), and
  // returns when all have returned: the error of the lowest-numbered worker that failed, or ok. A
  // thread that cannot be started is an error of the process (io, operation "start thread"); the
  // tasks that did start are awaited first. Not to be called from inside a task.
  [[nodiscard]] virtual Result<void> run(const std::function<Result<void>(std::size_t)>& task) = 0;
  // From now on the caller's thread, and those of its runs, take the smaller part where others want
  // the same processors. What the system does not grant is left.
  virtual void give_way() = 0;
};

}  // namespace holdfast::ports
