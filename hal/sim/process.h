// SPDX-License-Identifier: Apache-2.0
// Simulated: children that do what a function says that stands for their program. Nothing happens
// by itself: a child goes on when somebody waits for it, or when a test lets it.
//
//   starts --- speak() ... ---> finish()                      the test's part
//      |                           ^
//      +-- stop() --> asked -------+--> run(), wait(), destructor: to the end, by itself
//
// One thread: sinks are called on that of whoever lets a child go on.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "hal/ports/process.h"

namespace holdfast::sim {

enum class Stream { output, error_output };

// What a program does from its start on.
struct SimScript {
  struct Piece {
    Stream stream = Stream::output;
    std::string text;
  };
  std::vector<Piece> says = {};
  // How it ends after that by itself; none: it goes on until it is asked to stop.
  std::optional<ports::ProcessEnd> end = ports::ProcessEnd{};
  // How it ends when asked before; none: it takes no notice, and is killed.
  std::optional<ports::ProcessEnd> end_if_asked = ports::ProcessEnd{.exit_code = 130};
  bool is_unkillable = false;  // asked or not: a disk or mount holds it
};

class SimProcess;

class SimProcesses final : public ports::Processes {
 public:
  // An error is that of start().
  using Program = std::function<Result<SimScript>(const ports::ProcessRequest& request)>;
  explicit SimProcesses(Program program) : program_(std::move(program)) {}

  [[nodiscard]] Result<std::unique_ptr<ports::Process>> start(const ports::ProcessRequest& request,
                                                              ports::ProcessSink& sink) override;

  // Children that did not end yet, in the order in which they were started.
  [[nodiscard]] const std::vector<SimProcess*>& running() const { return running_; }
  // Lets all go on that end by themselves or were asked to stop.
  void run();

 private:
  friend class SimProcess;
  Program program_;
  std::vector<SimProcess*> running_;
};

class SimProcess final : public ports::Process {
 public:
  SimProcess(SimProcesses& all, ports::ProcessRequest request, SimScript script,
             ports::ProcessSink& sink);
  ~SimProcess() override;
  SimProcess(const SimProcess&) = delete;
  SimProcess& operator=(const SimProcess&) = delete;

  void stop() override;
  // Aborts if the child would never end: a test that waits for what it did not arrange.
  void wait() override;
  // To its end if it has one; else the time is over at once.
  [[nodiscard]] bool wait_until(std::int64_t until_ns) override;

  [[nodiscard]] const ports::ProcessRequest& request() const { return request_; }
  [[nodiscard]] bool was_asked() const { return was_asked_; }
  // Says what its script has it say and does not end; once.
  void say_all();
  void speak(Stream stream, std::string_view text);
  // It ends now, whatever its script says.
  void finish(ports::ProcessEnd end);
  // As its script says: true if that is its end.
  bool run();

 private:
  SimProcesses& all_;
  ports::ProcessRequest request_;
  SimScript script_;
  ports::ProcessSink& sink_;
  bool was_asked_ = false;
  bool is_over_ = false;
};

}  // namespace holdfast::sim
