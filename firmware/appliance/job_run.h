// SPDX-License-Identifier: Apache-2.0
// One job as the children that it takes, one after the other:
//
//   command before ---0---> the job itself ---> command after ---> end
//         |                      |                                  ^
//         +-- failed, late ------+-- no command after, stopped -----+
//
// A command that fails, or takes longer than it may, keeps the job from being begun; one behind it
// changes nothing about what came of it.
#pragma once

#include <memory>

#include "firmware/appliance/child_output.h"
#include "firmware/appliance/job_queue.h"
#include "firmware/appliance/settings.h"
#include "hal/ports/clock.h"

namespace holdfast::appliance {

struct JobSteps {
  std::optional<policy::Command> before;
  ports::ProcessRequest job;
  std::optional<policy::Command> after;
  std::vector<std::pair<std::string, std::string>> environment;  // of the commands
};

// One thread.
class JobRun {
 public:
  // Begins at once. The ports must outlive it.
  JobRun(ports::Clock& clock, ports::Bell& bell, ports::Processes& processes, JobSteps steps);

  struct News {
    std::optional<JobProgress> progress;
    std::vector<std::string> lines;
    std::optional<JobEnd> end;  // once
  };
  [[nodiscard]] News turn();
  // What runs is asked to stop, and nothing follows it.
  void stop();
  [[nodiscard]] bool is_stopped() const { return is_stopped_; }
  // Monotonic time until which a command may take; the end of time if none runs.
  [[nodiscard]] std::int64_t limit_ns() const;

 private:
  enum class Step { before, job, after, over };

  void begin(Step step);
  void begin_job();
  void take_end(const ports::ProcessEnd& end, std::string document);
  void take_command_end(const ports::ProcessEnd& end);
  void fail_command(Error error);

  ports::Clock& clock_;
  ports::Bell& bell_;
  ports::Processes& processes_;
  JobSteps steps_;
  Step step_ = Step::over;
  bool is_stopped_ = false;
  bool is_late_ = false;
  std::int64_t limit_ns_ = 0;
  std::optional<JobEnd> end_;            // as far as it is known
  std::unique_ptr<ChildOutput> output_;  // outlives the child
  std::unique_ptr<ports::Process> child_;
};

}  // namespace holdfast::appliance
