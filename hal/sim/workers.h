// SPDX-License-Identifier: Apache-2.0
// Simulated: one worker, on the caller's thread, and so one order of all operations. The system may
// be made to refuse the threads that a run would start.
#pragma once

#include <utility>

#include "hal/ports/workers.h"

namespace holdfast::sim {

// The threads of a run that start.
enum class Starts {
  all,
  some,  // what they were to do is done, and the run fails all the same
  none,
};

class SimWorkers final : public ports::Workers {
 public:
  // Asked at each run; empty: all start.
  using Choose = std::function<Starts()>;
  void ask(Choose choose) { choose_ = std::move(choose); }

  [[nodiscard]] std::size_t count() const override { return 1; }
  [[nodiscard]] Result<void> run(const std::function<Result<void>(std::size_t)>& task) override {
    const Starts starts = choose_ ? choose_() : Starts::all;
    Result<void> done;
    if (starts != Starts::none) done = task(0);
    if (starts == Starts::all) return done;
    Error error = make_error(ErrorCode::io, {},
                             {{"operation", "start thread"}, {"reason", "simulated fault"}});
    error.retryable = true;
    return error;
  }
  void give_way() override { gives_way_ = true; }
  [[nodiscard]] bool gives_way() const { return gives_way_; }

 private:
  Choose choose_;
  bool gives_way_ = false;
};

}  // namespace holdfast::sim
